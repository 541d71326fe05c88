import { Fault } from '../domain/fault.ts';
import type { Sources } from '../domain/sources.ts';
import { isNetwork, type Resolve, resolveByDns } from './checkedAddresses.ts';
import { fetchUrl } from './fetchUrl.ts';
import { readBelow } from './readBelow.ts';
import { writeBelow } from './writeBelow.ts';

/** What the operator allows; everything is off until it is named. */
export interface SourcesSettings {
  /** Whether requests may name pictures by URL. */
  readonly urls: boolean;
  /** The only hosts that are asked, `example.org` or `*.example.org`; empty: every host with public addresses. */
  readonly urlHosts: readonly string[];
  /** Networks of one's own that may be asked besides public addresses, `10.1.0.0/16`. */
  readonly urlNetworks: readonly string[];
  /** From the first question to the last byte, redirects included. */
  readonly urlTimeoutMs: number;
  /** URLs fetched at once. */
  readonly urlsInFlightMax: number;
  /** Bytes of one picture, fetched or read. */
  readonly bytesMax: number;
  /** Absolute; absent: no paths. */
  readonly readFolder?: string;
  /** Absolute; absent: nothing is written. */
  readonly writeFolder?: string;
}

/** `resolve` asks for the addresses of a host name; tests give their own. Throws Fault `config_invalid`. */
export function openSources(settings: SourcesSettings, resolve: Resolve = resolveByDns): Sources {
  const { urls, urlNetworks, urlsInFlightMax, bytesMax, readFolder, writeFolder } = settings;
  const wrong = urlNetworks.find((network) => !isNetwork(network));
  if (wrong !== undefined) {
    throw Fault.expected('config_invalid', 'networks such as 10.1.0.0/16 in sources.urlNetworks', `"${wrong}"`);
  }
  let inFlight = 0;
  return {
    async readUrl(url, signal) {
      if (!urls) throw off('fetches no URLs');
      if (inFlight >= urlsInFlightMax) {
        const message = `This server fetches at most ${urlsInFlightMax} URLs at once, and does so now. Try again.`;
        throw new Fault('overloaded', message, { retryAfterMs: 1000 });
      }
      inFlight++;
      try {
        return await fetchUrl(url, settings, resolve, signal);
      } finally {
        inFlight--;
      }
    },
    async readPath(path) {
      if (readFolder === undefined) throw off('reads no files by their path');
      return readBelow(readFolder, path, bytesMax);
    },
    async writeResult(folder, name, bytes) {
      if (writeFolder === undefined) throw off('writes no files');
      return writeBelow(writeFolder, folder, name, bytes);
    },
  };
}

function off(what: string): Fault {
  return new Fault('source_forbidden', `This server ${what}; its operator has not allowed it.`);
}
