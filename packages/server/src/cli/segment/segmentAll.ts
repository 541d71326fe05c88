import type { Context } from '../context.ts';
import type { Job } from './planOutputs.ts';
import type { JobReport } from './segmentOne.ts';

/** Pictures at once: one decodes while another infers, and a batch can form; few enough to keep memory small. */
const inFlightMax = 4;

export interface Tally {
  readonly done: number;
  readonly failed: number;
}

/** Runs every job, a few at a time, in order of start; stops taking new ones once `signal` is aborted. */
export async function segmentAll(
  jobs: readonly Job[],
  work: (job: Job) => Promise<JobReport>,
  report: (report: JobReport) => Promise<void>,
  signal: AbortSignal,
): Promise<Tally> {
  const tally = { done: 0, failed: 0 };
  const waiting = jobs.values();
  const lane = async (): Promise<void> => {
    for (const job of waiting) {
      if (signal.aborted) return;
      const outcome = await work(job);
      if (signal.aborted && outcome.error) return;
      if (outcome.error) tally.failed++;
      else tally.done++;
      await report(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlightMax, jobs.length) }, lane));
  return tally;
}

/** Runs `work` with a signal that the first SIGINT or SIGTERM aborts; the second ends the process at once. */
export async function untilStopped<T>(
  context: Context,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T; readonly exitCode: number | undefined }> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const forget = context.onStop((signal) => {
    if (exitCode !== undefined) context.exitNow(exitCode);
    exitCode = signal === 'SIGINT' ? 130 : 143;
    controller.abort();
  });
  try {
    return { value: await work(controller.signal), exitCode };
  } finally {
    forget();
  }
}
