// @ts-check
// One person with one socket, in one conversation: Engine.IO and Socket.IO written by hand over k6's WebSocket, and the rules
// of docs/protocol.md, sections 5 and 6. It sends what it is told to, watches what arrives, and counts what should not be.
import http from 'k6/http';
import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';

/** `readyState` of a socket that takes frames. */
const OPEN = 1;
const HANDSHAKE_MS = 10_000;
/** As long as any client of the protocol waits for an answer. */
const ANSWER_MS = 10_000;
/** A hole must stand this long before it is asked about; frames often arrive just late. */
const HOLE_MS = 300;
const RECONNECT_MOST_MS = 10_000;

/**
 * @typedef {{ id: string, conversationId: string, seq: number, rev: number, clientMessageId: string | null, text: string }} Message
 * @typedef {{ conversationId: string, fromRev: number, toRev: number, messages: Message[] }} Changes
 * @typedef {{ code: string, message: string, retryable: boolean, retryAfterMs?: number }} Failure
 * @typedef {{ ok: true, data: { message: Message, duplicate?: true } } | { ok: false, error: Failure }} Answer
 * @typedef {{ clientMessageId: string, text: string, dueAt: number, seq: number | null, held: boolean, refused: boolean }} Outgoing
 *   `dueAt`: when it was to be sent, which is what its times are counted from; `held`: a rate limit stood in its way.
 * @typedef {{
 *   sent: (message: Outgoing) => void, acked: (message: Outgoing, at: number) => void,
 *   arrived: (person: Person, message: Message, at: number) => void, asked: (what: string, failure: string | null) => void,
 *   limited: () => void, cut: () => void, repaired: () => void, doubled: (count: number) => void,
 *   disordered: (count: number) => void,
 * }} Told What the script hears of.
 */

/** @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((resolve) => setTimeout(() => resolve(), Math.max(1, ms)));

export class Person {
  /**
   * @param {{ baseUrl: string, token: string, conversationId: string, told: Told }} of
   */
  constructor({ baseUrl, token, conversationId, told }) {
    this.baseUrl = baseUrl;
    this.token = token;
    this.conversationId = conversationId;
    this.told = told;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.ready = false;
    this.leaving = false;
    /** @type {Map<number, (answer: { answer: Answer, at: number } | null) => void>} */
    this.answers = new Map();
    this.nextAnswer = 0;
    /** @type {number | null} The last rev without a gap before it; `null` until the newest page is read. */
    this.rev = null;
    this.seq = 0;
    this.repairSpreadMs = 0;
    /** @type {Changes[]} */
    this.heldFrames = [];
    this.repairing = false;
    /** @type {Map<string, number>} Numbers of the messages that arrived, by the sender's id. */
    this.seen = new Map();
    /** @type {Map<number, number>} Revs by number. */
    this.revs = new Map();
    /** @type {Outgoing[]} */
    this.queue = [];
    this.sending = false;
    this.stopped = false;
  }

  // ---- The connection

  /** Resolves when the server has said `ready`. @returns {Promise<void>} */
  connect() {
    return new Promise((resolve, reject) => {
      const url = `${this.baseUrl.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`;
      const socket = new WebSocket(url, null, { tags: { name: 'socket' } });
      this.socket = socket;
      let settled = false;
      const settle = (/** @type {string | null} */ failure) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (failure === null) resolve();
        else reject(new Error(failure));
      };
      const timer = setTimeout(() => {
        settle('no `ready` in time');
        socket.close();
      }, HANDSHAKE_MS);
      socket.onmessage = (event) => {
        // When k6 took it from the wire, in fractions of a millisecond; not when this script came to read it.
        if (event && typeof event.data === 'string') this.takePacket(event.data, event.timestamp, settle);
      };
      socket.onerror = () => settle('the connection failed');
      socket.onclose = () => {
        settle('the connection was closed');
        if (this.socket === socket) this.closed();
      };
    });
  }

  /** @param {string} packet @param {number} at @param {(failure: string | null) => void} settle */
  takePacket(packet, at, settle) {
    switch (packet.charAt(0)) {
      case '0': // open: now join, with the token in the payload of Socket.IO's own CONNECT
        this.write(`40${JSON.stringify({ token: this.token, protocol: 1 })}`);
        return;
      case '2': // ping
        this.write('3');
        return;
      case '4':
        break;
      default:
        return;
    }
    const body = packet.slice(2);
    switch (packet.charAt(1)) {
      case '1': // DISCONNECT
        this.socket?.close();
        return;
      case '2': {
        // EVENT
        const [name, payload] = JSON.parse(body.slice(body.indexOf('[')));
        if (name === 'ready') {
          this.ready = true;
          this.repairSpreadMs = payload.limits?.repairSpreadMs ?? 0;
          settle(null);
        } else this.takeEvent(name, payload, at);
        return;
      }
      case '3': {
        // ACK
        const from = body.indexOf('[');
        const number = Number(body.slice(0, from));
        this.answers.get(number)?.({ answer: JSON.parse(body.slice(from))[0], at });
        this.answers.delete(number);
        return;
      }
      case '4': // CONNECT_ERROR
        settle(`refused: ${JSON.parse(body || '{}').data?.code ?? body}`);
        this.socket?.close();
        return;
      default:
    }
  }

  /** @param {string} name @param {any} payload @param {number} at */
  takeEvent(name, payload, at) {
    switch (name) {
      case 'changes':
        if (payload.conversationId === this.conversationId) this.takeChanges(payload, at);
        return;
      case 'heads':
        if ((payload.heads?.[this.conversationId] ?? 0) > (this.rev ?? Infinity)) this.repairSoon();
        return;
      case 'resync':
        void pause(Math.random() * payload.spreadMs).then(() => this.repair());
        return;
      case 'draining':
        void pause(Math.random() * payload.reconnectAfterMs).then(() => this.socket?.close());
        return;
      default:
    }
  }

  /** @param {string} text */
  write(text) {
    // A socket that is closing throws; what waits for an answer learns it from the close.
    if (this.socket?.readyState === OPEN) this.socket.send(text);
  }

  closed() {
    this.socket = null;
    const wasReady = this.ready;
    this.ready = false;
    for (const answer of this.answers.values()) answer(null);
    this.answers.clear();
    if (this.leaving || !wasReady) return;
    this.told.cut();
    void this.reconnect();
  }

  async reconnect() {
    for (let attempt = 0; !this.leaving; attempt += 1) {
      await pause(Math.random() * Math.min(RECONNECT_MOST_MS, 1_000 * 2 ** attempt));
      if (this.leaving) return;
      try {
        await this.connect();
        this.told.asked('connect', null);
        await this.repair();
        void this.pump();
        return;
      } catch (error) {
        this.told.asked('connect', error instanceof Error ? error.message : String(error));
      }
    }
  }

  leave() {
    this.leaving = true;
    this.write('41');
    this.socket?.close();
  }

  // ---- What arrives

  /** Reads the newest page, as everybody does who opens a conversation; what arrives from here on has to be without holes. */
  async open() {
    const page = await this.get(`/conversations/${this.conversationId}/messages?limit=50`, 'open');
    if (page === null) throw new Error('the conversation could not be opened');
    this.seq = page.items.at(-1)?.seq ?? 0;
    this.rev = page.lastRev;
    this.applyHeld();
  }

  /** @param {Changes} frame @param {number} at */
  takeChanges(frame, at) {
    if (this.rev !== null && frame.toRev <= this.rev) return;
    if (this.rev === null || frame.fromRev > this.rev) {
      this.heldFrames.push(frame);
      if (this.rev !== null) this.repairSoon();
      return;
    }
    this.apply(frame.messages, frame.toRev, at);
    this.applyHeld();
  }

  applyHeld() {
    const held = this.heldFrames.sort((a, b) => a.fromRev - b.fromRev);
    this.heldFrames = [];
    for (const frame of held) this.takeChanges(frame, Date.now());
  }

  /** @param {Message[]} messages @param {number} toRev @param {number} at */
  apply(messages, toRev, at) {
    const before = this.rev ?? 0;
    for (const message of [...messages].sort((a, b) => a.seq - b.seq)) {
      if (message.seq > this.seq) {
        if (message.seq !== this.seq + 1) this.told.disordered(1);
        this.seq = message.seq;
        if (message.clientMessageId !== null) {
          if (this.seen.has(message.clientMessageId)) this.told.doubled(1);
          else this.told.arrived(this, message, at);
          this.seen.set(message.clientMessageId, message.seq);
        }
      } else if (this.revs.get(message.seq) === message.rev && message.rev > before) {
        // The same state of the same message, in two frames that do not overlap.
        this.told.doubled(1);
      }
      this.revs.set(message.seq, message.rev);
    }
    this.rev = toRev;
  }

  repairSoon() {
    if (this.repairing) return;
    this.repairing = true;
    const known = this.rev;
    void pause(HOLE_MS + Math.random() * this.repairSpreadMs).then(async () => {
      this.repairing = false;
      // What was late may have come meanwhile, and more may be waiting behind a hole that is left.
      if (this.leaving) return;
      if (this.heldFrames.length > 0 || this.rev === known) await this.repair();
    });
  }

  async repair() {
    if (this.rev === null || this.repairing) return;
    this.repairing = true;
    const before = this.rev;
    for (;;) {
      const page = await this.get(
        `/conversations/${this.conversationId}/changes?since=${this.rev}&limit=100`,
        'changes',
      );
      if (page === null || page.reset) break;
      if (page.lastRev > this.rev) this.apply(page.items, page.lastRev, Date.now());
      if (!page.hasMore) break;
    }
    this.repairing = false;
    if (this.rev > before) this.told.repaired();
    this.applyHeld();
  }

  // ---- What is sent

  /** @param {Outgoing} message */
  say(message) {
    this.told.sent(message);
    this.queue.push(message);
    void this.pump();
  }

  /** What has not been sent stays unsent; what is on its way may still be answered. */
  stopSending() {
    this.queue.splice(1);
    this.stopped = true;
  }

  /** One at a time, the next after the answer, so that the order here is the order there. */
  async pump() {
    if (this.sending) return;
    this.sending = true;
    for (let next = this.queue[0]; next && this.ready && !this.stopped; next = this.queue[0]) {
      if (!(await this.send(next))) break;
      this.queue.shift();
    }
    this.sending = false;
  }

  /** Whether it is settled; where it is not, it waits for the next connection. @param {Outgoing} message */
  async send(message) {
    for (let attempt = 0; this.ready && !this.stopped; attempt += 1) {
      const heard = await this.command('message:send', {
        conversationId: this.conversationId,
        clientMessageId: message.clientMessageId,
        text: message.text,
      });
      if (heard?.answer.ok) {
        message.seq = heard.answer.data.message.seq;
        this.told.acked(message, heard.at);
        return true;
      }
      const failure = heard && !heard.answer.ok ? heard.answer.error : null;
      if (failure?.code === 'RATE_LIMITED') {
        // Told to wait is not a failure of the server; it is one of the test, which the report says.
        message.held = true;
        this.told.limited();
        await pause(failure.retryAfterMs ?? 1_000);
        continue;
      }
      if (failure && !failure.retryable) {
        message.refused = true;
        this.told.asked('send', failure.code);
        return true;
      }
      await pause(Math.random() * Math.min(RECONNECT_MOST_MS, 500 * 2 ** attempt));
    }
    return false;
  }

  /** @param {string} name @param {object} payload @returns {Promise<{ answer: Answer, at: number } | null>} */
  command(name, payload) {
    return new Promise((resolve) => {
      const number = (this.nextAnswer += 1);
      const timer = setTimeout(() => {
        this.answers.delete(number);
        resolve(null);
      }, ANSWER_MS);
      this.answers.set(number, (heard) => {
        clearTimeout(timer);
        resolve(heard);
      });
      this.write(`42${number}${JSON.stringify([name, payload])}`);
    });
  }

  // ---- REST

  /** The body, or `null` where it failed. @param {string} path @param {string} name @returns {Promise<any>} */
  async get(path, name) {
    const response = await http.asyncRequest('GET', `${this.baseUrl}/api/v1${path}`, null, {
      headers: { authorization: `Bearer ${this.token}` },
      tags: { name },
    });
    this.told.asked(name, response.status === 200 ? null : `${response.status} ${response.error}`);
    return response.status === 200 ? response.json() : null;
  }
}
