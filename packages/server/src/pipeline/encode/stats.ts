import type { ClassStats, Stats } from '@segserve/contract';
import { colorOf } from '../../domain/palette.ts';
import type { Scene } from '../scene.ts';

/** Sums per class; index by class. */
interface Sums {
  readonly pixels: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly top: Uint32Array;
  readonly bottom: Uint32Array;
  readonly certainty: Float64Array;
}

/** Classes present, largest first, as JSON. */
export async function encodeStats(scene: Scene): Promise<Uint8Array> {
  return Buffer.from(JSON.stringify(statsOf(scene)));
}

export function statsOf(scene: Scene): Stats {
  const { data, width, height } = scene.labels;
  const sums = emptySums(data instanceof Uint8Array ? 256 : 65_536);
  addPixels(data, width, height, sums);
  const scored = addCertainty(scene, data, sums.certainty);
  const present = [...sums.pixels.keys()].filter((index) => sums.pixels[index]! > 0);
  present.sort((a, b) => sums.pixels[b]! - sums.pixels[a]! || a - b);
  return { width, height, classes: present.map((index) => classStats(scene, sums, index, scored)) };
}

function emptySums(classes: number): Sums {
  const floats = () => new Float64Array(classes);
  return {
    pixels: floats(),
    x: floats(),
    y: floats(),
    left: new Uint32Array(classes).fill(0xffff_ffff),
    right: new Uint32Array(classes),
    top: new Uint32Array(classes).fill(0xffff_ffff),
    bottom: new Uint32Array(classes),
    certainty: floats(),
  };
}

/** Run by run: neighbours are mostly of one class, and a run's sums have closed forms. */
function addPixels(data: Uint8Array | Uint16Array, width: number, height: number, sums: Sums): void {
  for (let y = 0, at = 0; y < height; y++) {
    const rowEnd = at + width;
    for (let x = 0; at < rowEnd; ) {
      const label = data[at]!;
      const start = x;
      while (at < rowEnd && data[at] === label) {
        at++;
        x++;
      }
      addRun(sums, label, start, x, y);
    }
  }
}

function addRun(
  { pixels, x, y, left, right, top, bottom }: Sums,
  label: number,
  start: number,
  end: number,
  row: number,
): void {
  const length = end - start;
  pixels[label] = pixels[label]! + length;
  x[label] = x[label]! + ((start + end) / 2) * length; // pixel centres start+½ … end−½
  y[label] = y[label]! + (row + 0.5) * length;
  if (start < left[label]!) left[label] = start;
  if (end > right[label]!) right[label] = end;
  if (row < top[label]!) top[label] = row;
  bottom[label] = row + 1;
}

/** Sums 0…255 per class: a semantic model's score, a matting model's alpha or what is left of it. False: there is none. */
function addCertainty({ score, alpha }: Scene, labels: Uint8Array | Uint16Array, sums: Float64Array): boolean {
  if (alpha) {
    for (let index = 0; index < labels.length; index++) {
      const opacity = alpha[index]!;
      const label = labels[index]!;
      sums[label] = sums[label]! + (label === 1 ? opacity : 255 - opacity);
    }
    return true;
  }
  if (!score) return false;
  for (let index = 0; index < labels.length; index++) sums[labels[index]!] = sums[labels[index]!]! + score[index]!;
  return true;
}

function classStats(scene: Scene, sums: Sums, index: number, scored: boolean): ClassStats {
  const pixels = sums.pixels[index]!;
  const x = sums.left[index]!;
  const y = sums.top[index]!;
  const named = index < scene.spec.labels.length;
  return {
    id: index,
    label: named ? scene.spec.labels[index]! : `class ${index}`,
    color: named ? colorOf(scene.spec.palette, index) : '#000000',
    pixels,
    share: pixels / (scene.width * scene.height),
    box: { x, y, width: sums.right[index]! - x, height: sums.bottom[index]! - y },
    centroid: { x: sums.x[index]! / pixels, y: sums.y[index]! / pixels },
    score: scored && !(scene.instances && index === scene.background) ? sums.certainty[index]! / (pixels * 255) : null,
  };
}
