import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { SegmentResult } from '../../domain/request.ts';
import type { Endpoint } from './endpoints.ts';
import type { Profile } from './settings.ts';
import { speeches } from './speech.ts';

export interface RunFacts {
  readonly engine: Engine;
  readonly profile: Profile;
  /** 0: as long as the engine allows at all; undefined: the engine's default. */
  readonly runTimeoutMs: number | undefined;
}

export interface RunInput {
  readonly image: Uint8Array;
  /** For the log, ours and not the caller's. */
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface RunOutput {
  /** JSON text. */
  readonly data: string;
  readonly result: SegmentResult;
}

/** One picture through one address's model. Rejects with a Fault. */
export async function run(endpoint: Endpoint, facts: RunFacts, input: RunInput): Promise<RunOutput> {
  if (input.image.length === 0) throw new Fault('empty_image', 'Expected base64 of a picture but received none.');
  const speech = speeches[facts.profile][endpoint.task];
  const model = endpoint.modelIn(facts.engine);
  const answers = speech.answers();
  if (answers.length === 0) throw new Fault('unknown_model', `Models for ${endpoint.task} are not served here.`);
  const deadlineMs = facts.runTimeoutMs === 0 ? Number.MAX_SAFE_INTEGER : facts.runTimeoutMs;
  const result = await facts.engine.segment({
    model,
    ...input,
    answers,
    ...(endpoint.size === undefined ? {} : { size: endpoint.size }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  return { data: speech.data(result.answers), result };
}
