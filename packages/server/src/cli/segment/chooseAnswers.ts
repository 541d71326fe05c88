import {
  type AnswerFormat,
  type AnswerKind,
  AnswerKindSchema,
  answerKinds,
  type BackgroundFit,
  type CocoMask,
  type Coordinates,
  type Task,
  type UncertaintyMeasure,
} from '@segserve/contract';
import { didYouMean } from '../../config/nearest.ts';
import { answerSizeOf } from '../../domain/answerSize.ts';
import { backgroundPattern, formatsOf, matteOptions } from '../../domain/matteOptions.ts';
import { pictureFormats, regionOptions, takesClasses } from '../../domain/regionOptions.ts';
import type { AnswerRequest, SegmentRequest } from '../../domain/request.ts';
import { tidyOptions } from '../../domain/tidyOptions.ts';
import { usualAnswer } from '../../domain/usualAnswer.ts';
import { UsageError } from '../usageError.ts';
import { namesPicture } from './extraPictures.ts';

/** What the command line says of answers, as text. */
export interface AnswerWords {
  readonly as?: string;
  readonly format?: string;
  readonly quality?: string;
  readonly opacity?: string;
  readonly classes?: string;
  readonly decontaminate?: boolean;
  readonly background?: string;
  readonly backgroundFit?: BackgroundFit;
  readonly blur?: string;
  readonly band?: string;
  readonly tolerance?: string;
  readonly minArea?: string;
  readonly fillHoles?: string;
  readonly merge?: string;
  readonly measure?: UncertaintyMeasure;
  readonly depth?: string;
  readonly cocoMask?: CocoMask;
  readonly topK?: string;
  readonly coordinates?: Coordinates;
}

/** An answer whose format is decided, since the output's name needs it. */
export type ChosenAnswer = AnswerRequest & { readonly format: AnswerFormat };

/** The answers to ask for. `named` is the format that the extension of -o asks for. */
export function chooseAnswers(words: AnswerWords, task: Task, named: AnswerFormat | undefined): ChosenAnswer[] {
  const quality = numberOf('--quality', words.quality, 1, 100, true);
  const opacity = numberOf('--opacity', words.opacity, 0, 1);
  const topK = numberOf('--top-k', words.topK, 1, 1000, true);
  const classes = words.classes === undefined ? undefined : listOf(words.classes).map(classOf);
  if (words.format !== undefined && named !== undefined && words.format !== named) {
    throw new UsageError(`--format ${words.format} and the extension of -o (${named}) disagree. Leave one out.`);
  }
  const matte = {
    decontaminate: words.decontaminate,
    background: backgroundOf(words.background),
    backgroundFit: words.backgroundFit,
    blur: numberOf('--blur', words.blur, 0, 0.25),
    band: numberOf('--band', words.band, 0, 4096, true),
  };
  const outline = {
    tolerance: numberOf('--tolerance', words.tolerance, 0, 100),
    minArea: numberOf('--min-area', words.minArea, 0, 1_000_000_000, true),
    cocoMask: words.cocoMask,
  };
  const tidy = {
    minArea: outline.minArea,
    fillHoles: numberOf('--fill-holes', words.fillHoles, 0, 1_000_000_000, true),
    merge: words.merge === undefined ? undefined : listOf(words.merge).map(mergeWord),
  };
  const format = (words.format as AnswerFormat | undefined) ?? named;
  return kindsOf(words.as, task).map((kind) => ({
    kind,
    format: formatOf(kind, format, matte.background),
    ...(quality === undefined ? {} : { quality }),
    ...(opacity === undefined || (kind !== 'overlay' && kind !== 'svg') ? {} : { opacity }),
    ...(classes === undefined || !takesClasses(kind) ? {} : { classes }),
    ...(topK === undefined || kind !== 'topk' ? {} : { topK }),
    ...(words.coordinates === undefined || kind !== 'geojson' ? {} : { coordinates: words.coordinates }),
    ...matteOptions(kind, matte),
    ...regionOptions(kind, outline),
    ...tidyOptions(kind, tidy),
    ...(words.measure === undefined || kind !== 'uncertainty' ? {} : { measure: words.measure }),
    ...(words.depth === undefined || (kind !== 'scores' && kind !== 'uncertainty')
      ? {}
      : { depth: words.depth === '16' ? 16 : 8 }),
  }));
}

function mergeWord(text: string): string {
  if (/^[^:]+:[^:]+$/.test(text)) return text;
  throw new UsageError(`--merge: expected classes and a name, as in car+bus+truck:vehicle, found "${text}".`);
}

function backgroundOf(text: string | undefined): string | undefined {
  if (text === undefined || (backgroundPattern.test(text) && text !== 'image')) return text;
  if (namesPicture(text)) return 'image';
  const expected = '#rrggbb, #rrggbbaa, transparent, blur or the file of a picture';
  throw new UsageError(`--background: expected ${expected}, found "${text}".`);
}

/** What --size says, or a UsageError. */
export function sizeOf(text: string | undefined): SegmentRequest['size'] | undefined {
  const size = text === undefined ? undefined : answerSizeOf(text);
  if (text === undefined || size !== undefined) return size;
  throw new UsageError(`--size: expected WIDTHxHEIGHT, as in 640x480, or model, found "${text}".`);
}

/** A number between two bounds, or a UsageError that names the flag. */
export function numberOf(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
  isWhole = false,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new UsageError(`${flag}: expected ${kind} from ${least} to ${most}, found "${text}".`);
}

function kindsOf(text: string | undefined, task: Task): AnswerKind[] {
  if (task === 'tensor') throw new UsageError('This model takes tensors, not pictures: it has nothing to segment.');
  if (text === undefined) return [usualAnswer[task]];
  const words = listOf(text);
  if (words.length === 0) throw new UsageError(`--as: expected one or more of ${answerKinds.join(', ')}.`);
  return words.map((word) => {
    const kind = AnswerKindSchema.safeParse(word);
    if (kind.success) return kind.data;
    const hint = didYouMean(word, answerKinds) || ` Known: ${answerKinds.join(', ')}.`;
    throw new UsageError(`--as: no answer "${word}".${hint}`);
  });
}

function formatOf(kind: AnswerKind, format: AnswerFormat | undefined, background: string | undefined): AnswerFormat {
  const formats: readonly AnswerFormat[] = formatsOf(kind, background);
  const [first = 'png'] = formats;
  if (format === undefined) return first;
  // --format is a word about pictures: what is no picture comes in its own form, whatever stands beside it.
  if (!pictureFormats.includes(first) && !formats.includes(format)) return first;
  if (formats.includes(format)) return format;
  throw new UsageError(`--format: ${kind} is written as ${formats.join(', ')}, not as ${format}.`);
}

function listOf(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))];
}

function classOf(word: string): string | number {
  return /^\d+$/.test(word) ? Number(word) : word;
}
