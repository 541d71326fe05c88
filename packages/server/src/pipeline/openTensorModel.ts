import type { ExecutionProvider } from '@segserve/contract';
import type { Tensor as NativeTensor } from 'onnxruntime-node';
import { Fault } from '../domain/fault.ts';
import type { TensorModelSpec } from '../domain/modelSpec.ts';
import { elementBytes, elementTypes, type ModelSignature, type Tensor, type TensorSpec } from '../domain/tensor.ts';
import type { OpenModelOptions, PrepareGraph } from './openModel.ts';
import { openSession, type Session } from './session.ts';
import { nativeOf } from './tensorRun.ts';

/** A graph that is served as it is: no picture, nothing fused, one session. */
export class OpenTensorModel {
  readonly spec: TensorModelSpec;
  readonly provider: ExecutionProvider;
  readonly fused = false;
  readonly signature: ModelSignature;
  readonly #session: Session;
  readonly #tensorBytesMax: number;
  #notes: readonly string[];

  constructor(spec: TensorModelSpec, session: Session, tensorBytesMax: number) {
    this.spec = spec;
    this.provider = session.provider;
    this.signature = session.graph.signature;
    this.#session = session;
    this.#tensorBytesMax = tensorBytesMax;
    this.#notes = [session.graph.note, ...session.passedOver];
  }

  /** How it is served, why preferred providers were passed over, and what the warm-up could not show. */
  get note(): string {
    return this.#notes.join('; ');
  }

  session(): Session {
    return this.#session;
  }

  /**
   * One run on zeros, with 1 for every side that is free. A graph whose sides are all fixed must run so; of another one a
   * failure says little, since it may need sides of its own, and is noted only.
   */
  async warmUp(): Promise<void> {
    const { inputs, outputs } = this.signature;
    const sizes = inputs.map(zeroBytes);
    if (sizes.some((bytes) => bytes > this.#tensorBytesMax)) {
      return this.#remark(
        `not warmed up: its inputs have more than ${this.#tensorBytesMax} bytes (limits.tensorBytesMax)`,
      );
    }
    const feeds: Record<string, NativeTensor> = {};
    for (const spec of inputs) feeds[spec.name] = nativeOf(zeros(spec));
    try {
      await this.#session.runNamed(
        feeds,
        outputs.map(({ name }) => name),
      );
    } catch (error) {
      const { message } = Fault.from(error);
      const isFree = inputs.some(({ dims, anyRank }) => anyRank || dims.includes(null));
      if (!isFree) throw new Fault('model_invalid', `The model failed on zeros. ${message}`, { cause: error });
      this.#remark(`not warmed up: it has free sides and does not run with 1 for them (${message})`);
    }
  }

  /** Waits for runs in flight, then gives the memory back. Idempotent. */
  close(): Promise<void> {
    return this.#session.close();
  }

  #remark(sentence: string): void {
    this.#notes = [...this.#notes, sentence];
  }
}

/** Rejects with Fault `model_invalid` when no execution provider can open the graph, and with what `prepare` rejects with. */
export async function openTensorModel(
  spec: TensorModelSpec,
  prepare: PrepareGraph,
  { threads, limits }: OpenModelOptions,
): Promise<OpenTensorModel> {
  const graph = await prepare('exported');
  const { inputs, outputs } = graph.signature;
  // The runtime's JavaScript side opens no graph that has such an input or output, whether or not it is asked for.
  const odd = [...inputs, ...outputs].find(({ type }) => !(elementTypes as readonly string[]).includes(type));
  if (odd)
    throw Fault.expected(
      'model_invalid',
      `inputs and outputs of ${elementTypes.join(', ')}`,
      `"${odd.name}" of ${odd.type}`,
    );
  const session = await openSession(graph, { threads, providers: spec.manifest.providers });
  return new OpenTensorModel(spec, session, limits.tensorBytesMax);
}

function sidesOf({ dims }: TensorSpec): number[] {
  return dims.map((side) => side ?? 1);
}

function zeroBytes(spec: TensorSpec): number {
  const size = spec.type === 'string' ? 1 : elementBytes[spec.type as keyof typeof elementBytes];
  return sidesOf(spec).reduce((product, side) => product * side, size);
}

function zeros(spec: TensorSpec): Tensor {
  const frame = { name: spec.name, dims: sidesOf(spec) };
  if (spec.type === 'string') return { ...frame, type: 'string', strings: new Array(zeroBytes(spec)).fill('') };
  return { ...frame, type: spec.type as keyof typeof elementBytes, bytes: new Uint8Array(zeroBytes(spec)) };
}
