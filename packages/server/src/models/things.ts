import { type PanopticManifest, thingPresets } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { presets } from './presets.ts';

type Preset = (typeof thingPresets)[number];

/** Indices of the classes that are things. */
const thingsOf: Readonly<Record<Preset, readonly number[]>> = {
  /** The first 80, as in COCO's detection task. */
  coco133: range(0, 80),
  /** COCO's category ids up to 90. */
  coco250: range(1, 91),
  /** From person to bicycle (labels.py of cityscapesScripts, `hasInstances`). */
  cityscapes19: range(11, 19),
  /** The 100 of ADE20K's instance task (Mask2Former, `register_ade20k_panoptic.py`, `isthing`); these are the others. */
  ade20k150: without(150, [
    ...[0, 1, 2, 3, 4, 5, 6, 9, 11, 13, 16, 17, 21, 25, 26, 28, 29, 34, 40, 46, 48, 51, 52, 54, 59, 60, 61, 63, 68],
    ...[77, 79, 84, 91, 94, 96, 99, 100, 101, 105, 106, 109, 113, 114, 117, 122, 128, 131, 140, 141, 145],
  ]),
};

/** The things of a panoptic model by index, ascending. Throws Fault `model_invalid` that says what is missing or unknown. */
export function readThings(
  { things, labels: named }: PanopticManifest,
  labels: readonly string[],
  file: string,
): number[] {
  const own = things ?? thingPresets.find((preset) => preset === named);
  if (own === undefined) {
    const expected = `a list of classes, or a preset (${thingPresets.join(', ')}), since these labels do not say which are things`;
    throw wrong(file, expected, 'nothing');
  }
  if (typeof own === 'string') {
    const indices = thingsOf[own];
    const counted = presets[own].length;
    if (labels.length === counted) return [...indices];
    throw wrong(file, `${own} with ${counted} labels`, `${labels.length} labels`);
  }
  const indices = own.map((name) => indexOf(name, labels, file));
  return [...new Set(indices)].toSorted((a, b) => a - b);
}

function indexOf(name: string | number, labels: readonly string[], file: string): number {
  const index = typeof name === 'number' ? name : labels.indexOf(name);
  if (index >= 0 && index < labels.length) return index;
  const known = labels.length > 30 ? `${labels.slice(0, 30).join(', ')}, … ${labels.length} in all` : labels.join(', ');
  throw wrong(file, `classes among the labels (${known})`, String(name));
}

function wrong(file: string, expected: string, found: string): Fault {
  const message = `${file}: things: expected ${expected}; found ${found}.`;
  return new Fault('model_invalid', message, { expected, received: found });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

function without(count: number, others: readonly number[]): number[] {
  return range(0, count).filter((index) => !others.includes(index));
}
