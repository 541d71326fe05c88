import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';

/** How one picture of several went; in the order of the request. */
export type PictureOutcome = { readonly result: SegmentResult } | { readonly fault: Fault };

/**
 * Each picture as a request of its own, all at once, so that they share batches and each counts against every limit. One bad
 * picture fails alone; where none has an answer, rejects with the first one's fault.
 */
export async function segmentSeveral(
  engine: Engine,
  requests: readonly SegmentRequest[],
  learn: (fault: Fault) => void,
): Promise<readonly PictureOutcome[]> {
  const outcomes = await Promise.all(requests.map((request) => outcomeOf(engine, request)));
  const faults = outcomes.flatMap((outcome) => ('fault' in outcome ? [outcome.fault] : []));
  for (const fault of faults) learn(fault);
  const [first] = faults;
  if (first && faults.length === outcomes.length) throw first;
  return outcomes;
}

async function outcomeOf(engine: Engine, request: SegmentRequest): Promise<PictureOutcome> {
  try {
    return { result: await engine.segment(request) };
  } catch (error) {
    return { fault: Fault.from(error) };
  }
}
