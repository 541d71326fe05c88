import {
  type AnswerFormat,
  type AnswerKind,
  answerFacts,
  type ModelDetail,
  mediaTypes,
  type SegmentOptions,
} from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { formatsOf, matteOptions } from '../../domain/matteOptions.ts';
import { noPictures } from '../../domain/modelSpec.ts';
import { pictureFormats, regionOptions, takesClasses } from '../../domain/regionOptions.ts';
import type { AnswerRequest } from '../../domain/request.ts';
import { tidyOptions } from '../../domain/tidyOptions.ts';
import { preferredType } from '../wire/negotiate.ts';

/** `bytes`: the one answer itself. `multipart`: each answer a part. `json`: all in one object, pictures as base64. */
export type ReplyShape = 'bytes' | 'multipart' | 'json';

export interface Choice {
  readonly answers: readonly AnswerRequest[];
  readonly shape: ReplyShape;
}

interface Picked {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
}

/** What a task's user most likely wants: the first that comes in the wanted format. */
const wanted: Readonly<Record<ModelDetail['task'], readonly AnswerKind[]>> = {
  matting: ['cutout', 'overlay', 'alpha', 'stats', 'tensor', 'geojson', 'svg', 'yolo'],
  instance: ['overlay', 'instances', 'labels', 'color', 'cutout', 'tensor', 'geojson', 'svg', 'yolo'],
  panoptic: ['overlay', 'panoptic', 'instances', 'labels', 'color', 'cutout', 'tensor', 'geojson', 'svg', 'yolo'],
  semantic: ['color', 'overlay', 'labels', 'stats', 'tensor', 'geojson', 'svg', 'yolo'],
  classification: ['topk'],
  promptable: ['overlay', 'cutout', 'instances', 'labels', 'alpha', 'stats', 'tensor', 'geojson', 'svg', 'yolo'],
  tensor: [],
};
/** What `multipart/mixed` without `answer` holds. */
const wantedSet: Readonly<Record<ModelDetail['task'], readonly AnswerKind[]>> = {
  matting: ['cutout', 'alpha', 'stats'],
  instance: ['overlay', 'instances'],
  panoptic: ['overlay', 'panoptic', 'instances'],
  semantic: ['color', 'overlay', 'stats'],
  classification: ['topk'],
  promptable: ['overlay', 'cutout', 'instances'],
  tensor: [],
};

const multipartType = 'multipart/mixed';

/**
 * `answer` decides when it is there and Accept only how it is packed; otherwise Accept decides, then the task.
 * Throws Fault `not_acceptable`, `unknown_answer` or `invalid_request`.
 */
export function chooseAnswers(model: ModelDetail, options: SegmentOptions, accept: string | undefined): Choice {
  if (model.answers.length === 0) throw noPictures(`${model.name}:${model.version}`);
  const { picked, shape } = options.answer
    ? named(model, options.answer, options, accept)
    : unnamed(model, options, accept);
  return { answers: picked.map((one) => requestOf(one, options)), shape };
}

function named(model: ModelDetail, kinds: readonly AnswerKind[], options: SegmentOptions, accept: string | undefined) {
  const missing = kinds.find((kind) => !model.answers.includes(kind));
  if (missing !== undefined) {
    const names = `${model.name}:${model.version} gives ${model.answers.join(', ')}`;
    throw new Fault('unknown_answer', `${names}, but not "${missing}".`);
  }
  const unique = [...new Set(kinds)];
  const [only] = unique;
  if (unique.length > 1 || options.response !== undefined || only === undefined) {
    const picked = unique.map((kind) => ({ kind, format: formatOf(kind, options.format, options.background) }));
    return { picked, shape: options.response ?? packing(accept, [multipartType, mediaTypes.json]) };
  }
  const formats =
    options.format === undefined
      ? formatsOf(only, options.background)
      : [formatOf(only, options.format, options.background)];
  const available = formats.map((format) => mediaTypes[format]);
  const type = preferredType(accept, available);
  if (type !== undefined) {
    return { picked: [{ kind: only, format: formats[available.indexOf(type)]! }], shape: 'bytes' as const };
  }
  const shape = packing(accept, [mediaTypes.json, multipartType], available);
  return { picked: [{ kind: only, format: formats[0]! }], shape };
}

function packing(accept: string | undefined, packings: readonly string[], before: readonly string[] = []): ReplyShape {
  const type = preferredType(accept, packings);
  if (type === undefined) throw notAcceptable(accept, [...before, ...packings]);
  return type === multipartType ? 'multipart' : 'json';
}

function unnamed(model: ModelDetail, options: SegmentOptions, accept: string | undefined) {
  const kinds = wanted[model.task].filter((kind) => model.answers.includes(kind));
  const set = wantedSet[model.task].filter((kind) => model.answers.includes(kind));
  if (options.response === 'multipart') return { picked: allOf(set, options.format), shape: 'multipart' as const };
  const first = firstIn(kinds, options.format);
  if (options.response === 'json') return { picked: [first], shape: 'json' as const };
  const singles = new Map<string, Picked>([[mediaTypes[first.format], first]]);
  if (options.format === undefined) {
    for (const kind of kinds) {
      for (const format of answerFacts[kind].formats) {
        if (!singles.has(mediaTypes[format])) singles.set(mediaTypes[format], { kind, format });
      }
    }
  }
  const available = [...singles.keys(), multipartType];
  const type = preferredType(accept, available);
  if (type === undefined) throw notAcceptable(accept, available);
  const single = singles.get(type);
  if (single) return { picked: [single], shape: 'bytes' as const };
  return { picked: allOf(set, options.format), shape: 'multipart' as const };
}

function firstIn(kinds: readonly AnswerKind[], format: AnswerFormat | undefined): Picked {
  const kind = kinds.find((one) => format === undefined || answerFacts[one].formats.includes(format)) ?? kinds[0];
  if (kind === undefined) throw new Fault('model_invalid', 'The model gives no answer at all.');
  return { kind, format: formatOf(kind, format) };
}

/** In a set, a format is a wish: an answer that cannot be had in it comes in its own. */
function allOf(kinds: readonly AnswerKind[], format: AnswerFormat | undefined): Picked[] {
  return kinds.map((kind) => ({
    kind,
    format: format !== undefined && answerFacts[kind].formats.includes(format) ? format : answerFacts[kind].formats[0],
  }));
}

function formatOf(kind: AnswerKind, format: AnswerFormat | undefined, background?: string): AnswerFormat {
  const formats = formatsOf(kind, background);
  if (format === undefined) return formats[0];
  // `format` is a word about pictures: what is no picture comes in its own form, whatever stands beside it.
  if (!pictureFormats.includes(formats[0]) && !formats.includes(format)) return formats[0];
  if (formats.includes(format)) return format;
  const hint = format === 'json' ? ' For pictures inside JSON say response=json.' : '';
  const expected = `one of ${formats.join(', ')} as the format of ${kind}`;
  throw new Fault('invalid_request', `Expected ${expected} but received ${format}.${hint}`, {
    expected,
    received: format,
  });
}

function requestOf({ kind, format }: Picked, options: SegmentOptions): AnswerRequest {
  const { quality, opacity, classes, decontaminate, background, backgroundFit, blur, band } = options;
  const { measure, depth, tolerance, minArea, fillHoles, merge, cocoMask, topK, coordinates } = options;
  return {
    kind,
    format,
    ...(quality === undefined ? {} : { quality }),
    ...(opacity === undefined || (kind !== 'overlay' && kind !== 'svg') ? {} : { opacity }),
    ...(classes === undefined || !takesClasses(kind) ? {} : { classes }),
    ...(measure === undefined || kind !== 'uncertainty' ? {} : { measure }),
    ...(depth === undefined || (kind !== 'uncertainty' && kind !== 'scores') ? {} : { depth }),
    ...(topK === undefined || kind !== 'topk' ? {} : { topK }),
    ...(coordinates === undefined || kind !== 'geojson' ? {} : { coordinates }),
    ...matteOptions(kind, { decontaminate, background, backgroundFit, blur, band }),
    ...regionOptions(kind, { tolerance, minArea, cocoMask }),
    ...tidyOptions(kind, { minArea, fillHoles, merge }),
  };
}

function notAcceptable(accept: string | undefined, available: readonly string[]): Fault {
  const expected = `Accept to allow one of ${available.join(', ')}`;
  return Fault.expected('not_acceptable', expected, (accept ?? '').slice(0, 120));
}
