// @ts-check
// The load test of Parley, for k6 (https://k6.io, 1.0 or newer). Nothing has to be built, installed or downloaded for it:
//
//   k6 run load-test.js                                        `load` against what runs on this machine
//   k6 run -e SCENARIO=smoke -e BASE_URL=https://chat.example.org load-test.js
//
// It makes accounts called load-…, has them talk in groups of four over real sockets, and follows every message: it must be
// acknowledged once, reach each of the others once, in one order, and stand in the history at the end. k6 ends with 99 where a
// limit was not kept. docs/load-test.md tells how to read the report.
//
//   SCENARIO     load         smoke, load, stress, spike or soak; see load-test/scenarios.js
//   BASE_URL     on this machine         where people reach Parley; where it is not given, http://localhost:3000 (`npm start`)
//                                        or else https://localhost (docker compose), whose certificate is not looked at
//   RATE         the scenario's own      messages a second at its height
//   DURATION     the scenario's own      seconds that visits begin
//   REPORT_DIR   .            a folder that is there, for load-test-report.html and load-test-report.json
//
// `smoke`, `load` and `soak` stay below the rate limits of a default install; four runs of `load` use up the accounts that one
// address may make in an hour. For `stress`, `spike` and a higher RATE start the servers with RATE_LIMIT_SCALE=20: all of this
// comes from one address. With a certificate that is not trusted: K6_INSECURE_SKIP_TLS_VERIFY=true.
//
// Use an install that you can throw away, or one that you have signed up at: the first account of an install becomes its
// administrator, and the accounts of the test stay.
import { check } from 'k6';
import { randomBytes } from 'k6/crypto';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { Person, pause } from './load-test/person.js';
import { renderReport, renderText } from './load-test/report.js';
import { PEOPLE, READERS, optionsOf, planOf, slotName } from './load-test/scenarios.js';
import { summaryOf } from './load-test/summary.js';

/**
 * @typedef {{ id: string, username: string, token: string, until: number, lives: number }} Account
 * @typedef {{ id: string, people: Account[] }} Group
 * @typedef {{ run: string, password: string, groups: Group[], readers: Account[], uploads: boolean, madeAdmin: string | null, baseUrl: string }} Setup
 */

/** Where Parley is on the machine that k6 runs on: as `npm start` has it, and as docker compose does. */
const HERE = ['http://localhost:3000', 'https://localhost'];
const given = (__ENV['BASE_URL'] ?? '').replace(/\/+$/, '');
/** Of this virtual user: `setup` decides, and tells the others. */
let baseUrl = given;
/** @param {string} path */
const api = (path) => `${baseUrl}/api/v1${path}`;
const plan = planOf(__ENV);

export const options = {
  ...optionsOf(plan),
  // On this machine alone, where compose makes a certificate of its own at the first start.
  ...(given === '' ? { insecureSkipTLSVerify: true } : {}),
};

/** What has not come this long after the last message was due is late beyond hope. */
const GRACE_MS = 15_000;
const REGISTERED_AT_ONCE = 6;
/** A token is left alone where it lives longer than a visit by this much. */
const TOKEN_RESERVE_MS = 30_000;
/** As long as what people write. */
const FILLER = 'and so the day goes on, with one more line that somebody wants to read';

const sent = new Counter('parley_sent');
const acked = new Counter('parley_acked');
const ackMs = new Trend('parley_ack_ms');
const deliveryMs = new Trend('parley_delivery_ms');
const connectMs = new Trend('parley_connect_ms');
const uploadMs = new Trend('parley_upload_ms');
const errors = new Rate('parley_errors');
const lost = new Counter('parley_lost');
const undelivered = new Counter('parley_undelivered');
const doubled = new Counter('parley_doubled');
const disordered = new Counter('parley_disordered');
const rateLimited = new Counter('parley_rate_limited');
const cuts = new Counter('parley_cuts');
const repaired = new Counter('parley_repaired');
const visits = new Counter('parley_visits');

/** @param {string | null} token @param {string} name */
const params = (token, name) => ({
  headers: token === null ? {} : { authorization: `Bearer ${token}` },
  tags: { name },
  timeout: '30s',
});

/** @param {string} path @param {object} body @param {string | null} token @param {string} name */
function post(path, body, token, name) {
  const { headers, ...others } = params(token, name);
  return http.post(api(path), JSON.stringify(body), {
    headers: { ...headers, 'content-type': 'application/json' },
    ...others,
  });
}

/** Kinds of failures that this user of k6 has written to the terminal: the first of each tells enough. @type {Set<string>} */
const written = new Set();

/** One try of something, and whether it failed. @param {string} what of FAILURES @param {string | null} failure @param {Record<string, string>} [tags] */
function count(what, failure, tags = {}) {
  errors.add(failure !== null, { what, ...tags });
  if (failure === null || written.has(what)) return;
  written.add(what);
  console.warn(`${what} failed: ${failure}`);
}

/** @param {http.Response} response @returns {any} */
const bodyOf = (response) => (response.body ? response.json() : {});

/** @param {string} why @returns {never} */
function giveUp(why) {
  exec.test.abort(why);
  throw new Error(why);
}

// ---- Before: accounts, groups, and what this server offers

/** The first place that is Parley. */
function findParley() {
  const told = [];
  for (const place of given === '' ? HERE : [given]) {
    const { status, body } = http.get(`${place}/health`, { tags: { name: 'health' } });
    if (status === 200 && String(body).includes('instanceId')) return place;
    told.push(`${place}/health answers ${status === 0 ? 'nothing' : status}`);
  }
  return giveUp(`There is no Parley: ${told.join(', ')}. -e BASE_URL=https://… says where it is.`);
}

/** @returns {Setup} */
export function setup() {
  baseUrl = findParley();
  const run = Date.now().toString(36);
  const password = hex(randomBytes(18));
  const first = register(run, password, 0, READERS + PEOPLE);
  const readers = first.accounts.slice(0, READERS);
  const [account] = readers;
  if (!account) giveUp('nobody was registered');
  const groups = [makeGroup(run, first.accounts.slice(READERS), readers)];
  checkBudget(groups[0]?.id ?? '', account);
  const { accounts } = register(run, password, READERS + PEOPLE, READERS + plan.groups * PEOPLE);
  for (let from = 0; from < accounts.length; from += PEOPLE) {
    groups.push(makeGroup(run, accounts.slice(from, from + PEOPLE), readers));
  }
  // A server without uploads does not know the route at all.
  const probe = post('/uploads', {}, account.token, 'probe');
  return {
    ...{ run, password, groups, readers, baseUrl },
    ...{ uploads: probe.status !== 404, madeAdmin: first.madeAdmin },
  };
}

/** @param {ArrayBuffer} bytes */
const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Accounts of these numbers. @param {string} run @param {string} password @param {number} from @param {number} to */
function register(run, password, from, to) {
  /** @type {Account[]} */
  const accounts = [];
  /** @type {string | null} */
  let madeAdmin = null;
  while (accounts.length < to - from) {
    const names = Array.from(
      { length: Math.min(REGISTERED_AT_ONCE, to - from - accounts.length) },
      (_, index) => `load-${run}-${from + accounts.length + index}`,
    );
    const responses = http.batch(
      names.map((username) => ({
        method: 'POST',
        url: api('/auth/register'),
        body: JSON.stringify({ username, password }),
        params: { ...params(null, 'register'), headers: { 'content-type': 'application/json' } },
      })),
    );
    for (const response of responses) {
      const body = bodyOf(response);
      if (response.status === 429) {
        giveUp(
          `This address may make no more accounts for ${Math.ceil(body.error.retryAfterMs / 60_000)} minutes, and ${to} are ` +
            `needed: start the servers with RATE_LIMIT_SCALE=${Math.max(20, plan.scale)}, or wait.`,
        );
      }
      if (response.status !== 201)
        giveUp(`An account was refused: ${response.status} ${body.error?.code ?? ''}`);
      if (body.user.role === 'admin') madeAdmin = body.user.username;
      accounts.push({
        id: body.user.id,
        username: body.user.username,
        token: body.accessToken,
        until: Date.now() + body.expiresIn * 1_000,
        lives: body.expiresIn * 1_000,
      });
    }
  }
  return { accounts, madeAdmin };
}

/** @param {string} run @param {Account[]} people @param {Account[]} readers @returns {Group} */
function makeGroup(run, people, readers) {
  const [owner, ...others] = [...people, ...readers];
  if (!owner) giveUp('a group needs people');
  const response = post(
    '/conversations',
    { kind: 'group', title: `Load ${run}`, memberIds: others.map(({ id }) => id) },
    owner.token,
    'start',
  );
  if (response.status !== 201) {
    giveUp(`A conversation was refused: ${response.status} ${bodyOf(response).error?.code ?? ''}`);
  }
  return { id: bodyOf(response).id, people };
}

/** A test that would only measure the rate limits is not begun. @param {string} conversationId @param {Account} account */
function checkBudget(conversationId, account) {
  const response = post(
    `/conversations/${conversationId}/messages`,
    { clientMessageId: 'hello', text: 'Hello' },
    account.token,
    'hello',
  );
  const allowed = Number(response.headers['Ratelimit-Limit'] ?? Infinity);
  const wanted = 60 / plan.every;
  if (response.status !== 201) giveUp(`A message was refused: ${response.status}`);
  if (allowed < wanted) {
    giveUp(
      `Each person of \`${plan.name}\` sends ${wanted} messages a minute, and this server allows ${allowed}: start the servers ` +
        `with RATE_LIMIT_SCALE=${Math.max(20, plan.scale)}.`,
    );
  }
}

/** Tokens of people who came back after theirs had ended. @type {Map<string, { token: string, until: number, lives: number }>} */
const renewed = new Map();
const dispersal = Math.random();

/** @param {Account} account @param {string} password */
function tokenOf(account, password) {
  const known = renewed.get(account.id) ?? account;
  // Not all at the same moment: an address may sign in so many times a minute.
  const early = (known.lives / 3) * dispersal;
  if (known.until > Date.now() + plan.visit * 1_000 + TOKEN_RESERVE_MS + early) return known.token;
  const signedIn = signIn(account.username, password);
  // Without one, what follows is refused and counted.
  if (signedIn === null) return known.token;
  renewed.set(account.id, signedIn);
  return signedIn.token;
}

/** @param {string} username @param {string} password */
function signIn(username, password) {
  const response = post('/auth/login', { username, password }, null, 'login');
  if (!judge(response, 200, 'login')) return null;
  const { accessToken, expiresIn } = bodyOf(response);
  const lives = Number(expiresIn) * 1_000;
  return { token: String(accessToken), until: Date.now() + lives, lives };
}

// ---- Conversations: four people come, talk for a while, and go

/** @param {Setup} data */
export async function converse(data) {
  ({ baseUrl } = data);
  const number = exec.scenario.iterationInTest;
  const began = exec.scenario.startTime;
  const group = data.groups[exec.vu.idInTest % data.groups.length];
  if (!group) return;
  visits.add(1);
  /** @param {number} at */
  const tagsOf = (at) => ({
    slot: slotName(
      Math.min(plan.slots - 1, Math.max(0, Math.floor((at - began) / 1_000 / plan.slotSeconds))),
    ),
  });
  /** Everything that this visit says, by its id. @type {Map<string, import('./load-test/person.js').Outgoing>} */
  const said = new Map();
  /** Who said it. @type {Map<string, Person>} */
  const sayer = new Map();
  let wrongOrders = 0;
  let doubles = 0;
  /** @type {import('./load-test/person.js').Told} */
  const told = {
    sent: (message) => sent.add(1, tagsOf(message.dueAt)),
    acked: (message, at) => {
      acked.add(1);
      count('send', null, tagsOf(message.dueAt));
      if (!message.held) ackMs.add(Math.max(0, at - message.dueAt), tagsOf(message.dueAt));
    },
    arrived: (person, { clientMessageId }, at) => {
      const message = said.get(clientMessageId ?? '');
      if (!message || message.held || sayer.get(message.clientMessageId) === person) return;
      deliveryMs.add(Math.max(0, at - message.dueAt), tagsOf(message.dueAt));
    },
    asked: (what, failure) => count(what, failure, tagsOf(Date.now())),
    limited: () => rateLimited.add(1),
    cut: () => cuts.add(1),
    repaired: () => repaired.add(1),
    doubled: (count) => {
      doubles += count;
      doubled.add(count);
    },
    disordered: (count) => {
      wrongOrders += count;
      disordered.add(count);
    },
  };
  const people = group.people.map(
    (account) =>
      new Person({
        baseUrl,
        token: tokenOf(account, data.password),
        conversationId: group.id,
        told,
      }),
  );

  const connecting = Date.now();
  const arrivals = await Promise.all(
    people.map((person) =>
      person.connect().then(
        () => {
          connectMs.add(Date.now() - connecting);
          told.asked('connect', null);
          return person.open().then(() => true);
        },
        (/** @type {Error} */ error) => {
          told.asked('connect', error.message);
          return false;
        },
      ),
    ),
  ).catch(() => [false]);
  if (!arrivals.every(Boolean)) {
    for (const person of people) person.leave();
    return;
  }
  const firstSeq = Math.max(...people.map(({ seq }) => seq));

  // Each says its next line when it is due, whatever became of the last.
  const startAt = Date.now();
  const lines = Math.round(plan.visit / plan.every);
  for (let line = 0; line < lines; line += 1) {
    for (const [index, person] of people.entries()) {
      const dueAt = startAt + Math.round((line + (index + 0.5) / PEOPLE) * plan.every * 1_000);
      await pause(dueAt - Date.now());
      const message = {
        clientMessageId: `${data.run}-${number}-${index}-${line}`,
        text: `${number}.${line} ${FILLER}`,
        dueAt,
        seq: null,
        held: false,
        refused: false,
      };
      said.set(message.clientMessageId, message);
      sayer.set(message.clientMessageId, person);
      person.say(message);
    }
  }

  // What is still under way comes in, or it never will.
  const everybodySaw = (/** @type {{ clientMessageId: string }} */ { clientMessageId }) =>
    people.every(({ seen }) => seen.has(clientMessageId));
  await until(() => [...said.values()].every((message) => message.seq !== null && everybodySaw(message)));
  // Then nobody sends any more, and what was acknowledged last has its time to arrive: a server that is only slow loses nothing.
  for (const person of people) person.stopSending();
  await until(() => people.every(({ sending }) => !sending));
  const known = [...said.values()].filter(({ seq }) => seq !== null);
  await until(() => known.every(everybodySaw));

  const repeatedWell = await repeatFirst(people, said, data.run, number);
  if (!repeatedWell) {
    doubles += 1;
    doubled.add(1);
  }
  for (const { seq, refused, dueAt } of said.values())
    if (seq === null && !refused) count('send', 'no answer before the visit ended', tagsOf(dueAt));
  const missing = known.reduce(
    (sum, { clientMessageId, seq }) =>
      sum + people.filter(({ seen }) => seen.get(clientMessageId) !== seq).length,
    0,
  );
  undelivered.add(missing);
  // The numbers of one person's messages rise as they were sent.
  for (const person of people) {
    const numbers = known
      .filter(({ clientMessageId }) => sayer.get(clientMessageId) === person)
      .map(({ seq }) => seq ?? 0);
    const falling = numbers.filter((seq, index) => index > 0 && seq <= (numbers[index - 1] ?? 0)).length;
    if (falling > 0) told.disordered(falling);
  }
  const gone = await compareWithHistory(people[0], group.id, firstSeq, known, told);
  for (const person of people) person.leave();
  check(null, {
    'every acknowledged message reached everybody': () => missing === 0,
    'every acknowledged message is in the history': () => gone === 0,
    'no message came twice, also when it was sent twice': () => doubles === 0,
    'everybody saw one order without holes': () => wrongOrders === 0,
  });
}

/** @param {() => boolean} isSo */
async function until(isSo) {
  const deadline = Date.now() + GRACE_MS;
  while (!isSo() && Date.now() < deadline) await pause(50);
}

/**
 * A client that heard no answer sends again with the same id. Each does so once, and must be answered with the message it made.
 * @param {Person[]} people @param {Map<string, import('./load-test/person.js').Outgoing>} said
 * @param {string} run @param {number} number
 */
async function repeatFirst(people, said, run, number) {
  const repeats = people.map(async (person, index) => {
    const first = said.get(`${run}-${number}-${index}-0`);
    if (!first || first.seq === null || !person.ready) return true;
    const heard = await person.command('message:send', {
      conversationId: person.conversationId,
      clientMessageId: first.clientMessageId,
      text: first.text,
    });
    return !heard?.answer.ok || heard.answer.data.message.seq === first.seq;
  });
  return (await Promise.all(repeats)).every(Boolean);
}

/**
 * How many acknowledged messages the history does not hold, where they were acknowledged to be.
 * @param {Person | undefined} reader @param {string} conversationId @param {number} firstSeq
 * @param {import('./load-test/person.js').Outgoing[]} known @param {import('./load-test/person.js').Told} told
 */
async function compareWithHistory(reader, conversationId, firstSeq, known, told) {
  if (!reader) return 0;
  /** @type {Map<string, number>} */
  const stored = new Map();
  let last = firstSeq;
  for (;;) {
    const page = await reader.get(
      `/conversations/${conversationId}/messages?after=${last}&limit=100`,
      'history',
    );
    // A page that failed is counted as that; nothing is said about what it holds.
    if (page === null) return 0;
    for (const { seq, clientMessageId } of page.items) {
      if (seq !== last + 1) told.disordered(1);
      last = seq;
      if (clientMessageId === null) continue;
      if (stored.has(clientMessageId)) told.doubled(1);
      stored.set(clientMessageId, seq);
    }
    if (!page.hasAfter || page.items.length === 0) break;
  }
  const gone = known.filter(({ clientMessageId, seq }) => stored.get(clientMessageId) !== seq).length;
  lost.add(gone);
  return gone;
}

// ---- Beside them: people who read, who come and go, who send files

/** @template T @param {T[]} items */
function anyOf(items) {
  const item = items[Math.floor(Math.random() * items.length)];
  return item ?? giveUp('there is nobody');
}

/** @param {Setup} data */
const readerOf = ({ readers }) => readers[exec.vu.idInTest % readers.length] ?? giveUp('there is no reader');

/** @param {http.Response} response @param {number} status @param {string} what */
function judge(response, status, what) {
  if (response.status === 429) rateLimited.add(1);
  else {
    const failed = response.status !== status;
    count(
      what,
      failed ? `${response.status} ${response.error || String(response.body).slice(0, 200)}` : null,
    );
  }
  return response.status === status;
}

/** Opens the list, then pages back through a conversation. @param {Setup} data */
export function readHistory(data) {
  ({ baseUrl } = data);
  const group = anyOf(data.groups);
  const token = tokenOf(readerOf(data), data.password);
  judge(http.get(api('/conversations?limit=20'), params(token, 'conversations')), 200, 'conversations');
  const newest = http.get(api(`/conversations/${group.id}/messages?limit=50`), params(token, 'open'));
  if (!judge(newest, 200, 'open')) return;
  const { items, hasBefore } = bodyOf(newest);
  if (!hasBefore) return;
  const older = api(`/conversations/${group.id}/messages?before=${items[0].seq}&limit=50`);
  judge(http.get(older, params(token, 'history')), 200, 'history');
}

/** @param {Setup} data */
export function signInAndOut(data) {
  ({ baseUrl } = data);
  const account = anyOf(anyOf(data.groups).people);
  const signedIn = signIn(account.username, data.password);
  if (signedIn === null) return;
  judge(http.post(api('/auth/logout'), null, params(signedIn.token, 'logout')), 204, 'logout');
}

const FILE = 'A file of the load test.\n'.repeat(400);

/** @param {Setup} data */
export function upload(data) {
  ({ baseUrl } = data);
  if (!data.uploads) return;
  const group = anyOf(data.groups);
  const token = tokenOf(readerOf(data), data.password);
  const began = Date.now();
  const asked = post(
    '/uploads',
    {
      conversationId: group.id,
      fileName: 'load.txt',
      contentType: 'text/plain',
      size: FILE.length,
    },
    token,
    'upload',
  );
  if (!judge(asked, 201, 'upload')) return;
  const { attachment, upload: target } = bodyOf(asked);
  const put = http.request(target.method, target.url, FILE, {
    headers: target.headers,
    tags: { name: 'store' },
  });
  count('store', put.status === 200 || put.status === 204 ? null : String(put.status));
  const done = http.post(api(`/uploads/${attachment.id}/complete`), null, params(token, 'upload'));
  if (judge(done, 202, 'upload')) uploadMs.add(Date.now() - began);
}

// ---- After

/** @param {any} data of k6 */
export function handleSummary(data) {
  // k6 has said why; the report of the last run stays.
  if (!data.setup_data) return { stdout: '\n  The load test did not begin.\n\n' };
  const summary = summaryOf(data, plan, data.setup_data.baseUrl);
  const folder = (__ENV['REPORT_DIR'] ?? '.').replace(/\/+$/, '');
  return {
    [`${folder}/load-test-report.html`]: renderReport(summary),
    [`${folder}/load-test-report.json`]: `${JSON.stringify(summary, null, 2)}\n`,
    stdout: renderText(summary, `${folder}/load-test-report.html`),
  };
}
