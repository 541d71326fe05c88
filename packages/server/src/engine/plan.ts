import { type AnswerFormat, answerFacts } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { place } from '../domain/geometry.ts';
import type { ImageHeader } from '../domain/image.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { AnswerPlan, AnswerRequest } from '../domain/request.ts';

/** The requested answers with every default filled in and every class name looked up. Throws Fault on contradiction. */
export function planAnswers(spec: ModelSpec, requests: readonly AnswerRequest[]): AnswerPlan[] {
  if (requests.length === 0) throw Fault.expected('invalid_request', 'at least one answer', 'none');
  return requests.map((request) => ({
    kind: request.kind,
    format: formatOf(request),
    quality: request.quality,
    opacity: request.opacity ?? 0.5,
    foreground: foregroundOf(spec, request),
  }));
}

function formatOf({ kind, format }: AnswerRequest): AnswerFormat {
  const { formats } = answerFacts[kind];
  if (format === undefined) return formats[0];
  if (formats.includes(format)) return format;
  throw Fault.expected('invalid_request', `one of ${formats.join(', ')} as the format of ${kind}`, format);
}

function foregroundOf(spec: ModelSpec, request: AnswerRequest): readonly number[] | undefined {
  const { classes, kind } = request;
  if (kind !== 'alpha' && kind !== 'cutout') return undefined;
  if (classes !== undefined && classes.length > 0) {
    if (spec.manifest.task === 'semantic')
      return classes.map((name) => classIndex(spec, name)).toSorted((a, b) => a - b);
    throw new Fault('invalid_request', `${spec.ref} gives an alpha matte, not classes: leave "classes" out.`);
  }
  if (spec.manifest.task === 'matting') return undefined;
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
