import { type ChainSpec, noTensors } from '../../domain/chainSpec.ts';
import { Fault } from '../../domain/fault.ts';
import type { Opened } from '../opened.ts';
import type { Job, Outcome } from '../work.ts';
import { runChain } from './runChain.ts';

/** A chain over packages that are open already and stay open for as long as it is. It owns no session. */
export function openChain(spec: ChainSpec, parts: ReadonlyMap<string, Opened>): Opened {
  const models = spec.parts.map(({ ref }) => partOf(spec, parts, ref));
  const segment: Opened['segment'] = async (jobs, settle) => {
    await Promise.all(jobs.map(async (job, index) => settle(index, await outcomeOf(spec, parts, job))));
  };
  return {
    spec,
    provider: models[0]!.provider,
    fused: models.every(({ fused }) => fused),
    note: models.map((model) => `${model.spec.ref} (${model.provider}): ${model.note}`).join('; '),
    signature: { inputs: [], outputs: [] },
    tensors: { session: () => Promise.reject(noTensors(spec.ref)) },
    segment,
    warmUp: () => warmedUp(spec, segment),
    close: async () => {},
  };
}

async function outcomeOf(spec: ChainSpec, parts: ReadonlyMap<string, Opened>, job: Job): Promise<Outcome> {
  try {
    return { result: await runChain(spec, (ref) => partOf(spec, parts, ref), job) };
  } catch (error) {
    return { fault: Fault.from(error) };
  }
}

function partOf({ ref }: ChainSpec, parts: ReadonlyMap<string, Opened>, part: string): Opened {
  const found = parts.get(part);
  if (found) return found;
  throw new Fault('model_not_ready', `${part}, which ${ref} needs, is not loaded.`);
}

/** A grey picture through all stages. Where nothing is found on it, crops are not tried: their models have warmed up themselves. */
async function warmedUp(spec: ChainSpec, segment: Opened['segment']): Promise<void> {
  const [width, height] = [320, 240];
  const header = { format: 'png', storedWidth: width, storedHeight: height, orientation: 1, width, height } as const;
  const image = new Uint8Array(width * height * 3).fill(128);
  const { threshold } = spec.look.manifest.output;
  const job: Job = { image, header: { ...header, raw: 3 }, answers: [], threshold, take: () => {} };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await segment([job], (_, outcome) => ('fault' in outcome ? reject(outcome.fault) : resolve()));
  await promise;
}
