import { type Prompts, promptBoxesMax, promptPointsMax, type SegmentOptions } from '@segserve/contract';
import { checkSum } from '../../domain/checkPrompts.ts';
import { Fault } from '../../domain/fault.ts';
import { boxForm, boxOf, pointForm, pointOf } from '../../domain/promptWords.ts';
import { LongText } from '../wire/longText.ts';

const shorthand = ['points', 'boxes', 'everything', 'multimask'] as const satisfies readonly (keyof SegmentOptions)[];

/** Options that are lists written as one text, which many points make long. */
export const wordyOptions = ['points', 'boxes'] as const;

/** What a request says of the things to segment, in one object or in short words; undefined: nothing. Throws Fault. */
export function promptsOf(options: SegmentOptions): Prompts | undefined {
  const words = shorthand.filter((name) => options[name] !== undefined);
  if (options.prompts !== undefined) {
    const [word] = words;
    if (word === undefined) {
      checkSum(options.prompts);
      return options.prompts;
    }
    throw new Fault(
      'invalid_request',
      `\`prompts\` and \`${word}\` both say what to segment. Put \`${word}\` into \`prompts\`.`,
    );
  }
  if (words.length === 0) return undefined;
  const { points, boxes, everything, multimask = false } = options;
  return {
    ...(points === undefined ? {} : { points: listOf('points', points, promptPointsMax, pointOf, pointForm) }),
    ...(boxes === undefined ? {} : { boxes: listOf('boxes', boxes, promptBoxesMax, boxOf, boxForm) }),
    ...(everything === undefined ? {} : { everything }),
    multimask,
  };
}

/** The things of "…;…;…", counted before any is read. A ";" at the end means nothing. */
function listOf<Thing>(
  name: string,
  text: string,
  most: number,
  read: (word: string) => Thing | undefined,
  form: string,
): Thing[] {
  const words = text.trim().replace(/;$/, '').split(';');
  if (words.length > most) throw Fault.expected('invalid_request', `at most ${most} in \`${name}\``, `${words.length}`);
  return words.map((word, index) => {
    const thing = read(word);
    if (thing !== undefined) return thing;
    const which = words.length === 1 ? `\`${name}\`` : `number ${index + 1} of \`${name}\``;
    const received = word.trim() === '' ? 'nothing' : `"${word.slice(0, 60)}"`;
    throw Fault.expected('invalid_request', `${which} to be ${form}`, received);
  });
}

/** The part of a form that holds the mask to start from. */
export const maskField = 'mask';

/** The same prompts with the mask that came as a file of a form. Throws Fault. */
export function withMaskFile(prompts: Prompts | undefined, masks: readonly Uint8Array[] = []): Prompts | undefined {
  const [mask] = masks;
  if (mask === undefined) return prompts;
  if (masks.length > 1) throw Fault.expected('invalid_request', 'one `mask`', `${masks.length}`);
  if (prompts?.mask !== undefined)
    throw new Fault('invalid_request', 'There is a `mask`, and one in `prompts`. Keep one.');
  if (mask.length === 0) throw new Fault('empty_image', 'The file in "mask" is empty.');
  const text = Buffer.from(mask.buffer, mask.byteOffset, mask.byteLength).toString('base64');
  return { multimask: false, ...prompts, mask: text };
}

/** Short words are texts; whoever sends JSON may well send lists of numbers, and learns where these belong. */
export function checkPromptForm(name: string, value: unknown): void {
  if (name !== 'points' && name !== 'boxes') return;
  const items = Array.isArray(value) ? value : [value];
  if (items.length > 0 && items.every((item) => typeof item === 'string')) return;
  const example = name === 'points' ? '"120,80;200,90,0"' : '"10,10,200,300"';
  const object =
    name === 'points' ? '{"points":[{"x":120,"y":80}]}' : '{"boxes":[{"x0":10,"y0":10,"x1":200,"y1":300}]}';
  const expected = `\`${name}\` to be a text, as in ${example}, or an object in \`prompts\`, as in ${object},`;
  throw Fault.expected('invalid_request', expected, (JSON.stringify(value) ?? typeof value).slice(0, 60));
}

/** A mask inside of prompts is a picture, which the reader of JSON leaves as bytes when it is long. */
export function withMaskText(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { prompts } = fields;
  if (typeof prompts !== 'object' || prompts === null || !('mask' in prompts)) return fields;
  const { mask } = prompts;
  return mask instanceof LongText ? { ...fields, prompts: { ...prompts, mask: mask.text() } } : fields;
}
