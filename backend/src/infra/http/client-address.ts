import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** Where a request comes from, as Fastify says it for `trustProxy`: what is beyond the trusted hops is made up easily. */
export function clientAddress(request: IncomingMessage, trustedHops: number): string {
  const forwarded = request.headers['x-forwarded-for'] ?? [];
  const named = (typeof forwarded === 'string' ? forwarded.split(',') : forwarded).map((part) => part.trim());
  const hops = [request.socket.remoteAddress ?? '', ...named.reverse()];
  return hops[Math.min(trustedHops, hops.length - 1)] ?? '';
}

/** What limits count as one place: an address, or the /64 of IPv6, of which one customer has all addresses. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = ''] = address.split('::');
  const groups = [...head.split(':').filter((group) => group !== ''), '0', '0', '0', '0'];
  return groups.slice(0, 4).join(':');
}
