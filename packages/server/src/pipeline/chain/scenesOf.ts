import type { Timings } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { Opened } from '../opened.ts';
import type { Scene } from '../scene.ts';
import type { Job } from '../work.ts';

/** One of several pictures that went to a package together failed: which. */
export class PictureFailed extends Error {
  readonly index: number;
  readonly fault: Fault;

  constructor(index: number, fault: Fault) {
    super(fault.message);
    this.index = index;
    this.fault = fault;
  }
}

/** What a package makes of pictures before anything is encoded. Rejects with PictureFailed of the first that fails. */
export async function scenesOf(
  part: Opened,
  jobs: readonly Omit<Job, 'take'>[],
): Promise<{ readonly scenes: Scene[]; readonly timings: readonly Timings[] }> {
  const scenes: Scene[] = [];
  const timings: Timings[] = [];
  const faults = new Map<number, Fault>();
  const taking = jobs.map((job, index): Job => ({ ...job, take: (scene) => (scenes[index] = scene) }));
  await part.segment(taking, (index, outcome) => {
    if ('fault' in outcome) faults.set(index, outcome.fault);
    else timings.push(outcome.result.timings);
  });
  for (const index of jobs.keys()) {
    const fault = faults.get(index) ?? (scenes[index] ? undefined : noScene(part));
    if (fault) throw new PictureFailed(index, fault);
  }
  return { scenes, timings };
}

function noScene({ spec }: Opened): Fault {
  return new Fault('internal', `${spec.ref} answered a stage of a chain without a scene.`);
}
