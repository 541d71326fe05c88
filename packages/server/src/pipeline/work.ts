import type { BackgroundFit, Timings } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Placement, Size } from '../domain/geometry.ts';
import { type EncodedPicture, type ImageHeader, type Pixels, wholeHeader, wholeSizeOf } from '../domain/image.ts';
import type { PromptPlan } from '../domain/promptPlan.ts';
import type { AnswerPlan, Extras, MaskPlan, SegmentResult } from '../domain/request.ts';
import { decodeBackdrop } from './decode/decodeBackdrop.ts';
import { decodeFull, decodeToInput } from './decode.ts';
import { needs } from './encode.ts';
import type { OpenModel } from './openModel.ts';
import type { Scene } from './scene.ts';
import { type SeveralRuns, severalRuns } from './tiled/severalRuns.ts';
import { readTrimap, type Trimap } from './trimapInput/readTrimap.ts';

export interface Job {
  readonly image: Uint8Array;
  readonly header: ImageHeader;
  readonly answers: readonly AnswerPlan[];
  /** Matting models: opacity from which a pixel is foreground in class maps, 0…1. */
  readonly threshold: number;
  /** How the mask is made; as the model gives it when absent. */
  readonly mask?: MaskPlan;
  readonly extras?: Extras<EncodedPicture>;
  /** Promptable models. */
  readonly prompts?: PromptPlan;
  /** Aborted when the caller leaves; with a Fault as its reason, that is the job's fault, otherwise `cancelled`. */
  readonly signal?: AbortSignal;
  /** The photo at the size of the header, where somebody has it decoded or shares it; decoded here when absent. */
  readonly photo?: () => Promise<Pixels>;
  /** The scene must hold how sure the model is of each pixel, whether an answer needs it or not. */
  readonly scored?: true;
  /** Takes the scene in place of answers: none is encoded, and `answers` only say what the scene must hold for them. */
  readonly take?: (scene: Scene) => void;
}

export type Outcome = { readonly result: Omit<SegmentResult, 'model'> } | { readonly fault: Fault };

/** What a job has to know of its model. */
type WorkModel = Pick<OpenModel, 'spec' | 'placement'>;

/** One job on its way through the stages: what it has so far, and what it has cost. */
export class Work {
  readonly job: Job;
  readonly placement: Placement;
  /** How the answer comes from several runs; undefined: one run gives it. */
  readonly runs: SeveralRuns | undefined;
  readonly scoreWanted: boolean;
  /** The scores of all classes, from a graph that gives them. */
  readonly scoresWanted: boolean;
  readonly photoWanted: boolean;
  readonly timings: { -readonly [stage in keyof Timings]: number } = {
    queue: 0,
    decode: 0,
    preprocess: 0,
    infer: 0,
    postprocess: 0,
    encode: 0,
  };
  readonly #model: WorkModel;
  readonly #settle: (outcome: Outcome) => void;
  #target: Size | undefined;
  #photo: Promise<Pixels> | undefined;
  #trimap: Trimap | undefined;
  readonly #backdrops = new Map<BackgroundFit, Promise<Pixels>>();
  #settled = false;

  constructor(model: WorkModel, job: Job, settle: (outcome: Outcome) => void) {
    this.job = job;
    this.runs = severalRuns(model.spec, job.header, job.mask);
    this.placement = this.runs?.tiling ? wholePlacement(job.header) : model.placement(job.header);
    this.scoreWanted = job.scored === true || job.answers.some(({ kind }) => needs[kind].score);
    const isSemantic = model.spec.manifest.task === 'semantic'; // a matting model's scores are its alpha
    this.scoresWanted = isSemantic && job.answers.some(({ kind }) => needs[kind].scores);
    this.photoWanted = job.mask?.refine === 'guided' || job.answers.some(({ kind }) => needs[kind].photo);
    this.#target = targetOf(job);
    this.#model = model;
    this.#settle = settle;
  }

  /** Pixels for the model. Answers that show the photo have it decoded meanwhile, while others decode and infer. */
  async decode(): Promise<Uint8Array> {
    const { image, header, extras } = this.job;
    const started = performance.now();
    const input = await decodeToInput(image, header, this.placement, this.#model.spec.manifest.input);
    this.#trimap = extras?.trimap && (await readTrimap(extras.trimap));
    this.timings.decode += performance.now() - started;
    if (this.photoWanted && this.#target) this.photo().catch(() => undefined); // whoever awaits it hears of its failure
    return input;
  }

  /** The trimap that came with the picture; known as soon as that is decoded. */
  get trimap(): Trimap | undefined {
    return this.#trimap;
  }

  /** What the answers are made at. Where that is the network's own output, nobody knows before it has run. */
  target(ofNetwork: () => Size): Size {
    this.#target ??= ofNetwork();
    return this.#target;
  }

  /** The photo at the answers' size, which must be known by then; decoded at most once. */
  readonly photo = (): Promise<Pixels> => {
    const { header, mask } = this.job;
    this.#photo ??= this.job.photo
      ? this.job.photo()
      : decodeFull(this.job.image, mask?.inPlace ? wholeHeader(header) : header, this.#target);
    return this.#photo;
  };

  /** The background picture that came with the request, behind the whole of every answer; decoded once for each fit. */
  readonly backdrop = (fit: BackgroundFit): Promise<Pixels> => {
    const { background } = this.job.extras ?? {};
    if (!background || !this.#target) throw new Fault('internal', 'Internal error: no background picture.');
    const known = this.#backdrops.get(fit) ?? decodeBackdrop(background, this.#target, fit);
    this.#backdrops.set(fit, known);
    return known;
  };

  /**
   * Runs one stage. A stage does not begin once the caller has left, and what it throws ends this job and no
   * other: then the job is settled and the answer is undefined.
   */
  async stage<Made>(run: () => Promise<Made> | Made): Promise<Made | undefined> {
    if (this.#settled) return undefined;
    try {
      throwIfLeft(this.job);
      return await run();
    } catch (error) {
      this.settle({ fault: Fault.from(error) });
      return undefined;
    }
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(outcome);
  }
}

/** Throws why nobody waits for the job any more. */
export function throwIfLeft({ signal }: Job): void {
  if (signal?.aborted) throw leftFault(signal.reason);
}

/** Tiles give their answer at the picture's own size. */
function wholePlacement({ width, height }: Size): Placement {
  return { input: { width, height }, region: { x: 0, y: 0, width, height } };
}

function targetOf({ header, mask }: Job): Size | undefined {
  const size = mask?.size ?? (mask?.inPlace ? wholeSizeOf(header) : header);
  return size === 'model' ? undefined : { width: size.width, height: size.height };
}

function leftFault(reason: unknown): Fault {
  return reason instanceof Fault ? reason : new Fault('cancelled', 'The caller left before the answer was ready.');
}
