import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { Fault } from '../domain/fault.ts';
import { type Address, checkedAddresses, type Resolve } from './checkedAddresses.ts';
import { checkedUrl } from './checkedUrl.ts';

export interface FetchSettings {
  readonly urlHosts: readonly string[];
  readonly urlNetworks: readonly string[];
  readonly urlTimeoutMs: number;
  readonly bytesMax: number;
}

const redirectsMax = 3;
const headersBytesMax = 16 * 1024;
const redirecting = new Set([301, 302, 303, 307, 308]);

type Hop = { readonly body: Buffer } | { readonly location: string };

/**
 * The body behind a URL that a stranger has named. Every hop is checked anew, and connects to the addresses that were
 * checked; no proxy, no kept connection, no credentials, no cookies, no compression. Whatever goes wrong on the way to
 * a host reads the same: the caller is not to learn which ports are open. Rejects with Fault `source_forbidden`,
 * `source_unavailable`, `invalid_request` for what is no URL, `cancelled`.
 */
export async function fetchUrl(
  text: string,
  settings: FetchSettings,
  resolve: Resolve,
  signal?: AbortSignal,
): Promise<Buffer> {
  const { urlHosts, urlNetworks, urlTimeoutMs, bytesMax } = settings;
  const timeout = AbortSignal.timeout(urlTimeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const withinTime = untilAborted(either, () => {
    if (signal?.aborted) return new Fault('cancelled', 'The caller left while the URL was fetched.');
    return new Fault('source_unavailable', `The URL gave no whole answer within ${urlTimeoutMs} ms.`);
  });
  let url = checkedUrl(text, urlHosts);
  for (let redirects = 0; ; redirects++) {
    const addresses = await withinTime(checkedAddresses(url.hostname, urlNetworks, resolve));
    const hop = await withinTime(ask(url, addresses, bytesMax, either));
    if ('body' in hop) return hop.body;
    if (redirects === redirectsMax) {
      throw Fault.expected('source_unavailable', `at most ${redirectsMax} redirects from the URL`, 'more than that');
    }
    url = checkedUrl(hop.location, urlHosts, url);
  }
}

/** Ends the wait for a promise, which may itself know nothing of the signal, when the signal aborts. */
function untilAborted(signal: AbortSignal, why: () => Fault): <Value>(work: Promise<Value>) => Promise<Value> {
  return (work) =>
    new Promise((resolve, reject) => {
      const stop = () => reject(why());
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
}

function ask(url: URL, addresses: readonly Address[], bytesMax: number, signal: AbortSignal): Promise<Hop> {
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      signal,
      maxHeaderSize: headersBytesMax,
      headers: { accept: 'image/*, */*;q=0.5', 'accept-encoding': 'identity', 'user-agent': 'segserve' },
      lookup: pinned(addresses),
      // A name goes to `lookup`, whose answer was checked; an address that stands in the URL was checked itself.
      ...(isIP(url.hostname) === 0 && !url.hostname.startsWith('[') ? { servername: url.hostname } : {}),
    });
    outgoing.on('error', (cause) => reject(noAnswer(cause)));
    outgoing.on('response', (response) => {
      readHop(response, bytesMax)
        .then(resolve, (error: unknown) => {
          reject(error instanceof Fault ? error : noAnswer(error));
        })
        .finally(() => outgoing.destroy());
    });
    outgoing.end();
  });
}

/** A look-up that knows one answer. */
function pinned(addresses: readonly Address[]): NonNullable<http.RequestOptions['lookup']> {
  return (_host, options, give) => {
    const [first] = addresses;
    if (options.all === true) give(null, [...addresses]);
    else give(null, first?.address ?? '', first?.family);
  };
}

async function readHop(response: http.IncomingMessage, bytesMax: number): Promise<Hop> {
  const { statusCode = 0, headers } = response;
  if (redirecting.has(statusCode) && headers.location !== undefined) return { location: headers.location };
  if (statusCode !== 200) throw Fault.expected('source_unavailable', 'status 200 from the URL', `status ${statusCode}`);
  const coding = headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') {
    throw Fault.expected('source_unavailable', 'an answer without Content-Encoding from the URL', 'a compressed one');
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooMany(bytesMax);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooMany(bytesMax);
    chunks.push(chunk);
  }
  if (!response.complete) throw noAnswer(undefined);
  return { body: Buffer.concat(chunks, bytes) };
}

function tooMany(bytesMax: number): Fault {
  return Fault.expected('source_unavailable', `at most ${bytesMax} bytes from the URL`, 'more than that');
}

function noAnswer(cause: unknown): Fault {
  return new Fault('source_unavailable', 'The host of the URL gave no whole answer.', { cause });
}
