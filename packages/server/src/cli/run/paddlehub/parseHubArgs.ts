import { UsageError } from '../../usageError.ts';
import type { PersonModule } from './personModules.ts';

export interface HubArgs {
  /** As written; undefined: none. */
  readonly inputPath: string | undefined;
  readonly outputDir: string;
  readonly visualization: boolean;
  readonly batchSize: number;
  readonly useGpu: boolean;
  readonly saveDir: string | undefined;
  /** segserve's own: the model that answers. */
  readonly model: string | undefined;
}

const known = {
  humanseg: ['input_path', 'use_gpu', 'output_dir', 'save_dir', 'visualization', 'batch_size', 'model'],
  matting: ['input_path', 'output_dir', 'visualization', 'model'],
} as const;

/** Reads `--name value` and `--name=value`. Throws UsageError. */
export function parseHubArgs(words: readonly string[], { form, outputFolder }: PersonModule): HubArgs {
  const given = pairsOf(words, known[form]);
  return {
    inputPath: given.get('input_path'),
    outputDir: given.get('output_dir') ?? outputFolder,
    // A matting module's flag is `type=bool`, to which every text but the empty one is true.
    visualization:
      form === 'matting' ? given.get('visualization') !== '' : literal('visualization', given, false) !== 0,
    batchSize: literal('batch_size', given, 1),
    useGpu: literal('use_gpu', given, false) !== 0,
    saveDir: given.get('save_dir'),
    model: given.get('model'),
  };
}

function pairsOf(words: readonly string[], names: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    const [, name = '', joined] = /^--([a-z_]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (!names.includes(name)) {
      const list = names.map((one) => `--${one}`).join(', ');
      throw new UsageError(`Expected one of ${list}, found "${word}".`);
    }
    const value = joined ?? words[++index];
    if (value === undefined) throw new UsageError(`--${name}: expected a value, found nothing.`);
    given.set(name, value);
  }
  return given;
}

/** What Python's `ast.literal_eval` makes of it; true is 1 there too. */
function literal(name: string, given: ReadonlyMap<string, string>, absent: boolean | number): number {
  const text = given.get(name)?.trim();
  if (text === undefined) return Number(absent);
  if (text === 'True' || text === 'False') return Number(text === 'True');
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new UsageError(`--${name}: expected True, False or a whole number, found "${text}".`);
}
