import { z } from 'zod';
import { byteSizePattern, parseByteSize } from './byteSize.ts';
import { WireSchema, wireNames } from './wires.ts';

export interface LeafFacts {
  /** What would be right, as a noun phrase: "a whole number from 0 to 65535". */
  readonly expects: string;
  /** How a variable or flag, which is text, is read before the check. */
  readonly text: 'text' | 'number' | 'yesNo' | 'words' | 'paths' | 'wires';
  /** Relative paths mean: relative to the file that names them, or to the working folder. */
  readonly isPath?: boolean;
  /** The value has parts of its own: a complaint names the part, as the schema says it. */
  readonly hasParts?: boolean;
}

/** What the loader must know of each leaf beyond its zod schema; kept beside it so that JSON Schema stays clean. */
export const leafFacts = z.registry<LeafFacts>();

export const text = (expects: string, describe: string) =>
  z.string().min(1).describe(describe).register(leafFacts, { expects, text: 'text' });

export const pathText = (expects: string, describe: string) =>
  z.string().min(1).describe(describe).register(leafFacts, { expects, text: 'text', isPath: true });

export const pathList = (describe: string) =>
  z
    .array(z.string().min(1))
    .describe(describe)
    .register(leafFacts, { expects: 'a list of folder paths', text: 'paths', isPath: true });

export const whole = (least: number, most: number, describe: string) =>
  z
    .int()
    .min(least)
    .max(most)
    .describe(describe)
    .register(leafFacts, { expects: `a whole number from ${least} to ${most}`, text: 'number' });

export const wholeOrAuto = (least: number, most: number, describe: string) =>
  z
    .union([z.literal('auto'), z.int().min(least).max(most)])
    .describe(describe)
    .register(leafFacts, { expects: `"auto" or a whole number from ${least} to ${most}`, text: 'number' });

export const yesNo = (describe: string) =>
  z.boolean().describe(describe).register(leafFacts, { expects: 'true or false', text: 'yesNo' });

const byteCount = z.union([
  z.int().min(1),
  z
    .string()
    .regex(byteSizePattern)
    .transform((size) => parseByteSize(size) ?? Number.NaN)
    .pipe(z.int().min(1)),
]);
const byteForms = 'a number of bytes or a size such as "64MiB"';

export const bytesOrNone = (describe: string) =>
  z
    .union([z.literal(0), byteCount])
    .describe(describe)
    .register(leafFacts, { expects: `0 or ${byteForms}`, text: 'number' });

export const bytes = (describe: string) =>
  byteCount.describe(describe).register(leafFacts, { expects: byteForms, text: 'number' });

export const bytesOrAuto = (describe: string) =>
  z
    .union([z.literal('auto'), byteCount])
    .describe(describe)
    .register(leafFacts, { expects: `"auto", ${byteForms}`, text: 'number' });

export const choice = <const Words extends readonly [string, ...string[]]>(words: Words, describe: string) =>
  z
    .enum(words)
    .describe(describe)
    .register(leafFacts, { expects: `one of ${words.join(', ')}`, text: 'text' });

export const wordList = (describe: string) =>
  z
    .array(z.string().min(1).max(255))
    .max(256)
    .describe(describe)
    .register(leafFacts, { expects: 'a list of words', text: 'words' });

const originForm = /^(\*|https?:\/\/[^/\s]+)$/;
export const originList = (describe: string) =>
  z
    .array(z.string().regex(originForm))
    .describe(describe)
    .register(leafFacts, { expects: 'a list of origins such as "https://example.org", or "*"', text: 'words' });

export const wireList = (describe: string) =>
  z
    .array(WireSchema)
    .max(32)
    .describe(describe)
    .register(leafFacts, {
      expects: `a list of wires, each "name:port" or an object with one of the names ${wireNames.join(', ')}`,
      text: 'wires',
      hasParts: true,
    });
