import type { AnswerFormat, AnswerKind } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { place, type Size } from '../domain/geometry.ts';
import type { ImageHeader } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import { backgroundPattern, engineFormatsOf, foregroundKinds } from '../domain/matteOptions.ts';
import { answersOf, type PictureSpec } from '../domain/modelSpec.ts';
import { takesClasses } from '../domain/regionOptions.ts';
import type { AnswerPlan, AnswerRequest, Background, MaskPlan, MergePlan, SegmentRequest } from '../domain/request.ts';
import { stretchPixels } from '../domain/tiling.ts';

/** The requested answers with every default filled in and every class name looked up. Throws Fault on contradiction. */
export function planAnswers(
  spec: PictureSpec,
  requests: readonly AnswerRequest[],
  gives: readonly AnswerKind[] = answersOf(spec),
): AnswerPlan[] {
  if (requests.length === 0) throw Fault.expected('invalid_request', 'at least one answer', 'none');
  const missing = requests.find(({ kind }) => !gives.includes(kind));
  if (missing) {
    throw Fault.expected('unknown_answer', `one of the answers of ${spec.ref} (${gives.join(', ')})`, missing.kind);
  }
  return requests.map((request) => ({
    kind: request.kind,
    format: formatOf(request),
    quality: request.quality,
    opacity: request.opacity ?? 0.5,
    foreground: foregroundOf(spec, request),
    decontaminate: request.decontaminate ?? false,
    background: backgroundOf(request),
    bandPixels: request.band,
    tolerance: request.tolerance ?? 1,
    minArea: request.minArea ?? 0,
    fillHoles: request.fillHoles ?? 0,
    merge: mergeOf(spec, request),
    cocoMask: request.cocoMask ?? 'polygon',
    measure: request.measure ?? 'margin',
    depth: request.depth ?? 8,
    topK: topKOf(request),
    colors: colorsOf(spec, request),
    trueColor: request.trueColor ?? false,
    levels: levelsOf(request),
    keepColors: request.keepColors ?? false,
    ...(request.coordinates === undefined || request.kind !== 'geojson' ? {} : { coordinates: request.coordinates }),
  }));
}

/**
 * How the mask is made, for all answers of the request. Throws Fault where the model has no edge to refine, and for a size
 * that no picture may have.
 */
export function planMask(
  spec: PictureSpec,
  request: Pick<SegmentRequest, 'refine' | 'size' | 'scoreThreshold' | 'maxInstances'>,
  limits: Pick<Limits, 'imageSideMax' | 'imagePixelsMax'>,
): MaskPlan {
  const { refine = 'none', size } = request;
  const choice = instanceChoice(spec, request);
  if (refine !== 'none' && spec.manifest.task !== 'matting') {
    throw new Fault('invalid_request', `${spec.ref} gives classes, not an opacity: leave "refine" out.`);
  }
  if (size === undefined) return { refine, ...choice };
  if (spec.manifest.task === 'classification') {
    throw new Fault('invalid_request', `${spec.ref} gives classes of the whole picture: leave "size" out.`);
  }
  if (size !== 'model') checkSize(size, limits);
  return { refine, ...choice, size: size === 'model' ? size : { width: size.width, height: size.height } };
}

/** What a request says of instances. More of them than the manifest names are few: each costs a mask. */
function instanceChoice(
  spec: PictureSpec,
  { scoreThreshold, maxInstances }: Pick<SegmentRequest, 'scoreThreshold' | 'maxInstances'>,
): Pick<MaskPlan, 'scoreThreshold' | 'maxInstances'> {
  const { manifest } = spec;
  const named =
    scoreThreshold !== undefined ? 'scoreThreshold' : maxInstances !== undefined ? 'maxInstances' : undefined;
  if (named === undefined) return {};
  if (manifest.task !== 'instance' && manifest.task !== 'panoptic') {
    throw new Fault('invalid_request', `${spec.ref} finds no instances: leave "${named}" out.`);
  }
  if (scoreThreshold !== undefined && !(scoreThreshold >= 0 && scoreThreshold <= 1)) {
    throw Fault.expected('invalid_request', 'a scoreThreshold from 0 to 1', String(scoreThreshold));
  }
  const most = Math.max(1000, manifest.output.maxInstances);
  if (maxInstances !== undefined && !(Number.isInteger(maxInstances) && maxInstances >= 1 && maxInstances <= most)) {
    throw Fault.expected('invalid_request', `a whole number from 1 to ${most} as maxInstances`, String(maxInstances));
  }
  return {
    ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
    ...(maxInstances === undefined ? {} : { maxInstances }),
  };
}

/** Answers cost as many pixels as they have, whatever the photo had: the bounds are those of a picture that comes in. */
function checkSize({ width, height }: Size, limits: Pick<Limits, 'imageSideMax' | 'imagePixelsMax'>): void {
  const { imageSideMax, imagePixelsMax } = limits;
  const fits = (side: number) => Number.isInteger(side) && side >= 1 && side <= imageSideMax;
  if (fits(width) && fits(height) && width * height <= imagePixelsMax) return;
  const expected = `a size with sides of 1 to ${imageSideMax} and at most ${imagePixelsMax} pixels`;
  throw Fault.expected('invalid_request', expected, `${width}×${height}`);
}

/** Pixels that a ticket costs a worker: the picture's, or those of its answers where these are more. */
export function pixelsOf(picture: Size, { size, tile = 'off' }: MaskPlan): number {
  const made = size === undefined || size === 'model' ? picture : size;
  if (tile !== 'off') return Math.min(made.width * made.height, stretchPixels);
  return Math.max(picture.width * picture.height, made.width * made.height);
}

function formatOf({ kind, format, background }: AnswerRequest): AnswerFormat {
  const formats = engineFormatsOf(kind, background);
  if (format === undefined) return formats[0];
  if (formats.includes(format)) return format;
  throw Fault.expected('invalid_request', `one of ${formats.join(', ')} as the format of ${kind}`, format);
}

function backgroundOf({ background = '#ffffff', blur = 0.02, backgroundFit }: AnswerRequest): Background {
  const name = background.toLowerCase();
  if (name === 'transparent') return { kind: 'transparent' };
  if (name === 'blur') return { kind: 'blur', sigma: blur };
  if (name === 'image') return { kind: 'image', fit: backgroundFit ?? 'cover' };
  if (!backgroundPattern.test(name)) {
    const expected = '#rrggbb, #rrggbbaa, transparent, blur or image as the background';
    throw Fault.expected('invalid_request', expected, background.slice(0, 60));
  }
  const byte = (at: number) => parseInt(name.slice(at, at + 2), 16);
  const rgb = [byte(1), byte(3), byte(5)] as const;
  const opacity = name.length === 9 ? byte(7) : 255;
  if (opacity === 255) return { kind: 'color', rgb };
  return opacity === 0 ? { kind: 'transparent' } : { kind: 'veil', rgb, opacity };
}

function topKOf({ topK = 5 }: AnswerRequest): number {
  if (Number.isInteger(topK) && topK >= 1 && topK <= 1000) return topK;
  throw Fault.expected('invalid_request', 'a whole number from 1 to 1000 as topK', String(topK));
}

/** As a palette that reaches to the model's last class: what the list leaves out is black. */
function colorsOf({ labels }: PictureSpec, { colors }: AnswerRequest): Uint8Array | undefined {
  if (colors === undefined) return undefined;
  const isByte = (value: number | undefined) => Number.isInteger(value) && value! >= 0 && value! <= 255;
  const wrong = colors.find((color) => color.length !== 3 || !color.every(isByte));
  if (wrong) throw Fault.expected('invalid_request', 'colours of three numbers from 0 to 255', `[${wrong}]`);
  const most = 65_536;
  if (colors.length > most) throw Fault.expected('invalid_request', `at most ${most} colours`, `${colors.length}`);
  const palette = new Uint8Array(Math.max(labels.length, colors.length) * 3);
  for (const [index, color] of colors.entries()) palette.set(color, index * 3);
  return palette;
}

function levelsOf({ levels }: AnswerRequest): AnswerPlan['levels'] {
  if (levels === undefined) return undefined;
  const { from, to } = levels;
  if (from >= 0 && to <= 255 && from < to) return { from, to };
  const expected = 'levels with 0 ≤ from < to ≤ 255';
  throw Fault.expected('invalid_request', expected, `from ${from} to ${to}`);
}

function foregroundOf(spec: PictureSpec, request: AnswerRequest): readonly number[] | undefined {
  const found = foregroundIndices(spec, request);
  const isOneChannel = request.kind === 'scores' && formatOf(request) === 'png' && spec.manifest.task === 'semantic';
  if (!isOneChannel || found?.length === 1) return found;
  const received = found === undefined ? 'none' : `${found.length}`;
  throw Fault.expected('invalid_request', 'one class in "classes" for scores as PNG', received);
}

function foregroundIndices(spec: PictureSpec, request: AnswerRequest): readonly number[] | undefined {
  const { classes, kind } = request;
  const merge = mergeOf(spec, request);
  if (!takesClasses(kind)) return undefined;
  if (classes !== undefined && classes.length > 0) {
    if (spec.manifest.task !== 'matting' || kind === 'masks' || kind === 'scores')
      return [...new Set(classes.map((name) => mergedIndex(spec, merge, name)))].toSorted((a, b) => a - b);
    throw new Fault('invalid_request', `${spec.ref} gives an alpha matte, not classes: leave "classes" out.`);
  }
  // What is counted one by one stands in front, and stuff is what it stands before.
  if (spec.things !== undefined && foregroundKinds.includes(kind)) return spec.things;
  if (spec.manifest.task !== 'semantic' || !foregroundKinds.includes(kind)) return undefined;
  const { background } = spec.manifest;
  if (background !== undefined) return spec.labels.map((_, index) => index).filter((index) => index !== background);
  throw new Fault(
    'invalid_request',
    `${kind} needs "classes" with ${spec.ref}, since none of its classes is a background. Known classes: ${listed(spec.labels)}.`,
  );
}

/** Rules by index. A class is in one rule at most. */
function mergeOf(spec: PictureSpec, { merge = [] }: AnswerRequest): MergePlan[] {
  if (merge.length > 0 && spec.manifest.task === 'matting') {
    throw new Fault('invalid_request', `${spec.ref} gives an alpha matte, not classes: leave "merge" out.`);
  }
  const used = new Set<number>();
  return merge.map(({ classes, label }) => {
    const indices = classes.map((name) => classIndex(spec, name));
    const twice = indices.find((index) => used.has(index) || indices.filter((one) => one === index).length > 1);
    if (twice !== undefined) {
      throw Fault.expected('invalid_request', 'each class in one merge at most', `${spec.labels[twice]} twice`);
    }
    for (const index of indices) used.add(index);
    return { classes: indices, into: indices[0]!, label };
  });
}

/** A merged class goes by its own name and by those of its parts. */
function mergedIndex(spec: PictureSpec, merge: readonly MergePlan[], name: string | number): number {
  const named = merge.find(({ label }) => label === name);
  const index = named ? named.into : classIndex(spec, name);
  return merge.find(({ classes }) => classes.includes(index))?.into ?? index;
}

function classIndex(spec: PictureSpec, name: string | number): number {
  const index = typeof name === 'number' || /^\d+$/.test(name) ? Number(name) : spec.labels.indexOf(name);
  if (index >= 0 && index < spec.labels.length) return index;
  throw Fault.expected('invalid_request', `classes of ${spec.ref} (${listed(spec.labels)})`, String(name));
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 30).join(', ');
  return labels.length > 30 ? `${shown}, … ${labels.length} in all` : shown;
}

/** Tickets with equal keys may share a batch. */
export function batchKeyOf(spec: PictureSpec, header: ImageHeader): string {
  const { input } = spec.manifest;
  const size = input.resizeIn === 'graph' ? header : place(header, input).input;
  return `${spec.ref} ${size.width}x${size.height}`;
}
