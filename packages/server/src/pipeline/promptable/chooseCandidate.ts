/** A decoder with so many candidates gives SAM's single mask first, and after it those of an ambiguous prompt. */
const samCandidates = 4;

/**
 * Which candidate stands for the prompt. `tokens`: points that the decoder was given, corners and padding counted. With SAM's
 * four, up to two tokens (a lone point and its padding, or a box) say too little for the single mask: the best of the other three;
 * with more it is the first (segment_anything/utils/onnx.py, `select_masks`). Otherwise the highest predicted IoU.
 */
export function bestCandidate(scores: ArrayLike<number>, tokens: number): number {
  const isSam = scores.length === samCandidates;
  if (isSam && tokens > 2) return 0;
  let best = isSam ? 1 : 0;
  for (let index = best + 1; index < scores.length; index++) if (scores[index]! > scores[best]!) best = index;
  return best;
}

/** The candidates of an ambiguous prompt: without SAM's single mask, which repeats one of them (`MaskDecoder.forward`, `multimask_output`). */
export function ambiguousCandidates<Candidate>(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.length === samCandidates ? candidates.slice(1) : candidates;
}
