import { type Prompts, promptBoxesMax, promptPointsMax, type Task } from '@segserve/contract';
import { boxForm, boxOf, pointForm, pointOf } from '../../domain/promptWords.ts';
import { UsageError } from '../usageError.ts';

/** What the command line says of the things to segment, as text. */
export interface PromptWords {
  readonly point?: readonly string[];
  readonly box?: readonly string[];
  readonly everything?: boolean;
  readonly multimask?: boolean;
}

/** The prompts that all pictures get, or a UsageError that names the flag; undefined: the model takes none and none are there. */
export function promptsOf(words: PromptWords, model: string, task: Task): Prompts | undefined {
  const { point, box, everything, multimask = false } = words;
  const [flag] = [point && '--point', box && '--box', everything && '--everything'].filter(
    (name) => name !== undefined,
  );
  if (task !== 'promptable') {
    const useless = flag ?? (multimask ? '--multimask' : undefined);
    if (useless === undefined) return undefined;
    const why = `it finds what it was trained for (task: ${task}). Only promptable models do.`;
    throw new UsageError(`${useless}: ${model} takes no prompts; ${why}`);
  }
  if (flag === undefined) {
    throw new UsageError(
      `${model} has to be told what to segment. Add --point x,y, --box x0,y0,x1,y1 or --everything.`,
    );
  }
  if (everything && flag !== '--everything')
    throw new UsageError(`--everything stands alone. Leave it or ${flag} out.`);
  return {
    ...(point === undefined ? {} : { points: listOf('--point', point, promptPointsMax, pointOf, pointForm) }),
    ...(box === undefined ? {} : { boxes: listOf('--box', box, promptBoxesMax, boxOf, boxForm) }),
    ...(everything === undefined ? {} : { everything }),
    multimask,
  };
}

function listOf<Thing>(
  flag: string,
  words: readonly string[],
  most: number,
  read: (word: string) => Thing | undefined,
  form: string,
): Thing[] {
  if (words.length > most) throw new UsageError(`${flag}: expected at most ${most} of them, found ${words.length}.`);
  return words.map((word) => {
    const thing = read(word);
    if (thing !== undefined) return thing;
    throw new UsageError(`${flag}: expected ${form}, found "${word}".`);
  });
}
