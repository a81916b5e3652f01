import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseOf, type Lease } from './access-token.js';
import { SocketToken } from './socket-token.js';

const LIFE_S = 60;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** As `Account` keeps its lease, with a server that is away while `isAway`. */
class Renewals {
  isAway = false;
  count = 0;
  lease: Lease = leaseOf({ accessToken: 'token-0', expiresIn: LIFE_S });

  token(): Promise<Lease> {
    return performance.now() < this.lease.usableUntil ? Promise.resolve(this.lease) : this.renew();
  }

  renew(): Promise<Lease> {
    if (this.isAway) return Promise.reject(new Error('Nobody answers'));
    this.count += 1;
    this.lease = leaseOf({ accessToken: `token-${String(this.count)}`, expiresIn: LIFE_S });
    return Promise.resolve(this.lease);
  }
}

function started() {
  const account = new Renewals();
  /** When the socket was told which token, in seconds. */
  const told: [string, number][] = [];
  let isTaken = true;
  const socketToken = new SocketToken(account, 'token-0', (token) => {
    if (!isTaken) return Promise.reject(new Error('Not connected'));
    told.push([token, Math.round(performance.now() / 1_000)]);
    return Promise.resolve();
  });
  const from = Math.round(performance.now() / 1_000);
  socketToken.start();
  return {
    account,
    socketToken,
    told: () => told.map(([token, at]) => [token, at - from]),
    refuse: (refused: boolean) => {
      isTaken = !refused;
    },
  };
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

describe('the token of a socket', () => {
  it('is followed by a newer one before it ends, again and again', async () => {
    const { told } = started();
    await seconds(100);
    expect(told()).toEqual([
      ['token-1', 45],
      ['token-2', 90],
    ]);
  });

  it('is followed although renewing failed until nothing could be begun with it any more', async () => {
    const { account, told } = started();
    account.isAway = true;
    await seconds(54);
    account.isAway = false;
    await seconds(6);
    expect(told()).toEqual([['token-1', 55]]);
  });

  it('is followed by the one that a request has renewed meanwhile, and no other is asked for', async () => {
    const { account, told } = started();
    await seconds(30);
    await account.renew();
    await seconds(20);
    expect(told()).toEqual([['token-1', 45]]);
    expect(account.count).toBe(1);
    await seconds(30);
    expect(told()).toEqual([
      ['token-1', 45],
      ['token-2', 75],
    ]);
  });

  it('is told again where the socket did not take it', async () => {
    const { account, told, refuse } = started();
    refuse(true);
    await seconds(47);
    refuse(false);
    await seconds(10);
    expect(told()).toEqual([['token-1', 50]]);
    expect(account.count).toBe(1);
  });

  it('is left alone once the socket has gone', async () => {
    const { account, socketToken, told } = started();
    socketToken.stop();
    await seconds(100);
    expect(told()).toEqual([]);
    expect(account.count).toBe(0);
  });
});
