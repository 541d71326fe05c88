import type { Normalisation } from './affine.ts';
import type { GraphKernel } from './operators.ts';

/** What the model expects of a picture; the manifest's `input`, with the size resolved. */
export interface FusionInput extends Normalisation {
  /** The graph input that takes the picture; may be left out when only one is no initialiser. */
  readonly name?: string;
  /** The fixed size that the manifest gives. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Present: the graph takes pictures of any size and brings them to the model's size itself. */
  readonly resize?: GraphKernel;
}

/** What the model's answer means; the manifest's `output`. */
export interface FusionOutput {
  /** May be left out when the graph has only one. */
  readonly name?: string;
  readonly kind: 'logits' | 'probabilities' | 'labels';
  readonly layout: 'nchw' | 'nhwc';
  /** Channel whose probability is the opacity. */
  readonly foreground: number;
  /** One channel: probability from which a pixel is labelled 1. Not used with more channels, where the largest wins. */
  readonly threshold: number;
  /** Present: scores grow to the model input's size before they are compared or rounded. */
  readonly resize?: GraphKernel;
}

export const fusedOutputs = ['labels', 'alpha', 'score', 'nan'] as const;

export type FusedOutput = (typeof fusedOutputs)[number];

export interface FusionSpec {
  readonly input: FusionInput;
  readonly output: FusionOutput;
  /** Answers to give; none: the model's own outputs stay as they are and only the front is fused. */
  readonly want: { readonly [output in FusedOutput]?: boolean };
  /** Number of class names, where there are any. */
  readonly classes?: number;
  /**
   * true: a batch that the file fixes to 1 becomes free where every operator is known to keep pictures apart. Worth it where batches
   * are faster; on a CPU they are not (per picture, 4 at once cost 5 to 15 % more than one by one), and a fixed batch lets the
   * runtime compute shapes once.
   */
  readonly freeBatch?: boolean;
}

export interface FusionResult {
  readonly model: Uint8Array;
  /** uint8 [N,H,W,3] in the order R, G, B; a side is a number where the model fixes it, otherwise a symbol. */
  readonly input: { readonly name: 'image'; readonly type: 'uint8'; readonly dims: readonly (number | string)[] };
  readonly outputs: FusedOutput[];
  readonly labelsType: 'uint8' | 'uint16';
  readonly opset: number;
  /** The operators put in front and behind, in order. */
  readonly fusedFront: string[];
  readonly fusedBack: string[];
  /** What a person should know: what was left, renamed or dropped, and why. */
  readonly notes: string[];
}
