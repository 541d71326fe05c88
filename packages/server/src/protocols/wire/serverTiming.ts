import type { StageTiming, Timings } from '@segserve/contract';

export interface TimedWork {
  readonly timings: Timings;
  /** The stages of a chain. */
  readonly stages?: readonly StageTiming[];
  /** Promptable models: whether the picture was known. */
  readonly embedding?: { readonly outcome: string };
}

/**
 * The Server-Timing header: the stages of a request, those of its chain (`stage-<name>`), whether an embedding was at hand
 * (`embedding;desc=hit`), and all as the caller sees it, in milliseconds.
 */
export function serverTiming(work: TimedWork | undefined, totalMs: number): string {
  const stages = Object.entries(work?.timings ?? {});
  const ofChain = (work?.stages ?? []).map(({ name, ms }) => [`stage-${name}`, ms] as const);
  const spans = [...stages, ...ofChain, ['total', totalMs] as const].map(
    ([name, ms]) => `${name};dur=${ms.toFixed(1)}`,
  );
  return (work?.embedding ? [`embedding;desc=${work.embedding.outcome}`, ...spans] : spans).join(', ');
}
