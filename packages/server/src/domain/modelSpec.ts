import { type AnswerKind, answerKinds, type Manifest } from '@segserve/contract';

/** A model package after checking: its manifest, where its graph lies, and its labels and palette in full. */
export interface ModelSpec {
  /** `name:version` */
  readonly ref: string;
  readonly manifest: Manifest;
  /** Absolute path of the package folder. */
  readonly folder: string;
  /** Class names by index. Matting models: background, foreground. */
  readonly labels: readonly string[];
  /** Class colours, R, G, B for each label. */
  readonly palette: Uint8Array;
}

/** The graph that a session is made from, and what stands around it. */
export interface PreparedGraph {
  readonly bytes: Uint8Array;
  /** `fused`: uint8 pixels in, final labels, alpha and score out. `plain`: the model's own tensors. */
  readonly form: 'fused' | 'plain';
  readonly inputName: string;
  /** Names of what it gives, in order. `fused`: labels, alpha, score. `plain`: the score tensor. */
  readonly outputNames: readonly string[];
  /** Pictures per run: a number where the graph fixes it, undefined where it is free. */
  readonly batchSize: number | undefined;
  /** What was fused, or why not, in a sentence. */
  readonly note: string;
}

/**
 * `answer`: labels or alpha alone. `score`: with the winning class's probability beside it, for statistics; made only
 * when first asked for, since it costs a pass over all scores.
 */
export type GraphVariant = 'answer' | 'score';

/** Every model can give every answer: a matting model's class map is its thresholded alpha. */
export function answersOf(_spec: ModelSpec): readonly AnswerKind[] {
  return answerKinds;
}
