// `npm run demo`: fills the running Parley with people, conversations and some thousands of messages, through the public API alone.
// Every id is made from what it stands for, so a second run adds nothing twice, and one that was cut goes on where it was.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PAIRS, PASSWORD, PEOPLE, PLACES } from './demo/company.mjs';
import { TALK, WORDS } from './demo/talk.mjs';
import { sleep } from './managed-process.mjs';
import { ROOT } from './places.mjs';

/** Asked again for this long while the server says "later" or does not answer. */
const PATIENCE_MS = 180_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Who is in many conversations speaks less in each: nobody may send more than 100 messages a minute, and all would wait for them. */
const RESERVE = 0.3;
const BUSY_FROM_CONVERSATIONS = 5;

function runningUrl() {
  if (process.env.PARLEY_URL) return process.env.PARLEY_URL.replace(/\/$/, '');
  try {
    const dataDir = resolve(process.env.PARLEY_DATA_DIR || join(ROOT, '.data'));
    const { url } = JSON.parse(readFileSync(join(dataDir, 'run', 'parley.json'), 'utf8'));
    if (url) return url;
  } catch {
    // Not started from this checkout; perhaps on the usual port all the same.
  }
  return `http://localhost:${process.env.PORT || 3000}`;
}

const url = runningUrl();

class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
  }
}

/** Repeats what may be repeated: every request carries ids that make a second one harmless. */
async function call(method, path, { token, body } = {}) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    let wait = 500;
    try {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        body: body ? JSON.stringify(body) : undefined,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.status === 204) return {};
      const answer = await response.json();
      if (response.ok) return answer;
      if (!answer.error.retryable) throw new Refused(answer.error);
      wait = answer.error.retryAfterMs ?? wait;
    } catch (error) {
      if (error instanceof Refused || Date.now() + wait > deadline) throw error;
    }
    await sleep(wait);
  }
}

/** Always the same numbers for the same seed (mulberry32, by Tommy Ettinger, public domain), so that ids repeat. */
function randomOf(seed) {
  let state = [...seed].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 2_654_435_761), 1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function isBusy(username) {
  const members = [...PLACES.map(({ owner, people }) => [owner, ...people]), ...PAIRS];
  return members.filter((names) => names.includes(username)).length >= BUSY_FROM_CONVERSATIONS;
}

async function signIn([username, displayName]) {
  try {
    return await call('POST', '/auth/register', { body: { username, password: PASSWORD, displayName } });
  } catch (error) {
    if (error.code !== 'CONFLICT') throw error;
  }
  try {
    return await call('POST', '/auth/login', { body: { username, password: PASSWORD } });
  } catch (error) {
    if (error.code !== 'UNAUTHENTICATED') throw error;
    throw new Error(
      `Somebody called ${username} is here already, with a password of their own: the demo is for a fresh Parley`,
      { cause: error },
    );
  }
}

let sent = 0;
let shownAt = 0;
function count() {
  sent += 1;
  if (Date.now() - shownAt < 2_000) return;
  shownAt = Date.now();
  console.log(`  ${sent} messages …`);
}

/** Some exchanges in one conversation, one after the other: a talk makes sense only in its order. */
async function converse({ key, conversationId, people, talk, rounds }) {
  const random = randomOf(key);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const exchanges = talk.flatMap((topic) => TALK[topic]);
  let previous = null;
  for (let round = 0; round < rounds; round += 1) {
    let exchange = pick(exchanges);
    // The same words twice in a row would give the game away.
    while (exchange === previous) exchange = pick(exchanges);
    previous = exchange;
    const turns = people.map((person) => ({ person, turn: random() + (person.isBusy ? RESERVE : 0) }));
    const cast = turns.sort((one, other) => one.turn - other.turn).map(({ person }) => person);
    const chosen = Object.fromEntries(Object.entries(WORDS).map(([name, list]) => [name, pick(list)]));
    let first = null;
    let last = null;
    for (const [index, line] of exchange.entries()) {
      const speaker = cast['abcd'.indexOf(line[0]) % cast.length];
      const content = line.slice(2);
      if (content.startsWith(':')) {
        await call(
          'PUT',
          `/messages/${last.id}/reactions/${encodeURIComponent(content.slice(1, -1))}`,
          speaker,
        );
        continue;
      }
      const mark = content.startsWith('> ') || content.startsWith('+ ') ? content[0] : '';
      const text = content
        .slice(mark ? 2 : 0)
        .replaceAll(/\{(\w+)\}/g, (_all, name) => chosen[name])
        .replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
      last = await call('POST', `/conversations/${conversationId}/messages`, {
        token: speaker.token,
        body: {
          clientMessageId: `demo-${key}-${round}-${index}`,
          text,
          ...(mark === '>' && last ? { replyToId: last.id } : {}),
          ...(mark === '+' && first ? { threadRootId: first.id } : {}),
        },
      });
      first ??= last;
      count();
    }
  }
}

async function main() {
  console.log(`\n  Filling ${url}\n`);
  const people = new Map();
  for (const person of PEOPLE) {
    const { user, accessToken } = await signIn(person);
    people.set(person[0], { id: user.id, token: accessToken, isBusy: isBusy(person[0]) });
  }
  console.log(`  ${people.size} people`);

  const talks = [];
  for (const place of PLACES) {
    const owner = people.get(place.owner);
    const others = (place.people === 'all' ? [...people.keys()] : place.people).filter(
      (name) => name !== place.owner,
    );
    const conversation = await call('POST', '/conversations', {
      token: owner.token,
      body: {
        kind: place.kind,
        memberIds: others.map((name) => people.get(name).id),
        title: place.title,
        ...(place.visibility ? { visibility: place.visibility } : {}),
        clientConversationId: `demo-${place.key}`,
      },
    });
    if (place.topic && conversation.topic !== place.topic) {
      await call('PATCH', `/conversations/${conversation.id}`, {
        token: owner.token,
        body: { topic: place.topic },
      });
    }
    talks.push({
      key: place.key,
      conversationId: conversation.id,
      people: [owner, ...others.map((name) => people.get(name))],
      talk: place.talk,
      rounds: place.rounds,
    });
  }
  for (const [one, other, rounds] of PAIRS) {
    const pair = [people.get(one), people.get(other)];
    const body = { kind: 'direct', memberIds: [pair[1].id] };
    const { id } = await call('POST', '/conversations', { token: pair[0].token, body });
    talks.push({ key: `${one}-${other}`, conversationId: id, people: pair, talk: ['pair'], rounds });
  }
  console.log(`  ${talks.length} conversations`);
  await Promise.all(talks.map(converse));

  // Nobody has everything unread: two of three conversations were looked at.
  const readers = [...people.values()];
  await Promise.all(
    talks.flatMap(({ conversationId, people: members }, index) =>
      members
        .filter((member) => (readers.indexOf(member) + index) % 3 !== 0)
        .map((member) =>
          call('PUT', `/conversations/${conversationId}/read`, {
            token: member.token,
            body: { seq: Number.MAX_SAFE_INTEGER },
          }),
        ),
    ),
  );

  console.log(`
  Done: ${sent} messages. Sign in at ${url} as

    mira    ${PASSWORD}
    jonas   ${PASSWORD}     (in another browser, to see it live)
`);
}

try {
  await main();
} catch (error) {
  const unreachable = error instanceof TypeError;
  console.error(
    `\n  ${unreachable ? `Nothing answers on ${url}: run npm start first, or set PARLEY_URL` : error.message}\n`,
  );
  process.exit(1);
}
