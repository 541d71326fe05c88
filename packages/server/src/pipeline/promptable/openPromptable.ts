import type { ExecutionProvider } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';
import { type Placement, place, type Size } from '../../domain/geometry.ts';
import type { PictureSpec, PromptableSpec } from '../../domain/modelSpec.ts';
import { lookAlikeOf } from '../../domain/promptableLookAlike.ts';
import type { ModelSignature } from '../../domain/tensor.ts';
import { imageTensor } from '../infer.ts';
import type { OpenModelOptions, PrepareGraph } from '../openModel.ts';
import { openSession, type Session } from '../session.ts';
import { tokensOf } from './coordinates.ts';
import { type Candidate, type DecoderCall, decodePrompts } from './decodePrompts.ts';
import { type DecoderRoles, decoderRoles } from './decoderRoles.ts';
import { type Embedding, EmbeddingCache } from './embeddingCache.ts';
import { embeddingSources } from './embeddingSources.ts';

/** Things that share a run where the graph leaves their number free: masks of each are held at once. */
const thingsPerRunMax = 16;

interface Graphs {
  /** Undefined: one graph takes the picture and the prompts. */
  readonly encoder: Session | undefined;
  readonly decoder: Session;
  readonly exported: () => Promise<Session>;
}

/** A promptable model ready to answer: encoder, decoder, and the embeddings that its worker keeps. */
export class OpenPromptable {
  readonly spec: PromptableSpec;
  /** As the rest of the pipeline sees it: a matting model. */
  readonly lookAlike: PictureSpec;
  readonly provider: ExecutionProvider;
  readonly fused: boolean;
  readonly signature: ModelSignature;
  readonly roles: DecoderRoles;
  readonly embeddings: EmbeddingCache;
  readonly #graphs: Graphs;
  /** Decoder input: encoder output. */
  readonly #sources: ReadonlyMap<string, string>;
  #notes: readonly string[];
  #thingsPerRun: number;
  #exported: Promise<Session> | undefined;

  constructor(spec: PromptableSpec, graphs: Graphs, embeddings: EmbeddingCache) {
    const { encoder, decoder } = graphs;
    const main = encoder ?? decoder;
    this.spec = spec;
    this.lookAlike = lookAlikeOf(spec);
    this.provider = main.provider;
    this.fused = main.graph.form !== 'plain';
    this.signature = main.graph.signature;
    this.roles = decoderRoles(spec, decoder.graph.signature);
    this.embeddings = embeddings;
    this.#graphs = graphs;
    this.#sources = encoder
      ? embeddingSources(spec, this.roles.embeddings, encoder.graph.signature.outputs)
      : pictureSource(spec, this.roles);
    this.#notes = [main.graph.note, ...main.passedOver].filter((sentence) => sentence !== '');
    this.#thingsPerRun = this.roles.thingsPerRun ?? thingsPerRunMax;
  }

  get note(): string {
    return this.#notes.join('; ');
  }

  /** Things in one run of the decoder. */
  get thingsPerRun(): number {
    return this.#thingsPerRun;
  }

  placement(size: Size): Placement {
    return place(size, this.spec.manifest.input);
  }

  /** The encoder's answer; of one graph for all, the picture as the graph takes it. */
  async encode(pixels: Uint8Array, input: Size): Promise<Embedding> {
    const { encoder, decoder } = this.#graphs;
    const image = imageTensor(this.#pictureSession(encoder ?? decoder), this.lookAlike.manifest, pixels, 1, input);
    const outputs = encoder ? await encoder.run(image) : [image];
    const names = encoder?.graph.outputNames ?? [...this.#sources.values()];
    const tensors = new Map<string, Tensor>();
    for (const [taken, given] of this.#sources) tensors.set(taken, outputs[names.indexOf(given)]!);
    return { tensors, bytes: [...tensors.values()].reduce((sum, { data }) => sum + bytesOf(data), 0) };
  }

  /** One run of the decoder. Rejects with Fault `model_invalid`: what it is fed with is ours. */
  async decode(call: DecoderCall): Promise<Candidate[][]> {
    const run = async (feeds: Readonly<Record<string, Tensor>>, outputs: readonly string[]) => {
      try {
        return await this.#graphs.decoder.runNamed(feeds, outputs);
      } catch (error) {
        const fault = Fault.from(error);
        if (fault.code !== 'invalid_request') throw fault;
        throw new Fault('model_invalid', `The decoder of ${this.spec.ref} failed. ${fault.message}`, { cause: error });
      }
    };
    return decodePrompts({ roles: this.roles, run }, call);
  }

  /** A grey picture and a click on it; then two at once, since not every graph that leaves their number free can do so. */
  async warmUp(): Promise<void> {
    const picture = { width: 640, height: 480 };
    const placement = this.placement(picture);
    const { input } = placement;
    const embedding = await this.encode(new Uint8Array(input.width * input.height * 3).fill(128), input);
    const click = tokensOf({ points: [{ x: 320, y: 240, label: 1 }] }, picture, placement, this.roles.padPoint);
    const things = new Array(this.roles.thingsPerRun ?? 1).fill(click);
    await this.decode({ embedding, input, tokens: things });
    if (this.roles.thingsPerRun !== undefined) return;
    try {
      await this.decode({ embedding, input, tokens: [click, click] });
    } catch (error) {
      this.#thingsPerRun = 1;
      this.#notes = [...this.#notes, `things one by one: ${Fault.from(error).message}`];
    }
  }

  /** Raw tensors are answered by the encoder, as it was exported. */
  session(_: 'exported'): Promise<Session> | Session {
    const { encoder, decoder, exported } = this.#graphs;
    const main = encoder ?? decoder;
    if (main.graph.form === 'plain') return main;
    this.#exported ??= exported().catch((error: unknown) => {
      this.#exported = undefined;
      throw error;
    });
    return this.#exported;
  }

  async close(): Promise<void> {
    this.embeddings.drop(this.spec.ref);
    const exported = await this.#exported?.catch(() => undefined);
    await Promise.all([this.#graphs.encoder, this.#graphs.decoder, exported].map((session) => session?.close()));
  }

  /** Where one graph has several inputs, the picture's is not the session's first. */
  #pictureSession(session: Session): Session {
    if (this.#graphs.encoder) return session;
    const [inputName = ''] = this.#sources.values();
    const inputType = session.graph.signature.inputs.find(({ name }) => name === inputName)?.type ?? 'unknown';
    return { ...session, inputType, graph: { ...session.graph, inputName } };
  }
}

/** Rejects with Fault `model_invalid` when no execution provider opens the graphs, or when they do not fit each other. */
export async function openPromptable(
  spec: PromptableSpec,
  prepare: PrepareGraph,
  options: OpenModelOptions,
): Promise<OpenPromptable> {
  const { threads, limits } = options;
  const { decoder: second, providers } = spec.manifest;
  const main = await openSession(await prepare('answer'), { threads, providers });
  const same = { threads, providers: [main.provider] };
  const opened = [main];
  try {
    const decoder = second ? await openSession(await prepare('decoder'), same) : main;
    opened.push(decoder);
    const graphs = {
      encoder: second ? main : undefined,
      decoder,
      exported: async () => openSession(await prepare('exported'), same),
    };
    return new OpenPromptable(spec, graphs, options.embeddings ?? new EmbeddingCache(limits.embeddingBytesMax));
  } catch (error) {
    await Promise.all(opened.map((session) => session.close()));
    throw error;
  }
}

/** Without an encoder what is left of the inputs must be the picture. */
function pictureSource({ ref, manifest }: PromptableSpec, { embeddings }: DecoderRoles): ReadonlyMap<string, string> {
  const named = embeddings.filter(({ name }) => manifest.input.name === undefined || name === manifest.input.name);
  const [picture] = named;
  if (picture && embeddings.length === 1) return new Map([[picture.name, picture.name]]);
  const found = embeddings.map(({ name }) => name).join(', ') || 'none';
  throw Fault.expected('model_invalid', `one input of ${ref} besides its prompts: the picture`, found);
}

function bytesOf(data: Tensor['data']): number {
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
}
