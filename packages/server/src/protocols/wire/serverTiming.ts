import type { StageTiming, Timings } from '@segserve/contract';

/** The stages of a request, those of its chain (`stage-<name>`), and all as the caller sees it, in milliseconds, for the Server-Timing header. */
export function serverTiming(
  timings: Timings | undefined,
  totalMs: number,
  chain: readonly StageTiming[] = [],
): string {
  const stages = timings === undefined ? [] : Object.entries(timings);
  const ofChain = chain.map(({ name, ms }) => [`stage-${name}`, ms] as const);
  return [...stages, ...ofChain, ['total', totalMs] as const]
    .map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`)
    .join(', ');
}
