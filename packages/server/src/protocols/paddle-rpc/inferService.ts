import type { Engine } from '../../domain/engineDoor.ts';
import type { Tensor, TensorResult } from '../../domain/tensor.ts';
import { engineFailureOf, operatorFailure } from '../wire/brpc/brpcFailure.ts';
import type { BrpcCall, BrpcService } from '../wire/brpc/service.ts';
import { outputFormOf } from './elemTypes.ts';
import type { InferMessage } from './inferMessage.ts';
import type { InferReply, ReplyTensor } from './inferReply.ts';
import { readJson } from './readJson.ts';
import { readProtobuf } from './readProtobuf.ts';
import { type PaddleRpcSettings, paddleRpcDefaults } from './settings.ts';
import { inputsOf } from './tensorRequest.ts';
import { fetched, type Variable, variablesOf } from './variables.ts';
import { writeJson } from './writeJson.ts';
import { writeProtobuf } from './writeProtobuf.ts';

const packageName = 'baidu.paddle_serving.predictor.general_model';

/** `GeneralModelService`: tensors in, tensors out; `debug` is the same as `inference`. */
export function inferService(engine: Engine, settings: PaddleRpcSettings): BrpcService {
  const [[engineName, model] = ['', '']] = Object.entries(settings.models ?? paddleRpcDefaults.models);
  const { generation = 'auto', bodyBytesMax = paddleRpcDefaults.bodyBytesMax } = settings;
  return {
    name: 'GeneralModelService',
    package: packageName,
    methods: ['inference', 'debug'],
    requestType: `${packageName}.Request`,
    needsBody: false,
    compresses: true,
    bytesMax: bodyBytesMax,
    async answer(call) {
      const stamps = new Stamps();
      const message = await read(call, generation);
      const variables = variablesOf(settings, () => engine.signature(model));
      const inputs = await inputsOf(message, variables);
      const wanted = fetched(message.fetch, variables);
      stamps.next();
      const result = await infer(engine, model, inputs, wanted, call);
      stamps.next();
      const tensors = tensorsOf(result, wanted);
      const reply = { generation: message.generation, engineName, tensors, profileTimes: stamps.end(message.profile) };
      return write(call, reply);
    },
  };
}

/** An empty body is an empty message in either encoding. */
async function read({ form, body }: BrpcCall, generation: PaddleRpcSettings['generation']): Promise<InferMessage> {
  if (form === 'protobuf' || body.length === 0) return readProtobuf(body, generation ?? 'auto');
  return readJson(body, generation ?? 'auto');
}

function write({ form }: BrpcCall, reply: InferReply): Promise<Buffer> {
  return form === 'protobuf' ? writeProtobuf(reply) : writeJson(reply);
}

async function infer(
  engine: Engine,
  model: string,
  inputs: readonly Tensor[],
  wanted: readonly Variable[],
  { signal, requestId, deadlineMs }: BrpcCall,
): Promise<TensorResult> {
  try {
    return await engine.infer({
      model,
      inputs,
      outputs: [...new Set(wanted.map(({ name }) => name))],
      signal,
      requestId,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
  } catch (error) {
    throw engineFailureOf(error);
  }
}

function tensorsOf({ outputs }: TensorResult, wanted: readonly Variable[]): ReplyTensor[] {
  const byName = new Map(outputs.map((tensor) => [tensor.name, tensor]));
  return wanted.map(({ name, alias }) => {
    const tensor = byName.get(name);
    if (tensor === undefined) throw operatorFailure(`Expected the output "${name}" but the model gave none.`);
    const form = outputFormOf(tensor.type);
    if (form !== undefined) return { alias, tensor, form };
    throw operatorFailure(`Output "${name}" is of ${tensor.type}, which these messages have no type for.`);
  });
}

/** When each operator began and ended. The original's reader, inference and response operators, then the whole call. */
class Stamps {
  readonly #begin = microseconds();
  readonly #ops: number[] = [];
  #last = this.#begin;

  /** The operator under way has ended, and the next one begins. */
  next(): void {
    const now = microseconds();
    this.#ops.push(this.#last, now);
    this.#last = now;
  }

  /** Those of the whole call; of the operators too where the caller wants a profile. */
  end(profile: boolean): number[] {
    this.next();
    return profile ? [...this.#ops, this.#begin, this.#last] : [this.#begin, this.#last];
  }
}

function microseconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}
