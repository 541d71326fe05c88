import { type BackgroundFit, instancesMax, type StageTiming, type Timings } from '@segserve/contract';
import type { ChainForeground, ChainSpec, ChainStage, ChainStageOf, SeeingStage } from '../../domain/chainSpec.ts';
import type { EncodedPicture, Pixels } from '../../domain/image.ts';
import type { Extras, MaskPlan } from '../../domain/request.ts';
import { decodeBackdrop } from '../decode/decodeBackdrop.ts';
import { decodeFull } from '../decode.ts';
import type { Opened } from '../opened.ts';
import { foregroundAlpha } from '../postprocess/foreground.ts';
import { trimapOf } from '../postprocess/trimap.ts';
import type { Scene } from '../scene.ts';
import type { Job } from '../work.ts';
import { rawPicture } from './rawPicture.ts';
import { scenesOf } from './scenesOf.ts';

/** What a stage has made of the picture. */
export interface StageMade {
  readonly scene: Scene;
  /** Pictures that its model saw. */
  readonly runs: number;
}

type PartJob = Pick<Job, 'image' | 'header' | 'photo' | 'prompts'>;
/** A stage in which a package runs. */
type RunningStage = SeeingStage | ChainStageOf<'prompts'>;

/** One picture on its way through a chain: what the stages have found so far, and what each has cost. */
export class ChainRun {
  readonly job: Job;
  readonly stages: StageTiming[] = [];
  readonly timings: { -readonly [stage in keyof Timings]: number } = {
    queue: 0,
    decode: 0,
    preprocess: 0,
    infer: 0,
    postprocess: 0,
    encode: 0,
  };
  readonly #spec: ChainSpec;
  readonly #part: (ref: string) => Opened;
  readonly #scenes = new Map<string, Scene>();
  readonly #trimaps = new Map<string, EncodedPicture>();
  #photo: Promise<Pixels> | undefined;

  constructor(spec: ChainSpec, part: (ref: string) => Opened, job: Job) {
    this.#spec = spec;
    this.#part = part;
    this.job = job;
  }

  /** Runs a stage and keeps what it has made. */
  async timed({ stage: { name } }: ChainStage, run: () => Promise<StageMade>): Promise<void> {
    const begun = performance.now();
    const { scene, runs } = await run();
    this.#scenes.set(name, scene);
    this.stages.push({ name, ms: performance.now() - begun, runs });
  }

  /** What an earlier stage has found; the stages stand in such an order that it has. */
  scene(name: string): Scene {
    return this.#scenes.get(name)!;
  }

  /** The answered stage's, as the chain's own. */
  answer(): Scene {
    const scene = this.scene(this.#spec.manifest.answer!);
    const { background } = this.job.extras ?? {};
    const backdrop = background && ((fit: BackgroundFit) => decodeBackdrop(background, scene, fit));
    return scene.with({ spec: this.#spec.look, photo: this.photo, backdrop });
  }

  /** That of the stage, or the request's where it is answered. */
  thresholdOf(one: ChainStage): number {
    return this.#isAnswer(one) ? this.job.threshold : one.threshold;
  }

  /** How many instances a request wants of the answered stage at most. */
  instancesMost(one: ChainStage): number {
    return (this.#isAnswer(one) ? this.job.mask?.maxInstances : undefined) ?? instancesMax;
  }

  /** The picture in full, decoded at most once. */
  readonly photo = (): Promise<Pixels> => {
    this.#photo ??= this.#decoded();
    return this.#photo;
  };

  /**
   * What a package makes of pictures, a scene for each, with the words of the stage. Of the stage that is answered the
   * request's own words count, and its scenes hold what its answers need.
   */
  async scenesOf(ref: string, one: RunningStage, pictures: readonly PartJob[]): Promise<Scene[]> {
    const { job } = this;
    const asked = this.#isAnswer(one);
    const jobs = pictures.map((picture) => ({
      ...picture,
      answers: asked && picture.header === job.header ? job.answers : [],
      threshold: this.thresholdOf(one),
      mask: this.#maskOf(one),
      extras: this.#extrasOf(one),
      ...(job.signal ? { signal: job.signal } : {}),
      ...(this.#isFused(one) ? { scored: true as const } : {}),
    }));
    const { scenes, timings } = await scenesOf(this.#part(ref), jobs);
    for (const spent of timings) this.#add(spent);
    return scenes;
  }

  /** Adds what is neither a part's nor an encoder's time. */
  postprocess<Made>(run: () => Made): Made {
    const begun = performance.now();
    const made = run();
    this.timings.postprocess += performance.now() - begun;
    return made;
  }

  #isAnswer({ stage }: ChainStage): boolean {
    return stage.name === this.#spec.manifest.answer;
  }

  /** Whether stuff is made of it, whose score is the mean of its pixels'. */
  #isFused({ stage: { name } }: ChainStage): boolean {
    return this.#spec.stages.some(({ stage }) => stage.kind === 'panoptic' && stage.semantic === name);
  }

  #maskOf(one: RunningStage): MaskPlan {
    if (one.stage.kind === 'prompts') return { refine: 'none' };
    const { stage } = one;
    const { mask } = this.job;
    const asked = this.#isAnswer(one) ? mask : undefined;
    const scoreThreshold = asked?.scoreThreshold ?? stage.scoreThreshold;
    const maxInstances = asked?.maxInstances ?? stage.maxInstances;
    return {
      refine: stage.refine,
      ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      ...(maxInstances === undefined ? {} : { maxInstances }),
    };
  }

  #extrasOf(one: RunningStage): Extras<EncodedPicture> {
    const trimap = 'trimap' in one ? one.trimap : undefined;
    if (!trimap) return {};
    const key = JSON.stringify(trimap);
    const known = this.#trimaps.get(key) ?? this.postprocess(() => this.#trimapOf(trimap));
    this.#trimaps.set(key, known);
    return { trimap: known };
  }

  #trimapOf({ of, classes, band }: ChainForeground & { readonly band: number }): EncodedPicture {
    const scene = this.scene(of);
    const { width, height } = scene;
    const pixels = Math.round(band * Math.max(width, height));
    const data = trimapOf(foregroundAlpha(scene, classes), scene, pixels);
    return rawPicture({ data, width, height, channels: 1 }, this.job.header.format);
  }

  async #decoded(): Promise<Pixels> {
    const { image, header } = this.job;
    const begun = performance.now();
    const pixels = await decodeFull(image, header);
    this.timings.decode += performance.now() - begun;
    return pixels;
  }

  #add(spent: Timings): void {
    for (const [stage, ms] of Object.entries(spent) as [keyof Timings, number][]) this.timings[stage] += ms;
  }
}
