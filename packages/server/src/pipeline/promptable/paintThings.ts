import { instancesMax } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';
import { measured, paint } from '../instances/spans.ts';
import { bestFirst } from '../postprocess/instances/nms.ts';
import type { Candidate } from './decodePrompts.ts';
import { type Grower, type Growth, growerOf, growLogits } from './growLogits.ts';
import { levelOf, opacityOfLogit, transparentLogit } from './opacityOfLogits.ts';
import type { FoundThings } from './shownThings.ts';

/** What is painted of things: their masks, and how opaque each pixel is. */
export interface Painted {
  readonly alpha: Uint8Array;
  readonly instances: readonly Instance[];
}

export interface PaintOptions {
  readonly growth: Omit<Growth, 'target'>;
  readonly target: Size;
  /** Opacity from which a pixel is part of a thing, 0…1. */
  readonly threshold: number;
  /** Whether edges of the opacity are as soft as the model has them, or those of the masks. */
  readonly soft: boolean;
  /** Smaller things are left out, in pixels. */
  readonly minArea: number;
}

const objectClass = 1;

/** One mask at a time: only what it is cut to is kept. */
export function paintThings({ of, things }: FoundThings, options: PaintOptions): Painted {
  const { target, minArea } = options;
  const alpha = new Uint8Array(target.width * target.height);
  const found: (Omit<Instance, 'id'> & { readonly number: number | undefined })[] = [];
  const grower = growerOf(of, { ...options.growth, target });
  for (const thing of things) {
    const spans = paintOne(thing, grower, alpha, options);
    const facts = measured(spans, target.width);
    if (!facts || facts.area < minArea) continue;
    const score = Math.min(Math.max(thing.score, 0), 1); // a predicted IoU may be a little more than 1
    found.push({ class: objectClass, score, spans, number: thing.number, ...facts });
  }
  const instances = bestFirst(found, instancesMax).map(({ number, ...one }, place) => ({
    id: number ?? place + 1,
    ...one,
  }));
  if (!options.soft) for (const { spans } of instances) paint(alpha, spans, 255);
  return { alpha, instances };
}

/** What is wholly transparent is part of nothing, whatever the threshold. */
export function leastOpacity(threshold: number): number {
  return Math.max(threshold * 255, 1);
}

/** The thing's runs of pixels; with soft edges its opacity is laid over what is there. */
function paintOne(thing: Candidate, grower: Grower, alpha: Uint8Array, options: PaintOptions): Uint32Array {
  const { threshold, soft, target } = options;
  const level = levelOf(threshold);
  const spans: number[] = [];
  const least = leastOpacity(threshold);
  const paintRow = (row: Float32Array, x: number, y: number) => {
    const to = y * target.width + x;
    let begin = -1;
    for (let at = 0; at < row.length; at++) {
      const opacity = opacityOfLogit(row[at]!);
      if (soft && opacity > alpha[to + at]!) alpha[to + at] = opacity;
      if (opacity >= least && begin < 0) begin = at;
      if (opacity < least && begin >= 0) {
        spans.push(to + begin, to + at);
        begin = -1;
      }
    }
    if (begin >= 0) spans.push(to + begin, to + row.length);
  };
  // A twentieth less, since opacity has steps.
  growLogits(thing, grower, paintRow, soft ? Math.min(transparentLogit, level - 1) : level - 0.05);
  return Uint32Array.from(spans);
}
