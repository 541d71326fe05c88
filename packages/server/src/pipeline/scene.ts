import type { Size } from '../domain/geometry.ts';
import type { ClassMap, Pixels } from '../domain/image.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
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
  /** The photo; decoded at most once, and only for the answers that show it. */
  readonly photo: () => Promise<Pixels>;
}

export class Scene {
  readonly spec: PictureSpec;
  readonly width: number;
  readonly height: number;
  readonly alpha: Uint8Array | undefined;
  readonly score: Uint8Array | undefined;
  readonly classes: ClassScores | undefined;
  readonly photo: () => Promise<Pixels>;
  readonly #threshold: number;
  #labels: Uint8Array | Uint16Array | undefined;

  constructor(parts: SceneParts) {
    this.spec = parts.spec;
    this.width = parts.width;
    this.height = parts.height;
    this.alpha = parts.alpha;
    this.score = parts.score;
    this.classes = parts.classes;
    this.photo = parts.photo;
    this.#threshold = parts.threshold;
    this.#labels = parts.labels;
  }

  /** The class map; a matting model's is its thresholded alpha, made when first asked for. */
  get labels(): ClassMap {
    this.#labels ??= labelsFromAlpha(this.alpha!, this.#threshold);
    return { data: this.#labels, width: this.width, height: this.height };
  }

  /** The class that is no thing: never painted over, never kept in a cut-out unless named. */
  get background(): number | undefined {
    return this.spec.manifest.task === 'matting' ? 0 : this.spec.manifest.background;
  }
}
