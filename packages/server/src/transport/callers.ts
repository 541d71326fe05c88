import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Fault } from '../domain/fault.ts';
import type { HttpSettings } from './httpOptions.ts';

export interface Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** `name:port` that the client called, as the request or the trusted proxy in front says. */
  readonly host: string;
  /** Whether the wire's own protocol lets pages of this origin in. */
  readonly isOpenTo?: ((origin: string) => boolean) | undefined;
}

type Rules = Pick<HttpSettings, 'host' | 'cors' | 'hostNames' | 'trustProxy'>;

const safeMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Throws Fault `forbidden_origin` where a web page of another origin wants something done, or where a page reaches this
 * machine's own address through a name of its own (DNS rebinding). Programs send no Origin and are never concerned by the first.
 */
export function checkCaller(call: Call, rules: Rules): void {
  checkHost(call, rules);
  checkOrigin(call, rules);
}

/**
 * A form of any page may be posted to any address without a preflight, and a WebSocket opened. Browsers say where it
 * comes from: `Sec-Fetch-Site`, which stays right behind proxies that write Host anew, or else `Origin`.
 */
function checkOrigin({ method, headers, host, isOpenTo }: Call, { cors }: Rules): void {
  const { origin } = headers;
  if (origin === undefined || (safeMethods.includes(method) && headers.upgrade === undefined)) return;
  if (headers['sec-fetch-site'] === 'same-origin' || isOwn(origin, host)) return;
  const origins = cors === false ? [] : cors.origins;
  if (origins.includes('*') || origins.includes(origin) || isOpenTo?.(origin) === true) return;
  const expected = 'a request without Origin, from a page of this server, or of an origin in listen.cors.origins';
  throw Fault.expected('forbidden_origin', expected, `one from ${shown(origin)}`);
}

/** Only who listens on a loopback address can be meant by a name that leads to one: others are open to their network anyway. */
function checkHost({ headers, host }: Call, rules: Rules): void {
  if (headers.host === undefined || rules.trustProxy || !isLoopback(rules.host)) return;
  const name = nameOf(host);
  // A name without a dot is none that a stranger can own.
  if (isIP(name) !== 0 || !name.includes('.') || name.endsWith('.localhost')) return;
  const names = [...(rules.hostNames ?? []), hostname()].map((known) => known.toLowerCase());
  if (names.includes('*') || names.includes(name)) return;
  const origins = rules.cors === false ? [] : rules.cors.origins;
  if (origins.some((origin) => URL.parse(origin)?.hostname === name)) return;
  const expected = 'localhost, an address or a name in listen.hostNames as Host';
  throw Fault.expected('forbidden_origin', expected, shown(headers.host));
}

function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\./.test(address);
}

/** Whether the page came from the very host that is called now. Its scheme may be that of a proxy in front. */
function isOwn(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  return page !== null && page.host !== '' && page.host === URL.parse(`${page.protocol}//${host}`)?.host;
}

/** Without port and brackets, in lower case. */
function nameOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? [];
  return (bracketed ?? plain ?? host).toLowerCase().replace(/\.$/, '');
}

function shown(text: string): string {
  return text.slice(0, 100);
}
