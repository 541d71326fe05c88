import { z } from 'zod';
import { PromptsSchema } from './prompts.ts';

/** What a request may say of the things that a promptable model is to segment. */

/** Characters of `points` and of `boxes`: room for as many as are allowed, however they are written. */
const promptWordsMax = 64 * 1024;

/** As queries and forms write it, and as JSON does. */
const truth = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** Repeated fields are one list. */
const words = z.preprocess(
  (value) => (Array.isArray(value) && value.every((item) => typeof item === 'string') ? value.join(';') : value),
  z.string().max(promptWordsMax),
);

/** Queries and forms carry it as the text of a JSON object. */
const prompts = z.preprocess((value, context) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'JSON, as in {"points":[{"x":120,"y":80}]}', input: value });
    return z.NEVER;
  }
}, PromptsSchema);

export const promptOptions = {
  points: words
    .optional()
    .describe(
      'promptable models: x,y of a pixel of the upright picture that belongs to the thing, or x,y,0 of one that does not; several with ";" or repeated, as in 120,80;200,90,0',
    ),
  boxes: words
    .optional()
    .describe(
      'promptable models: x0,y0,x1,y1 around a thing, in pixels of the upright picture; several, with ";" or repeated, are several things',
    ),
  everything: truth.optional().describe('promptable models: all things in the picture; `prompts` says how finely'),
  multimask: truth
    .optional()
    .describe('promptable models: every candidate for the thing as an instance; the best alone when absent'),
  prompts: prompts
    .optional()
    .describe(
      'promptable models: everything that `points`, `boxes`, `everything` and `multimask` say, and more, in one object that stands alone; JSON as text in queries and forms',
    ),
};
