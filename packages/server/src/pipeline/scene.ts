import type { BackgroundFit } from '@segserve/contract';
import type { Size } from '../domain/geometry.ts';
import type { ClassMap, Pixels } from '../domain/image.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import type { Instance } from './instances/instance.ts';
import { painted } from './instances/painted.ts';
import type { Scores } from './postprocess/scores.ts';
import { labelsFromAlpha } from './postprocess/threshold.ts';
import type { ClassScores } from './readFused.ts';

/** What is known of one picture after inference, at the picture's own upright size. Encoders read it and change nothing. */
export interface SceneParts extends Size {
  readonly spec: PictureSpec;
  /** Opacity from which a matting model's pixel is foreground, 0…1. */
  readonly threshold: number;
  /** Semantic models. */
  readonly labels: Uint8Array | Uint16Array | undefined;
  /** Matting models. */
  readonly alpha: Uint8Array | undefined;
  /** The winner's probability, 0…255, where an answer needs it and the model gives it. */
  readonly score: Uint8Array | undefined;
  /** Classification models: a probability for each class; they have none of the above. */
  readonly classes?: ClassScores | undefined;
  /** Instance models: what is there, highest score first; they have none of the above. */
  readonly instances?: readonly Instance[] | undefined;
  /** Semantic models, where an answer needs them: the probabilities of all classes. */
  readonly scores?: Scores | undefined;
  /** The photo; decoded at most once, and only for the answers that show it. */
  readonly photo: () => Promise<Pixels>;
  /** The request's own background picture, as large as the scene. */
  readonly backdrop?: ((fit: BackgroundFit) => Promise<Pixels>) | undefined;
}

export class Scene {
  readonly spec: PictureSpec;
  readonly width: number;
  readonly height: number;
  readonly alpha: Uint8Array | undefined;
  readonly classes: ClassScores | undefined;
  readonly instances: readonly Instance[] | undefined;
  readonly scores: Scores | undefined;
  readonly photo: () => Promise<Pixels>;
  readonly backdrop: SceneParts['backdrop'];
  readonly threshold: number;
  #labels: Uint8Array | Uint16Array | undefined;
  #score: Uint8Array | undefined;

  constructor(parts: SceneParts) {
    this.spec = parts.spec;
    this.width = parts.width;
    this.height = parts.height;
    this.alpha = parts.alpha;
    this.#score = parts.score;
    this.classes = parts.classes;
    this.instances = parts.instances;
    this.scores = parts.scores;
    this.photo = parts.photo;
    this.backdrop = parts.backdrop;
    this.threshold = parts.threshold;
    this.#labels = parts.labels;
  }

  /**
   * The class map; made when first asked for where the model gives none. A matting model's is its thresholded alpha, an
   * instance model's shows the highest score on top.
   */
  get labels(): ClassMap {
    this.#labels ??= this.instances ? this.#classesOf(this.instances) : labelsFromAlpha(this.alpha!, this.threshold);
    return { data: this.#labels, width: this.width, height: this.height };
  }

  /** How sure the model is of each pixel's class, 0…255; of an instance model that of the instance on top. */
  get score(): Uint8Array | undefined {
    if (this.instances)
      this.#score ??= painted(this, this.instances, ({ score }) => Math.round(score * 255), 0, 255) as Uint8Array;
    return this.#score;
  }

  #classesOf(instances: readonly Instance[]): Uint8Array | Uint16Array {
    return painted(this, instances, (instance) => instance.class, this.background ?? 0, this.spec.labels.length - 1);
  }

  /** The same picture with another mask. What was made of the old mask is made anew. */
  with(changes: Partial<Pick<SceneParts, 'spec' | 'labels' | 'alpha' | 'instances' | 'photo' | 'backdrop'>>): Scene {
    const { spec, width, height, threshold, alpha, classes, instances, scores, photo, backdrop } = this;
    const labels = alpha || instances ? undefined : this.#labels;
    const score = instances ? undefined : this.#score;
    return new Scene({
      spec,
      width,
      height,
      threshold,
      labels,
      alpha,
      score,
      classes,
      instances,
      scores,
      photo,
      backdrop,
      ...changes,
    });
  }

  /** The class that is no thing: never painted over, never kept in a cut-out unless named. */
  get background(): number | undefined {
    return this.spec.manifest.task === 'matting' ? 0 : this.spec.manifest.background;
  }
}
