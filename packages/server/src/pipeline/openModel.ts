import type { ExecutionProvider } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { type Placement, place, type Size } from '../domain/geometry.ts';
import type { Limits } from '../domain/limits.ts';
import type { GraphVariant, PictureSpec, PreparedGraph } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import { infer } from './infer.ts';
import type { EmbeddingCache } from './promptable/embeddingCache.ts';
import { openSession, type Session } from './session.ts';
import { trimapBytes } from './trimapInput/readTrimap.ts';

export interface OpenModelOptions {
  /** Cores that one inference may use. */
  readonly threads: number;
  /** The bounds that headers are checked by; a session needs none of them. */
  readonly limits: Limits;
  /** Promptable models: what a worker keeps of pictures; one of its own for each model when absent. */
  readonly embeddings?: EmbeddingCache;
}

export type PrepareGraph = (variant: GraphVariant) => Promise<PreparedGraph>;

/**
 * A model ready to answer. Holds one session; another one from the first request for statistics on, and, where the graph
 * was fused, one of the exported graph from the first request with raw tensors on.
 */
export class OpenModel {
  readonly spec: PictureSpec;
  /** The execution provider that the model really got. */
  readonly provider: ExecutionProvider;
  /** Whether pre- and post-processing run inside the graph. */
  readonly fused: boolean;
  /** What was fused or why not, and why preferred providers were passed over. */
  readonly note: string;
  /** Of the graph as it was exported. */
  readonly signature: ModelSignature;
  /** The bounds that jobs are answered by. */
  readonly limits: Limits;
  readonly #answer: Session;
  readonly #open: (variant: GraphVariant) => Promise<Session>;
  /** Sessions that were opened when they were first asked for, or are being opened. */
  readonly #later = new Map<GraphVariant, Promise<Session>>();
  #closed = false;

  constructor(spec: PictureSpec, answer: Session, open: (variant: GraphVariant) => Promise<Session>, limits: Limits) {
    this.spec = spec;
    this.limits = limits;
    this.provider = answer.provider;
    this.fused = answer.graph.form !== 'plain';
    this.note = [answer.graph.note, ...answer.passedOver].filter((sentence) => sentence !== '').join('; ');
    this.signature = answer.graph.signature;
    this.#answer = answer;
    this.#open = open;
  }

  /**
   * Whether asking for scores needs the graph that gives them: a plain graph's scores are at hand, opacity is its own
   * score, and labels have none.
   */
  scoreGraphNeeded(wanted: boolean): boolean {
    const { task, output } = this.spec.manifest;
    return wanted && this.fused && task === 'semantic' && output.kind !== 'labels';
  }

  /** Whether the graph compares scores that it has made larger, which a graph that gives them as they are does not. */
  get growsScores(): boolean {
    const { manifest } = this.spec;
    return this.fused && manifest.task === 'semantic' && (manifest.output.upsample ?? 'nearest') !== 'nearest';
  }

  /**
   * Whether pictures of a batch share a run. On a CPU they share nothing but its caches, so each runs as soon as it is
   * decoded, and its answers are encoded while the next one runs.
   */
  get runsTogether(): boolean {
    const { batchSize } = this.#answer.graph;
    if (batchSize !== undefined) return batchSize > 1;
    const { run } = this.spec.manifest.batching;
    return run === 'together' || (run === 'auto' && this.provider !== 'cpu');
  }

  /** Each session is opened once, however many ask at the same time; a failure is tried again by the next one. */
  session(variant: GraphVariant): Promise<Session> | Session {
    // A graph that nothing was fused into is the exported one, and gives its scores.
    const isSame = this.#answer.graph.form === 'plain' && variant !== 'score';
    if (variant === 'answer' || isSame) return this.#answer;
    const known = this.#later.get(variant);
    if (known) return known;
    if (this.#closed) throw new Fault('model_not_ready', 'The model has been closed.');
    const opening = this.#open(variant).catch((error: unknown) => {
      this.#later.delete(variant);
      throw error;
    });
    this.#later.set(variant, opening);
    return opening;
  }

  /** Where a picture lands in the model's input. A graph that resizes takes the whole picture as it is. */
  placement({ width, height }: Size): Placement {
    const { input } = this.spec.manifest;
    if (input.resizeIn === 'graph') return { input: { width, height }, region: { x: 0, y: 0, width, height } };
    return place({ width, height }, input);
  }

  /** What the model is fed with for a picture of this size. */
  inputSize(picture: Size): Size {
    return this.placement(picture).input;
  }

  /** One run on a grey picture: the runtime allocates and chooses its kernels, and a graph that cannot run is found out. */
  async warmUp(): Promise<void> {
    const size = this.inputSize({ width: 640, height: 480 });
    const grey = new Uint8Array(size.width * size.height * 3).fill(128);
    const trimap = new Uint8Array(size.width * size.height).fill(trimapBytes.unknown);
    await infer(this.#answer, this.spec, [grey], size, [trimap]);
  }

  /** Waits for runs in flight, then gives the memory back. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const later = await Promise.all([...this.#later.values()].map((session) => session.catch(() => undefined)));
    await Promise.all([this.#answer, ...later].map((session) => session?.close()));
  }
}

/** Rejects with Fault `model_invalid` when no execution provider can open the graph, and with what `prepare` rejects with. */
export async function openModel(
  spec: PictureSpec,
  prepare: PrepareGraph,
  options: OpenModelOptions,
): Promise<OpenModel> {
  const { providers } = spec.manifest;
  const answer = await openSession(await prepare('answer'), { threads: options.threads, providers });
  const openLater = async (variant: GraphVariant) =>
    openSession(await prepare(variant), { threads: options.threads, providers: [answer.provider] });
  return new OpenModel(spec, answer, openLater, options.limits);
}
