import { isIP } from 'node:net';
import { z } from 'zod';
import { classified } from './privacy.js';

/** Bits that are kept of an address. */
export interface NetworkBits {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The finest that is ever kept: what G03 promises (AJU-07), and the operator's default where a policy promises none. */
export const NETWORK_BITS: NetworkBits = { ipv4: 24, ipv6: 48 };

/**
 * The network that an address is in: all that may be stored, published or logged of it. Takes what headers and sockets
 * hold: brackets, ports, zone ids, and IPv4 within IPv6, which counts as IPv4 (::ffff:…) or loses the IPv4 host that its
 * first bits carry (6to4). Undefined for what is no address: it is refused, never kept as it came.
 * @param bits a pack's own; coarser ones are heeded, finer ones are not
 * @example networkOf('203.0.113.77') // '203.0.113.0/24'
 * @example networkOf('[2001:db8:1:2::9]:443') // '2001:db8:1::/48'
 */
export function networkOf(address: string, bits: NetworkBits = NETWORK_BITS): string | undefined {
  const plain = bare(address);
  const kind = isIP(plain);
  if (kind === 0) return undefined;
  const v4 = Math.min(bits.ipv4, NETWORK_BITS.ipv4);
  const groups = kind === 4 ? undefined : groupsOf(plain);
  if (!groups) return ipv4Network(plain.split('.').map(Number), v4);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4Network(octetsOf(groups, 6), v4);
  const sixToFour = groups[0] === 0x2002;
  return ipv6Network(groups, Math.min(bits.ipv6, sixToFour ? 16 + v4 : NETWORK_BITS.ipv6));
}

/** An address at the door: parsed to its network, so that nothing behind the parser has ever seen the rest. */
export const callerAddress = classified('personal', z.string().max(64)).transform((address, context) => {
  const cut = networkOf(address);
  if (cut === undefined) context.addIssue({ code: 'custom', message: 'not an IP address' });
  return cut ?? z.NEVER;
});

/**
 * A network as a policy wants it, which may be coarser than the finest that is kept.
 * @example coarser('203.0.113.0/24', { ipv4: 16, ipv6: 32 }) // '203.0.0.0/16'
 */
export function coarser(cut: string, bits: NetworkBits): string {
  const [address = '', kept] = cut.split('/');
  const own = Number(kept);
  return networkOf(address, { ipv4: Math.min(own, bits.ipv4), ipv6: Math.min(own, bits.ipv6) }) ?? cut;
}

/** A network that is coarse enough to be told on: refuses one that is not. */
export const network = classified(
  'none',
  z.string().refine((text) => /\/\d{1,3}$/.test(text) && networkOf(text.replace(/\/\d+$/, ''), bitsIn(text)) === text, 'a network such as 203.0.113.0/24 or 2001:db8:1::/48, and no finer one'),
);

function bitsIn(text: string): NetworkBits {
  const bits = Number(text.slice(text.lastIndexOf('/') + 1));
  return { ipv4: bits, ipv6: bits };
}

/** Without brackets, port and zone id. */
function bare(address: string): string {
  const text = address.trim();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
  const unported = bracketed ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  const zone = unported.indexOf('%');
  return zone > 0 && unported.includes(':') ? unported.slice(0, zone) : unported;
}

function groupsOf(address: string): readonly number[] {
  const dotted = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  const [a = 0, b = 0, c = 0, d = 0] = dotted?.split('.').map(Number) ?? [];
  const hex = dotted ? `${address.slice(0, -dotted.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}` : address;
  const [head = '', tail] = hex.split('::', 2);
  const read = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [front, back] = [read(head), tail === undefined ? [] : read(tail)];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

const octetsOf = (groups: readonly number[], from: number): readonly number[] => [groups[from]!, groups[from + 1]!].flatMap((group) => [group >> 8, group & 0xff]);

function cut(parts: readonly number[], width: number, bits: number): readonly number[] {
  return parts.map((part, i) => {
    const kept = Math.max(0, Math.min(width, bits - i * width));
    return part & ~((1 << (width - kept)) - 1);
  });
}

const ipv4Network = (octets: readonly number[], bits: number): string => `${cut(octets, 8, bits).join('.')}/${bits}`;

function ipv6Network(groups: readonly number[], bits: number): string {
  const kept = cut(groups, 16, bits);
  const end = kept.findLastIndex((group) => group !== 0) + 1;
  // At most the first three groups hold anything, so the zeros at the end are the longest run and alone are shortened.
  return `${kept.slice(0, end).map((group) => group.toString(16)).join(':')}::/${bits}`;
}
