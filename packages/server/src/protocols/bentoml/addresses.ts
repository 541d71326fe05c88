import type { Bundle } from './bundle.ts';

/** All addresses that are none of the bundle's, in metrics. */
export const otherAddresses = '/<other>';

/** The bundle's addresses and the methods that each takes, as the Allow header has them. */
export function addressesOf(bundle: Bundle): ReadonlyMap<string, string> {
  const reads = ['/', '/docs', '/docs.json', '/healthz'];
  if (bundle.enableMetrics) reads.push('/metrics');
  if (bundle.version === '0.13') reads.push('/metadata');
  const posts = bundle.apis.map(({ path }) => path);
  if (bundle.enableFeedback) posts.push('/feedback');
  return new Map([
    ...reads.map((path) => [path, 'GET, HEAD, OPTIONS'] as const),
    ...posts.map((path) => [path, 'OPTIONS, POST'] as const),
  ]);
}
