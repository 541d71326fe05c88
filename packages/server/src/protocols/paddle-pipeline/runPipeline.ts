import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { LongText } from '../wire/longText.ts';
import { errorOfFault, PipelineError, replyOfError } from './errorCodes.ts';
import type { Feed, PipelineCaller, PipelineReply, PipelineRequest } from './message.ts';
import { type PlacedOp, requestInput } from './opGraph.ts';
import { runOp } from './runOp.ts';
import type { PaddlePipelineSettings } from './settings.ts';

/** A request that asks for timing says so in this key; the reply tells it under the same one. */
const profileKey = 'pipeline.profile';

/** Answers one request: each operator after the one that it takes its picture from. Never rejects. */
export async function runPipeline(
  engine: Engine,
  ops: readonly PlacedOp[],
  settings: PaddlePipelineSettings,
  request: PipelineRequest,
  caller: PipelineCaller,
): Promise<PipelineReply> {
  const profile: string[] = [];
  try {
    if (request.name !== '' && request.name !== settings.service) {
      throw new PipelineError('NO_SERVICE', 'Failed to inference: Service name error.');
    }
    const feeds = feedsOf(request);
    const wantsProfile = settings.useProfile || (await textOf(feeds.get(profileKey))) === '1';
    feeds.delete(profileKey);
    const pictures = new Map<string, Uint8Array>();
    const keys: string[] = [];
    const values: string[] = [];
    for (const op of ops) {
      const startedAt = performance.now();
      const picture = pictures.get(op.input);
      const given = op.input === requestInput ? { feeds } : { picture: picture! };
      const made = await runOp(engine, op, given, caller).catch((error: unknown) => {
        throw asPipelineError(error, op.name, request.logId);
      });
      profile.push(`${op.name}:${(performance.now() - startedAt).toFixed(3)}ms`);
      if (made.picture) pictures.set(op.name, made.picture);
      if (op.isLast) {
        keys.push(...made.values.map(({ key }) => key));
        values.push(...made.values.map(({ value }) => value));
      }
    }
    if (wantsProfile) {
      keys.push(profileKey);
      values.push(profile.join(' '));
    }
    return { errNo: 0, errMsg: '', keys, values };
  } catch (error) {
    return replyOfError(asPipelineError(error, '@DAGExecutor', request.logId), settings.generation);
  }
}

/** Texts by their keys, then tensors by their names, which come over an equal key. Values without a key are ignored. */
function feedsOf({ keys, values, tensors }: PipelineRequest): Map<string, Feed> {
  if (keys.length > values.length) {
    throw new PipelineError('RPC_PACKAGE_ERROR', 'rpc package error: list index out of range');
  }
  const feeds = new Map<string, Feed>(keys.map((key, index) => [key, values[index]!]));
  for (const { name, feed } of tensors) feeds.set(name, feed);
  return feeds;
}

async function textOf(feed: Feed | undefined): Promise<string | undefined> {
  if (feed instanceof LongText) return undefined;
  return typeof feed === 'string' ? feed : undefined;
}

function asPipelineError(error: unknown, op: string, logId: bigint): PipelineError {
  if (error instanceof PipelineError) return error;
  const fault = error instanceof Fault ? error : faultOfError(error, 'paddle-pipeline');
  return errorOfFault(fault, op, logId);
}
