/** Sides in pixels of the model's input; they may be fractions and lie outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Numbers of a mask, row by row, spread evenly over `area`. */
export interface MaskPlane {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly area: Box;
}

/** How a thing's mask is known. */
export type MaskShape =
  /** A map that lies over the input; made when it is needed. `crop`: what is outside the box does not count. */
  | { readonly kind: 'plane'; readonly plane: () => MaskPlane; readonly crop: boolean }
  /** Probabilities to be stretched over the box, as Mask R-CNN gives them. */
  | { readonly kind: 'pasted'; readonly data: Float32Array; readonly width: number; readonly height: number }
  /** A polygon: x, y, x, y … in pixels of the input, counted from pixel sides. */
  | { readonly kind: 'outline'; readonly points: Float64Array };

/** One thing, before its mask is brought to the picture. */
export interface Found {
  /** Index into the labels. */
  readonly class: number;
  /** 0…1 */
  readonly score: number;
  readonly box: Box;
  readonly shape: MaskShape;
}

export interface FindOptions {
  readonly scoreThreshold: number;
  readonly maxInstances: number;
  /** Probability above which a pixel belongs to its instance. */
  readonly threshold: number;
}

/** The things in one picture, highest score first; decided when a request's options are known. */
export type FindInstances = (options: FindOptions) => readonly Found[];
