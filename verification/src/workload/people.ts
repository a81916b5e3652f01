import type { Conversation } from '@parley/protocol';
import type { DeviceOptions } from '../driver/device.js';
import { Device } from '../driver/device.js';
import { LibraryDevice } from '../driver/library-device.js';
import { Outbox } from '../driver/outbox.js';
import { sleep } from '../driver/outcome.js';
import { RestSession } from '../driver/rest-session.js';
import type { Random } from '../random.js';
import type { Recorder } from '../recording/recorder.js';

export interface Person {
  name: string;
  password: string;
  id: string;
  session: RestSession;
  devices: { device: Device; outbox: Outbox }[];
  /** Devices that run the product's own client. */
  libraries: LibraryDevice[];
}

export interface Population {
  people: Person[];
  conversations: Room[];
}

export interface Room {
  id: string;
  kind: 'channel' | 'group' | 'direct';
  label: string;
  owner: Person;
  members: Person[];
  /** People who come and go. */
  churn: Person[];
}

export interface PopulationOptions {
  url: string;
  people: number;
  conversations: number;
  recorder: Recorder;
  random: Random;
  /** Keeps the names of several runs on one install apart. */
  prefix: string;
}

const PASSWORD = 'correct horse battery staple';
/** Registrations hash a password each; more at once only wait for the processor. */
const AT_ONCE = 6;
const REGISTER_ATTEMPTS = 5;
const GROUP_SIZE = 8;
/** Of the people, one in so many is not in the hot channel: they share a conversation with a few only, so that isolation can be seen. */
const OUTSIDER_EVERY = 10;
/** Whose presence a device asks for; most may not be seen by an outsider. */
const WATCHED_PEOPLE = 20;

/** Registers people and starts their conversations: one hot with nearly everybody, groups, and some directs. */
export async function populate(options: PopulationOptions): Promise<Population> {
  const { recorder, random } = options;
  const names = Array.from({ length: options.people }, (_, index) => `${options.prefix}${String(index)}`);
  const people = await inParallel(names, AT_ONCE, (name) => register(options.url, name));
  for (const person of people) recorder.write({ k: 'user', user: person.id, name: person.name });
  const conversations = await inParallel(
    Array.from({ length: options.conversations }, (_, index) => index),
    AT_ONCE,
    (index) => startRoom(index, people, recorder, random),
  );
  return { people, conversations };
}

export async function register(url: string, name: string): Promise<Person> {
  const session = new RestSession(url);
  let outcome = await session.register(name, PASSWORD, `Checker ${name}`);
  // A machine that is busy with something else may take too long; where the name is taken then, it was done all the same.
  for (let attempt = 1; attempt < REGISTER_ATTEMPTS && outcome.kind === 'unknown'; attempt += 1) {
    await sleep(Math.max(outcome.retryAfterMs, 500 * attempt));
    outcome = await session.register(name, PASSWORD, `Checker ${name}`);
    if (outcome.kind === 'refused' && outcome.code === 'CONFLICT')
      outcome = await session.login(name, PASSWORD);
  }
  if (outcome.kind !== 'ok')
    throw new Error(`could not register ${name}: ${outcome.kind === 'refused' ? outcome.code : outcome.why}`);
  return { name, password: PASSWORD, id: session.userId, session, devices: [], libraries: [] };
}

/** Another session of the same person, as a second device has it. */
export async function signIn(url: string, person: Person): Promise<RestSession> {
  for (let attempt = 0; ; attempt += 1) {
    const session = new RestSession(url);
    const outcome = await session.login(person.name, person.password);
    if (outcome.kind === 'ok') return session;
    if (outcome.kind === 'refused' || attempt === 5) throw new Error(`could not sign ${person.name} in`);
  }
}

async function startRoom(index: number, people: Person[], recorder: Recorder, random: Random): Promise<Room> {
  const owner = people[index % people.length];
  if (owner === undefined) throw new Error('no people');
  const others = random.shuffle(people.filter((person) => person !== owner));
  const kind = index === 0 ? 'channel' : index % 5 === 4 ? 'direct' : 'group';
  const insiders = others.filter((person) => people.indexOf(person) % OUTSIDER_EVERY !== OUTSIDER_EVERY - 1);
  const members = [
    owner,
    ...(index === 0 ? insiders : others.slice(0, kind === 'direct' ? 1 : GROUP_SIZE - 1)),
  ];
  const label = `${index === 0 ? 'hot ' : ''}${kind} ${String(index)}`;
  const memberIds = members.slice(1, 101).map(({ id }) => id);
  const outcome = await owner.session.settle<Conversation>('POST', '/conversations', {
    kind,
    memberIds,
    ...(kind === 'direct'
      ? {}
      : { title: `Checked ${label}`, clientConversationId: `checker-${owner.name}-${String(index)}` }),
  });
  if (outcome.kind !== 'ok')
    throw new Error(
      `could not start ${label}: ${outcome.kind === 'refused' ? outcome.error.message : outcome.why}`,
    );
  const id = outcome.data.id;
  recorder.write({ k: 'conversation', conversation: id, label, kind, members: [owner.id, ...memberIds] });
  return { id, kind, label, owner, members, churn: kind === 'group' ? members.slice(-2) : [] };
}

/** Gives a person a device with a session of its own. */
export async function addDevice(
  person: Person,
  { socketUrl, ...options }: Omit<DeviceOptions, 'name' | 'session'> & { socketUrl?: string },
): Promise<{ device: Device; outbox: Outbox }> {
  const session = person.devices.length === 0 ? person.session : await signIn(options.url, person);
  const device = new Device({
    ...options,
    name: `${person.name}/${String(person.devices.length + 1)}`,
    session,
    random: options.random.fork(),
    url: socketUrl ?? options.url,
  });
  const owned = { device, outbox: new Outbox(device, options.recorder, options.random.fork()) };
  person.devices.push(owned);
  return owned;
}

/** Some of all the people, acquainted or not. */
export function watchedPeople(people: readonly Person[], random: Random): string[] {
  return random
    .shuffle([...people])
    .slice(0, WATCHED_PEOPLE)
    .map(({ id }) => id);
}

/** Gives a person a device with the product's own client. */
export async function addLibraryDevice(
  person: Person,
  url: string,
  recorder: Recorder,
): Promise<LibraryDevice> {
  const device = new LibraryDevice({ name: `${person.name}/library`, url, recorder });
  if (!(await device.start(person.name, person.password)))
    throw new Error(`${device.name} could not get in step`);
  person.libraries.push(device);
  return device;
}

/** `work` over all items, `atOnce` at a time; results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
