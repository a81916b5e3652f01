// People who use an installed Parley through its proxy, over TLS with the certificate that it made.
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { io } from 'socket.io-client';

const WAIT_MS = 10_000;

/** `ca` is the certificate; `resolve` names of it at 127.0.0.1. */
export class Site {
  constructor(origin, ca) {
    this.origin = origin;
    this.ca = ca;
  }

  /** { status, headers, body, ms }; a body that is JSON is read. */
  fetch(path, { method = 'GET', headers = {}, body } = {}) {
    const began = performance.now();
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.origin),
        {
          method,
          ca: this.ca,
          agent: false,
          headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          timeout: WAIT_MS,
        },
        (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = response.headers['content-type']?.includes('application/json') && text !== '';
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: isJson ? JSON.parse(text) : text,
              ms: performance.now() - began,
            });
          });
        },
      );
      call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async api(token, method, path, body, more = {}) {
    const headers = { ...more, ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
    const answer = await this.fetch(`/api/v1${path}`, { method, headers, body });
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async register(name, headers = {}) {
    const username = `${name}-${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    const { user, accessToken } = await this.api(
      null,
      'POST',
      '/auth/register',
      { username, password },
      headers,
    );
    return { user, username, password, token: accessToken };
  }

  async logIn({ username, password }) {
    const { user, accessToken } = await this.api(null, 'POST', '/auth/login', { username, password });
    return { user, username, password, token: accessToken };
  }

  history(person, conversationId) {
    return this.api(person.token, 'GET', `/conversations/${conversationId}/messages`);
  }

  async connect(person, { reconnection = false } = {}) {
    const socket = io(this.origin, {
      path: '/socket.io',
      transports: ['websocket'],
      auth: { token: person.token, protocol: 1 },
      ca: this.ca,
      reconnection,
      reconnectionDelay: 100,
      reconnectionDelayMax: 500,
      forceNew: true,
    });
    const line = new Line(socket);
    await line.ready(WAIT_MS);
    return line;
  }
}

/** A socket, the instance it is on, and all messages it was sent. */
class Line {
  instance = null;
  texts = [];
  epoch = null;
  connects = 0;
  #listeners = new Set();

  constructor(socket) {
    this.socket = socket;
    socket.on('ready', ({ instanceId, epoch }) => {
      this.instance = instanceId;
      this.epoch = epoch;
      this.connects += 1;
      this.#changed();
    });
    socket.on('changes', ({ messages }) => {
      this.texts.push(...messages.map(({ text }) => text));
      this.#changed();
    });
    socket.on('connect_error', (error) => {
      this.error = error;
      this.#changed();
    });
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when `holds()` does. */
  until(what, holds, ms = WAIT_MS) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle(value);
      };
      const look = () => holds() && finish(resolve);
      const timer = setTimeout(
        () => finish(reject, new Error(`${what}: not within ${ms} ms ${this.error?.message ?? ''}`)),
        ms,
      );
      this.#listeners.add(look);
      look();
    });
  }

  ready(ms) {
    return this.until('ready', () => this.instance !== null, ms);
  }

  send(conversationId, text, clientMessageId = randomUUID()) {
    return this.socket
      .timeout(WAIT_MS)
      .emitWithAck('message:send', { conversationId, clientMessageId, text });
  }

  close() {
    this.socket.disconnect();
  }
}
