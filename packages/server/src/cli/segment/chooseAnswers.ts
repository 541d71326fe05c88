import { type AnswerFormat, type AnswerKind, AnswerKindSchema, answerFacts, answerKinds } from '@segserve/contract';
import { didYouMean } from '../../config/nearest.ts';
import type { AnswerRequest } from '../../domain/request.ts';
import { UsageError } from '../usageError.ts';

/** What the command line says of answers, as text. */
export interface AnswerWords {
  readonly as?: string;
  readonly format?: string;
  readonly quality?: string;
  readonly opacity?: string;
  readonly classes?: string;
}

/** An answer whose format is decided, since the output's name needs it. */
export type ChosenAnswer = AnswerRequest & { readonly format: AnswerFormat };

const answerOfTask = { matting: 'cutout', semantic: 'color' } as const satisfies Record<string, AnswerKind>;

/** The answers to ask for. `named` is the format that the extension of -o asks for. */
export function chooseAnswers(
  words: AnswerWords,
  task: keyof typeof answerOfTask,
  named: AnswerFormat | undefined,
): ChosenAnswer[] {
  const quality = numberOf('--quality', words.quality, 1, 100, true);
  const opacity = numberOf('--opacity', words.opacity, 0, 1);
  const classes = words.classes === undefined ? undefined : listOf(words.classes).map(classOf);
  if (words.format !== undefined && named !== undefined && words.format !== named) {
    throw new UsageError(`--format ${words.format} and the extension of -o (${named}) disagree. Leave one out.`);
  }
  const format = (words.format as AnswerFormat | undefined) ?? named;
  return kindsOf(words.as, task).map((kind) => ({
    kind,
    format: formatOf(kind, format),
    ...(quality === undefined ? {} : { quality }),
    ...(opacity === undefined || kind !== 'overlay' ? {} : { opacity }),
    ...(classes === undefined || (kind !== 'alpha' && kind !== 'cutout') ? {} : { classes }),
  }));
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

function kindsOf(text: string | undefined, task: keyof typeof answerOfTask): AnswerKind[] {
  if (text === undefined) return [answerOfTask[task]];
  const words = listOf(text);
  if (words.length === 0) throw new UsageError(`--as: expected one or more of ${answerKinds.join(', ')}.`);
  return words.map((word) => {
    const kind = AnswerKindSchema.safeParse(word);
    if (kind.success) return kind.data;
    const hint = didYouMean(word, answerKinds) || ` Known: ${answerKinds.join(', ')}.`;
    throw new UsageError(`--as: no answer "${word}".${hint}`);
  });
}

function formatOf(kind: AnswerKind, format: AnswerFormat | undefined): AnswerFormat {
  const formats: readonly AnswerFormat[] = answerFacts[kind].formats;
  const [first = 'png'] = formats;
  // Statistics are JSON whatever the pictures beside them are.
  if (format === undefined || (first === 'json' && format !== 'json')) return first;
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
