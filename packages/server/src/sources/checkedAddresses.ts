import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { Fault } from '../domain/fault.ts';

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name; rejects with `code` ENOTFOUND when it has none. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

export const resolveByDns: Resolve = (host) => lookup(host, { all: true });

/**
 * The addresses of a host, every one of them allowed. It is these that are to be connected to: a second look-up might be
 * answered with others (DNS rebinding). A name without addresses and a name with forbidden ones give the same Fault, so
 * that nobody learns which names exist inside.
 */
export async function checkedAddresses(
  host: string,
  networks: readonly string[],
  resolve: Resolve,
): Promise<readonly Address[]> {
  const bare = host.replace(/^\[|\]$/g, '');
  const addresses = ipaddr.isValid(bare)
    ? [{ address: bare, family: bare.includes(':') ? 6 : 4 }]
    : await resolve(bare).catch(noAddresses);
  if (addresses.length > 0 && addresses.every(({ address }) => isAllowed(address, networks))) return addresses;
  throw Fault.expected('source_forbidden', 'a URL whose host has public addresses, and no others', 'another');
}

function noAddresses(error: NodeJS.ErrnoException): readonly Address[] {
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return [];
  throw new Fault('source_unavailable', 'The host of the URL could not be looked up.', { cause: error });
}

/** Public, or of one of the operator's own `networks`. */
export function isAllowed(address: string, networks: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  // An address with a zone ("fe80::1%eth0") is of a link, and no public one.
  if (address.includes('%')) return false;
  const parsed = ipaddr.parse(address);
  return isPublic(parsed) || networks.some((network) => isIn(parsed, network));
}

/** Whether `text` is an address and a number of bits: `10.1.0.0/16`. */
export function isNetwork(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  // Global unicast is 2000::/3 (RFC 4291 §2.4); what lies outside maps, translates or tunnels something else.
  return address.kind() === 'ipv4' || isIn(address, '2000::/3');
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(network);
  return address.kind() === base.kind() && address.match(base, bits);
}
