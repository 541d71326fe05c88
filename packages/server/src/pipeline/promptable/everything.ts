import type { Size } from '../../domain/geometry.ts';
import type { EverythingPlan, ThingPrompt } from '../../domain/promptPlan.ts';
import type { Box } from '../postprocess/instances/found.ts';
import { bestFirst, suppressed } from '../postprocess/instances/nms.ts';
import { wholeWindow, windowIn } from '../postprocess/labels.ts';
import type { Work } from '../work.ts';
import { ambiguousCandidates } from './chooseCandidate.ts';
import { tokensOf } from './coordinates.ts';
import type { Candidate } from './decodePrompts.ts';
import type { Embedding } from './embeddingCache.ts';
import { type CutPlane, cutPlane, maskFacts, wholePlane } from './maskFacts.ts';
import type { OpenPromptable } from './openPromptable.ts';
import { decodedRuns, type FoundThings } from './shownThings.ts';

/** Defaults where a request names none: that of SAM's automatic mask generator, and half of it where each point costs more. */
const pointsPerSide = { accelerated: 32, cpu: 16 };
/** Logits of masks held at once; above it those that overlap go before all points have been asked. */
const keptBytesMax = 256 * 2 ** 20;

interface Kept {
  readonly class: 0;
  readonly score: number;
  readonly box: Box;
  readonly cut: CutPlane;
}

/**
 * What a grid of points finds: of each point's candidates those whose predicted IoU and stability suffice, and of overlapping ones
 * the best (SamAutomaticMaskGenerator without its crops; its boxes and stability are counted here at the size of the decoder's masks).
 */
export async function everythingIn(
  model: OpenPromptable,
  work: Work,
  embedding: Embedding,
  plan: EverythingPlan,
  level: number,
  most: number,
): Promise<FoundThings> {
  const { header } = work.job;
  const side = plan.pointsPerSide ?? (model.provider === 'cpu' ? pointsPerSide.cpu : pointsPerSide.accelerated);
  const tokens = gridOf(side, header).map((point) => tokensOf(point, header, work.placement, model.roles.padPoint));
  const best = (list: readonly Kept[]) => suppressed(bestFirst(list, list.length), plan.nmsThreshold, list.length);
  let kept: Kept[] = [];
  let bytes = 0;
  let of: Size = { width: 1, height: 1 };
  for await (const run of decodedRuns(model, work, embedding, tokens)) {
    for (const candidate of run.flatMap(({ candidates }) => ambiguousCandidates(candidates))) {
      of = candidate;
      const one = keptOf(candidate, work, plan, level);
      if (!one) continue;
      kept.push(one);
      bytes += one.cut.data.byteLength;
    }
    if (bytes <= keptBytesMax) continue;
    kept = best(kept);
    bytes = kept.reduce((sum, { cut }) => sum + cut.data.byteLength, 0);
  }
  const stayed = best(kept).slice(0, most);
  return { of: { width: of.width, height: of.height }, things: wholeAgain(stayed) };
}

/** One at a time: hundreds of whole masks would be hundreds of megabytes. */
function* wholeAgain(stayed: readonly Kept[]): Generator<Candidate> {
  for (const { score, cut } of stayed) yield { ...wholePlane(cut), score };
}

function keptOf(candidate: Candidate, work: Work, plan: EverythingPlan, level: number): Kept | undefined {
  const { score } = candidate;
  if (score < plan.predIouThreshold) return undefined;
  const { input, region } = work.placement;
  const window = wholeWindow(windowIn(candidate, input, region), candidate);
  const { area, stability, box } = maskFacts(candidate, window, level);
  if (area === 0 || stability < plan.stabilityThreshold) return undefined;
  return { class: 0, score, box, cut: cutPlane(candidate, box, input) };
}

/** The middles of side × side equal parts, row by row (segment_anything/utils/amg.py, `build_point_grid`). */
export function gridOf(side: number, { width, height }: Size): ThingPrompt[] {
  return Array.from({ length: side * side }, (_, index) => ({
    points: [
      {
        x: (((index % side) + 0.5) * width) / side,
        y: ((Math.floor(index / side) + 0.5) * height) / side,
        label: 1 as const,
      },
    ],
  }));
}
