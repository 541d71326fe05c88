import type { AnswerFormat } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { place } from '../domain/geometry.ts';
import type { ImageHeader } from '../domain/image.ts';
import { foregroundKinds, formatsOf } from '../domain/matteOptions.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { regionKinds } from '../domain/regionOptions.ts';
import type { AnswerPlan, AnswerRequest, Background, MaskPlan, SegmentRequest } from '../domain/request.ts';

/** The requested answers with every default filled in and every class name looked up. Throws Fault on contradiction. */
export function planAnswers(spec: ModelSpec, requests: readonly AnswerRequest[]): AnswerPlan[] {
  if (requests.length === 0) throw Fault.expected('invalid_request', 'at least one answer', 'none');
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
    cocoMask: request.cocoMask ?? 'polygon',
  }));
}

/** How the mask is made, for all answers of the request. Throws Fault where the model has no edge to refine. */
export function planMask(spec: ModelSpec, { refine = 'none' }: Pick<SegmentRequest, 'refine'>): MaskPlan {
  if (refine !== 'none' && spec.manifest.task !== 'matting') {
    throw new Fault('invalid_request', `${spec.ref} gives classes, not an opacity: leave "refine" out.`);
  }
  return { refine };
}

function formatOf({ kind, format, background }: AnswerRequest): AnswerFormat {
  const formats = formatsOf(kind, background);
  if (format === undefined) return formats[0];
  if (formats.includes(format)) return format;
  throw Fault.expected('invalid_request', `one of ${formats.join(', ')} as the format of ${kind}`, format);
}

function backgroundOf({ background = '#ffffff', blur = 0.02 }: AnswerRequest): Background {
  const name = background.toLowerCase();
  if (name === 'transparent') return { kind: 'transparent' };
  if (name === 'blur') return { kind: 'blur', sigma: blur };
  const [, red, green, blue] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(name) ?? [];
  if (blue === undefined) {
    throw Fault.expected('invalid_request', '#rrggbb, transparent or blur as the background', background.slice(0, 60));
  }
  return { kind: 'color', rgb: [parseInt(red!, 16), parseInt(green!, 16), parseInt(blue, 16)] };
}

function foregroundOf(spec: ModelSpec, request: AnswerRequest): readonly number[] | undefined {
  const { classes, kind } = request;
  if (!foregroundKinds.includes(kind) && !regionKinds.includes(kind)) return undefined;
  if (classes !== undefined && classes.length > 0) {
    if (spec.manifest.task === 'semantic')
      return [...new Set(classes.map((name) => classIndex(spec, name)))].toSorted((a, b) => a - b);
    throw new Fault('invalid_request', `${spec.ref} gives an alpha matte, not classes: leave "classes" out.`);
  }
  if (spec.manifest.task === 'matting' || regionKinds.includes(kind)) return undefined;
  const { background } = spec.manifest;
  if (background !== undefined) return spec.labels.map((_, index) => index).filter((index) => index !== background);
  throw new Fault(
    'invalid_request',
    `${kind} needs "classes" with ${spec.ref}, since none of its classes is a background. Known classes: ${listed(spec.labels)}.`,
  );
}

function classIndex(spec: ModelSpec, name: string | number): number {
  const index = typeof name === 'number' || /^\d+$/.test(name) ? Number(name) : spec.labels.indexOf(name);
  if (index >= 0 && index < spec.labels.length) return index;
  throw Fault.expected('invalid_request', `classes of ${spec.ref} (${listed(spec.labels)})`, String(name));
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 30).join(', ');
  return labels.length > 30 ? `${shown}, … ${labels.length} in all` : shown;
}

/** Tickets with equal keys may share a batch. */
export function batchKeyOf(spec: ModelSpec, header: ImageHeader): string {
  const { input } = spec.manifest;
  const size = input.resizeIn === 'graph' ? header : place(header, input).input;
  return `${spec.ref} ${size.width}x${size.height}`;
}
