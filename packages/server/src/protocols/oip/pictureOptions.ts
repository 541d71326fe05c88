import { type AnswerFormat, type AnswerKind, type SegmentOptions, SegmentOptionsSchema } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { formatsOf } from '../../domain/matteOptions.ts';
import { pictureFormats } from '../../domain/regionOptions.ts';
import type { AnswerRequest, SegmentRequest } from '../../domain/request.ts';
import { faultOfIssue, unknownField } from '../wire/faultOfIssue.ts';
import type { Parameters, ParameterValue } from './inferRequest.ts';

/** Parameters of the protocol itself, which are no options of an answer. */
const protocolNames: readonly string[] = [
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'priority',
  'timeout',
  'binary_data_output',
  'headers',
  'content_type',
];
const protocolPrefix = 'triton_';

/** Options that the native API's fields leave out, or that mean something else here. */
const ownReaders = {
  answer: (value: ParameterValue) => String(value),
  format: (value: ParameterValue) => String(value),
  trueColor: (value: ParameterValue) => truth('trueColor', value),
  keepColors: (value: ParameterValue) => truth('keepColors', value),
  levels: levelsOf,
};
type Own = { -readonly [name in keyof typeof ownReaders]?: ReturnType<(typeof ownReaders)[name]> };

/** Options of the native API that are handed on from here: a new one is unknown until it is. */
const sharedNames = [
  'quality',
  'opacity',
  'classes',
  'threshold',
  'refine',
  'decontaminate',
  'background',
  'blur',
  'band',
  'tolerance',
  'minArea',
  'cocoMask',
  'topK',
  'size',
  'deadlineMs',
] as const satisfies readonly (keyof SegmentOptions)[];
const knownNames: readonly string[] = [...Object.keys(ownReaders), ...sharedNames];

/** How a picture is to be answered, from a request's parameters. */
export interface PictureOptions {
  /** Names of answers as they were written; undefined: the model's own choice. */
  readonly answers: readonly string[] | undefined;
  /** A format of the answers, or `raw`: their numbers as a tensor. */
  readonly format: string | undefined;
  readonly shared: Pick<SegmentOptions, Exclude<(typeof sharedNames)[number], 'size'>>;
  readonly own: Pick<AnswerRequest, 'trueColor' | 'keepColors' | 'levels'>;
  readonly size: SegmentRequest['size'];
}

/** Throws Fault that names the parameter. */
export function pictureOptions(parameters: Parameters): PictureOptions {
  const own: Own = {};
  const rest: Record<string, ParameterValue> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (protocolNames.includes(name) || name.startsWith(protocolPrefix)) continue;
    if (Object.hasOwn(ownReaders, name)) {
      Object.assign(own, { [name]: ownReaders[name as keyof typeof ownReaders](value) });
    } else if (knownNames.includes(name)) rest[name] = value;
    else throw unknownField(name, knownNames);
  }
  const parsed = SegmentOptionsSchema.safeParse(rest, { reportInput: true });
  if (!parsed.success) throw faultOfIssue(parsed.error.issues, knownNames, rest);
  const { size, ...shared } = parsed.data;
  const { answer, format, ...ofAnswer } = own;
  const answers = answer?.split(',').map((word) => word.trim());
  return { answers, format, shared, own: ofAnswer, size: size === undefined ? undefined : sizeOf(size) };
}

/** The format of one answer: the one that was asked for where it is a word about this answer; PNG of what is a picture. */
export function formatOf(kind: AnswerKind, wanted: string | undefined, background: string | undefined): AnswerFormat {
  const formats = formatsOf(kind, background);
  const known = formats.find((format) => format === wanted);
  if (known !== undefined) return known;
  // `format` is a word about pictures: what is no picture comes in its own form, whatever stands beside it.
  const isPicture = pictureFormats.includes(formats[0]);
  if (wanted === undefined) return isPicture && formats.includes('png') ? 'png' : formats[0];
  if (!isPicture && pictureFormats.some((format) => format === wanted)) return formats[0];
  throw Fault.expected(
    'invalid_request',
    `raw or one of ${formats.join(', ')} as \`format\` of ${kind}`,
    wanted.slice(0, 40),
  );
}

function truth(name: string, value: ParameterValue): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw Fault.expected('invalid_request', `\`${name}\` to be true or false`, shown(value));
}

function levelsOf(value: ParameterValue): { from: number; to: number } {
  const [, from, to] = /^\s*(\d{1,3})\s*,\s*(\d{1,3})\s*$/.exec(String(value)) ?? [];
  const levels = { from: Number(from), to: Number(to) };
  if (levels.to <= 255 && levels.from < levels.to) return levels;
  throw Fault.expected('invalid_request', '`levels` to be two numbers 0 to 255, ascending, as "10,240"', shown(value));
}

/** Of a text whose form has been checked. */
function sizeOf(text: string): Exclude<SegmentRequest['size'], undefined> {
  if (text === 'model') return 'model';
  const [width, height] = text.split('x').map(Number);
  return { width: width!, height: height! };
}

function shown(value: ParameterValue): string {
  return value === '' ? 'an empty text' : String(value).slice(0, 60);
}
