import type { Timings } from '@segserve/contract';

/** The stages of a request and their sum as the caller sees it, in milliseconds, for the Server-Timing header. */
export function serverTiming(timings: Timings | undefined, totalMs: number): string {
  const stages = timings === undefined ? [] : Object.entries(timings);
  return [...stages, ['total', totalMs] as const].map(([name, ms]) => `${name};dur=${ms.toFixed(1)}`).join(', ');
}
