import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';
import { isLoading } from './faults.ts';

/** Between two looks at a model that loads. */
const lookMs = 50;

/** Asks the engine, and for at most `waitMs` again while it says that the model is loading. Throws Fault. */
export async function segmentOnceLoaded(
  segment: (request: SegmentRequest) => Promise<SegmentResult>,
  request: SegmentRequest,
  waitMs: number,
): Promise<SegmentResult> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      return await segment(request);
    } catch (error) {
      if (!(error instanceof Fault) || !isLoading(error) || performance.now() >= until) throw error;
    }
    await sleep(lookMs, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {
      throw new Fault('cancelled', 'The caller left before the model was loaded.');
    });
  }
}
