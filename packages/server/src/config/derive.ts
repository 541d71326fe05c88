import { complaint, type Origin, shown } from './setting.ts';
import { WireSchema } from './wires.ts';

export interface Entry {
  readonly value: unknown;
  readonly origin: Origin;
}
/** The value of each key and where it came from. */
export type Entries = Map<string, Entry>;

/** The first must not be above the second. */
const orders: readonly (readonly [lower: string, upper: string])[] = [
  ['limits.deadlineMsDefault', 'limits.deadlineMsMax'],
  ['limits.imagePixelsMax', 'limits.pixelsInFlightMax'],
  ['limits.imageBytesMax', 'limits.queueBytesMax'],
  ['limits.tensorBytesMax', 'limits.queueBytesMax'],
  ['limits.imageBytesMax', 'listen.bodyBytesMax'],
  ['listen.headersTimeoutMs', 'listen.requestTimeoutMs'],
];

/**
 * Brings values that depend on each other together: whoever raises one bound need not know which others stand in its
 * way. A default gives way to what was set; two set values that contradict each other are a complaint.
 */
export function derive(entries: Entries, terminal: boolean): string[] {
  const complaints = orders.flatMap(([lower, upper]) => settle(entries, lower, upper));
  const bodyBytesMax = entries.get('listen.bodyBytesMax');
  const imageBytesMax = entries.get('limits.imageBytesMax')?.value;
  if (bodyBytesMax?.value === 'auto' && typeof imageBytesMax === 'number') {
    // base64 makes 4 bytes of 3; a form or JSON around the picture fits in 1 MiB.
    const value = Math.ceil((imageBytesMax * 4) / 3) + 2 ** 20;
    entries.set('listen.bodyBytesMax', { value, origin: from('limits.imageBytesMax') });
  }
  complaints.push(...settle(entries, 'listen.bodyBytesMax', 'listen.bodiesBytesMax'));
  if (entries.get('log.format')?.value === 'auto') {
    const origin: Origin = { source: 'derived', name: terminal ? 'a terminal' : 'no terminal' };
    entries.set('log.format', { value: terminal ? 'pretty' : 'json', origin });
  }
  return [...complaints, ...wireHosts(entries), ...tlsPair(entries)];
}

/** What a wire demands of the address that it listens on holds too where that is the listener's own. */
function wireHosts(entries: Entries): string[] {
  const wires = entries.get('wires');
  const host = entries.get('listen.host')?.value;
  if (!wires || !Array.isArray(wires.value)) return [];
  return wires.value.flatMap((wire: object, index) => {
    const parsed = WireSchema.safeParse({ host, ...wire });
    const [issue] = parsed.success ? [] : parsed.error.issues;
    if (!issue) return [];
    return [complaint(wires.origin, [`wires[${index}]`, ...issue.path].join('.'), `${issue.message}.`)];
  });
}

function settle(entries: Entries, lowerKey: string, upperKey: string): string[] {
  const lower = entries.get(lowerKey);
  const upper = entries.get(upperKey);
  if (!lower || !upper || typeof lower.value !== 'number' || typeof upper.value !== 'number') return [];
  if (lower.value <= upper.value) return [];
  if (lower.origin.source === 'default') {
    entries.set(lowerKey, { value: upper.value, origin: from(upperKey) });
    return [];
  }
  if (upper.origin.source === 'default') {
    entries.set(upperKey, { value: lower.value, origin: from(lowerKey) });
    return [];
  }
  const bound = `at least ${lowerKey}, which is ${lower.value} (${lower.origin.name})`;
  return [complaint(upper.origin, upperKey, `expected ${bound}, found ${shown(upper.value)}.`)];
}

function tlsPair(entries: Entries): string[] {
  const pair = ['listen.tls.cert', 'listen.tls.key'] as const;
  const present = pair.filter((key) => entries.has(key));
  const absent = pair.filter((key) => !entries.has(key))[0];
  const [key] = present;
  if (present.length !== 1 || key === undefined) return [];
  const origin = entries.get(key)?.origin ?? { source: 'code', name: 'config' };
  return [complaint(origin, key, `expected ${absent} beside it, found nothing.`)];
}

function from(key: string): Origin {
  return { source: 'derived', name: key };
}
