// What people say. An exchange is a few lines by a, b, c and d; {…} is filled from the lists below, the same choice throughout
// one exchange. `>` answers the line before by quoting it, `+` is a reply in a thread on the first line, `:emoji:` reacts to it.

export const WORDS = {
  part: [
    'the dimmer',
    'the charger',
    'the pairing screen',
    'the battery gauge',
    'the firmware updater',
    'the motion sensor',
    'the settings page',
    'the crash reporter',
  ],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'],
  time: ['09:30', '10:00', '11:15', '13:00', '14:30', '15:45'],
  version: ['4.2.0', '4.2.1', '4.3.0', '4.3.1', '4.4.0', '5.0.0-rc.1'],
  model: ['Comet', 'Comet Mini', 'Beacon 2', 'Firefly', 'Lantern'],
  city: ['Porto', 'Ghent', 'Aarhus', 'Turin', 'Leipzig', 'Lyon'],
  food: [
    'the noodle place',
    'the bakery',
    'the taquería',
    'the canteen',
    'the falafel stand',
    'the soup bar',
  ],
  road: ['the reservoir loop', 'the river path', 'the old railway', 'the forest road', 'the ridge'],
  colour: ['moss green', 'graphite', 'sand', 'signal orange'],
  minutes: ['five', 'ten', 'fifteen', 'twenty'],
  count: ['12', '18', '27', '40', '64', '150'],
  km: ['34', '48', '62', '75', '90'],
  ticket: ['#4812', '#4907', '#5023', '#5110', '#5288', '#5301'],
};

export const TALK = {
  news: [
    [
      'a|Good news: the {model} passed certification. Thank you all, this was a long one.',
      'b::🎉:',
      'c|Brilliant. Congratulations to the lab!',
    ],
    [
      'a|Reminder: the quarterly review is on {day} at {time}, in the big room and on video.',
      'b|Will it be recorded?',
      'a|> Yes, the link comes after the meeting.',
    ],
    [
      'a|We have signed the distributor in {city}. First pallet leaves in two weeks.',
      'b::🚲:',
      'c|Wonderful, that was two years of work.',
    ],
    [
      'a|Please update your laptops before {day}. IT will remind those who forget, with love.',
      'b|Done.',
      'c::👍:',
    ],
    [
      'a|Welcome {city} team! They join our channels today, say hello.',
      'b|Hello from the workshop 👋',
      'c|Welcome!',
    ],
  ],
  build: [
    [
      'a|I have split {part} into two modules, the review is open.',
      'b|Looking now.',
      'b|+ One question: why does it still poll every second?',
      'a|+ Old habit. It listens now, pushed.',
      'b|+ Much better. Approved.',
      'c::👀:',
    ],
    [
      'a|The nightly build took {count} minutes. Anybody else see that?',
      'b|The cache was cold, I had cleared it.',
      'a|> Ah. Back to normal then.',
    ],
    [
      'a|Can we drop support for the first {model}? Nobody has updated one since spring.',
      'b|There are still {count} of them out there.',
      'c|Then we keep it for one more release and say so.',
      'a|Fair.',
    ],
    [
      'a|Proposal: {part} gets its own settings file, with a schema.',
      'b|In favour.',
      'c|In favour, as long as old files are read.',
      'a|> They are. I wrote a test for that first.',
    ],
    [
      'a|Who owns {part} these days?',
      'b|Me, since last month. What is up?',
      'a|A small thing: `timeout` is in seconds in the docs and in milliseconds in the code.',
      'b|Oh no. On it.',
    ],
    [
      'a|Benchmarks for {part}, before and after:',
      'a|```\nbefore  p50 41 ms   p99 180 ms\nafter   p50 12 ms   p99  37 ms\n```',
      'b|What did you do?',
      'a|Stopped doing it twice.',
      'c::🔥:',
    ],
    [
      'a|Pairing today at {time}, anybody? I would like to go through {part} once with fresh eyes.',
      'b|Count me in.',
      'c|I can join for {minutes} minutes.',
    ],
  ],
  bug: [
    [
      'a|{part} forgets its state after a reset. Can somebody reproduce that?',
      'b|Yes, on the {model} only.',
      'a|> That narrows it down, thank you.',
      'a|Found it: we wrote before the flash was ready.',
      'b::👏:',
    ],
    [
      'a|Sentry shows {count} new crashes in {part} since {version}.',
      'b|All on one phone model. The vendor ships a broken Bluetooth stack.',
      'a|Can we get round it?',
      'b|With a retry. Patch is in review.',
      'c|Reviewed, merged.',
    ],
    [
      'a|Why is the build red?',
      'b|A test that depends on the time zone. Mine, sorry.',
      'b|Fixed.',
      'a|> Thank you for being quick.',
    ],
    [
      'a|Heads-up: the staging database is being restored until {time}.',
      'b|Thanks, I will demo from my laptop then.',
    ],
    [
      'a|The battery gauge jumps from 20 to 4 percent in the cold.',
      'b|The curve was measured at 21 °C. I have asked the lab for one at 5.',
      'a|How long will that take?',
      'b|They said {day}.',
      'c|I can put {count} units into the fridge at home, if that helps 😄',
    ],
  ],
  release: [
    [
      'a|{version} is tagged. Release notes are in the usual place, please read them once.',
      'b|Small typo in the second paragraph, otherwise fine.',
      'a|> Fixed.',
      'c::🚀:',
    ],
    [
      'a|Go or no-go for {version}?',
      'b|Firmware: go.',
      'c|App: go.',
      'd|Support: go, the answers are prepared.',
      'a|Then it ships on {day} at {time}.',
    ],
    [
      'a|{version} is out to ten percent. No new crashes after an hour.',
      'b|Support is quiet as well.',
      'a|Fifty percent at {time}.',
      'b::👍:',
    ],
    [
      'a|We pull {version}: pairing fails on the {model}.',
      'b|What do we tell people?',
      'a|That the update waits for a day. Nobody is stuck, the old one keeps working.',
      'c|I will post it.',
    ],
    [
      'a|What still blocks {version}?',
      'b|Translations for {part}, they come on {day}.',
      'c|And my upgrade test. Done by {time}.',
    ],
  ],
  support: [
    [
      'a|{ticket}: a customer says the {model} blinks twice and stays dark. Ideas?',
      'b|Two blinks mean that the battery protects itself. Ten minutes on a charger, then the button for five seconds.',
      'a|> That did it. They send their thanks.',
      'c::🙌:',
    ],
    [
      'a|Third request this week for a {colour} strap.',
      'b|I keep a list for design, added.',
      'c|Send me the list on {day}, we decide about colours then.',
    ],
    [
      'a|Can we replace a {model} after 26 months? Guarantee is 24.',
      'b|If it is the known switch: yes, always.',
      'a|It is.',
      'b|Then please do.',
    ],
    [
      'a|{ticket} has waited since {day}. Who takes it?',
      'b|Mine now.',
      'b|Answered. It was the phone, not the light.',
      'a|> Thank you!',
    ],
    [
      'a|A cycling club in {city} asks for {count} lights at a price.',
      'b|Forward it to sales, they like clubs.',
      'a|Done.',
    ],
    [
      'a|How do I explain "mesh mode" in one sentence?',
      'b|"Your lights agree among themselves, so that they blink together."',
      'a|> Stolen. Thank you.',
      'c::❤️:',
    ],
  ],
  design: [
    [
      'a|Three drafts for the {model} box are up. I like the second one.',
      'b|The second one, but with the type of the first.',
      'c|Agree. And the picture a bit smaller.',
      'a|On it.',
    ],
    [
      'a|Does {colour} work on the dark background?',
      'b|Contrast is 4.1. Not enough for small type.',
      'a|> Then a step lighter. 5.2 now.',
      'b::👌:',
    ],
    [
      'a|The icons for {part} look like mushrooms.',
      'b|They were meant to be waves.',
      'a|Friendly waves. Still mushrooms.',
      'b|New version in {minutes} minutes 😅',
    ],
    [
      'a|Photo shoot in {city} is confirmed for {day}. Sunrise is at 06:40, sorry.',
      'b|Coffee on me.',
      'c::☕:',
    ],
    [
      'a|Can we see {part} with real content before we decide?',
      'b|Good point. I will fill it with last month’s data.',
      'b|Done, have a look.',
      'a|That settles it: the table, not the tiles.',
    ],
  ],
  lunch: [
    ['a|{food} at half past twelve?', 'b|In!', 'c|In, if we are back by {time}.', 'd::🙋:'],
    [
      'a|There is cake in the kitchen. It is my last day before parental leave ❤️',
      'b|All the best!!',
      'c|We will miss you. And thank you for the cake.',
      'd::🎂:',
    ],
    ['a|Has anybody tried {food} since it changed hands?', 'b|Better than before. The queue is longer, too.'],
    [
      'a|Team lunch on {day}, I book a table for {count}.',
      'b|Is there something without gluten?',
      'a|> Yes, I asked.',
    ],
    [
      'a|Whose is the soup in the fridge with the date of last month?',
      'b|We do not speak of the soup.',
      'c::😂:',
    ],
  ],
  ride: [
    [
      'a|Saturday: {road}, {km} km, easy pace. Meet at the bridge at 8.',
      'b|I am in.',
      'c|In if it stays dry.',
      'a|> Forecast says dry until noon.',
      'd::🚴:',
    ],
    ['a|Puncture count after yesterday: three. All mine.', 'b|Tubeless.', 'a|Do not start.', 'c::😂:'],
    [
      'a|Photos of {road} are in the album. That fog!',
      'b|The fourth one should go on the wall.',
      'c|Or on the {model} box.',
    ],
    [
      'a|Anybody up for {km} km on {day} evening? We can test the {model} on {road}.',
      'b|Yes! I bring the prototype.',
      'c|I bring the cake.',
    ],
  ],
  launch: [
    [
      'a|The press list has {count} names now. Embargo ends on {day} at {time}.',
      'b|I would add the two magazines in {city}.',
      'a|> Added.',
    ],
    [
      'a|Booth plan: demo table in front, the wind tunnel video behind it.',
      'b|And where do people sit?',
      'a|Good question. Two stools, borrowed from the workshop.',
      'c::🪑:',
    ],
    [
      'a|Who is at the booth on {day}?',
      'b|Me in the morning.',
      'c|I take the afternoon.',
      'a|Thank you both.',
    ],
    [
      'a|The {model} samples are stuck at customs.',
      'b|I know somebody there, give me {minutes} minutes.',
      'b|Released. They arrive on {day}.',
      'a|You are a magician.',
    ],
    [
      'a|Headline: "Seen from a kilometre. Charged in an hour."',
      'b|Is it true?',
      'c|1,140 metres and 58 minutes. I measured.',
      'a|Then it stays.',
    ],
  ],
  office: [
    [
      'a|The movers come on {day} at {time}. Boxes are in the corridor.',
      'b|How many boxes does one get?',
      'a|Five. Plants travel with their people.',
    ],
    ['a|Who wants the desk by the window?', 'b|Me!', 'c|Me!', 'a|We draw lots, as always.'],
    [
      'a|The new meeting rooms need names. Ideas?',
      'b|Stars: Vega, Rigel, Mira.',
      'c|Naming one Mira will confuse everybody.',
      'a|> I like it for exactly that reason.',
    ],
  ],
  pair: [
    ['a|Do you have {minutes} minutes?', 'b|After the stand-up?', 'a|Perfect.'],
    ['a|Thanks for earlier, that helped a lot.', 'b|Any time.'],
    [
      'a|Can you look over this before I send it? It is about {part}.',
      'b|Sure, send it.',
      'a|It is in your folder.',
      'b|Read it. Clear and short. I would only cut the last sentence.',
      'a|> Cut. Thank you!',
    ],
    [
      'a|I am in {city} on {day}. Shall I bring anything?',
      'b|Those almond biscuits. Please.',
      'a|Consider it done 😄',
    ],
    [
      'a|Is {version} on your phone already?',
      'b|Since this morning. The new {part} is so much better.',
      'a|Good to hear, I was nervous.',
    ],
    ['a|Our one-on-one: {day} at {time} instead?', 'b|Works for me.'],
    ['a|Did you see the numbers for the {model}?', 'b|{count} percent up. I had to look twice.', 'a|Same.'],
  ],
};
