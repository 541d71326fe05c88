/** A command line of `run NAME:VERSION API …` that cannot be carried out; told in the words of 0.x, exit code 1. */
export class RunArgumentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RunArgumentError';
  }
}

/** What stands on the command line, before it is known what the API takes. */
export interface RunArguments {
  readonly tag: string;
  readonly api: string;
  /** Values by what follows `--input-`, "" for `--input` itself. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
  /** The same of `--input-file` and `--input-file-<name>`. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  readonly output: 'json' | 'str';
  readonly maxBatchSize: number | undefined;
  readonly quiet: boolean;
  /** segserve's own: configuration and folders with model packages. */
  readonly config: string | undefined;
  readonly models: readonly string[];
  /** All but tag and API, as they were written. */
  readonly words: readonly string[];
}

/** Options with one value, under the names that they are kept by. */
const single: Readonly<Record<string, string>> = {
  '-o': 'output',
  '--output': 'output',
  '--max-batch-size': 'maxBatchSize',
  '--config': 'config',
  '--models': 'models',
};
const quietWords = new Set(['-q', '--quiet']);

/** Throws RunArgumentError. */
export function runArguments(words: readonly string[]): RunArguments {
  const positionals: string[] = [];
  const inputs = new Map<string, string[]>();
  const files = new Map<string, string[]>();
  const values = new Map<string, string[]>();
  let quiet = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [flag, attached] = split(word);
    const kept = single[flag];
    if (quietWords.has(word)) quiet = true;
    else if (kept !== undefined) {
      const value = attached ?? words[++at];
      if (value === undefined) throw new RunArgumentError(`Option ${flag} requires a value`);
      values.set(kept, [...(values.get(kept) ?? []), value]);
    } else if (flag === '--input' || flag.startsWith('--input-')) {
      const [target, name] = inputFlag(flag, inputs, files);
      const given = attached === undefined ? following(words, at + 1) : [attached];
      if (attached === undefined) at += given.length;
      target.set(name, [...(target.get(name) ?? []), ...given]);
    } else if (word.startsWith('-')) throw new RunArgumentError(`No such option: ${flag}`);
    else positionals.push(word);
  }
  const [tag, api, extra] = positionals;
  if (tag === undefined || api === undefined) throw new RunArgumentError('Missing argument: run NAME:VERSION API');
  if (extra !== undefined) throw new RunArgumentError(`Got unexpected extra argument (${extra})`);
  return {
    tag,
    api,
    inputs,
    files,
    quiet,
    output: outputOf(values.get('output')?.at(-1)),
    maxBatchSize: batchSizeOf(values.get('maxBatchSize')?.at(-1)),
    config: values.get('config')?.at(-1),
    models: values.get('models') ?? [],
    words: words.filter((word) => word !== tag && word !== api),
  };
}

function split(word: string): [flag: string, attached: string | undefined] {
  const equals = word.indexOf('=');
  return word.startsWith('--') && equals > 0 ? [word.slice(0, equals), word.slice(equals + 1)] : [word, undefined];
}

function inputFlag<Target>(flag: string, inputs: Target, files: Target): [target: Target, name: string] {
  if (flag === '--input') return [inputs, ''];
  if (flag === '--input-file') return [files, ''];
  if (flag.startsWith('--input-file-')) return [files, flag.slice('--input-file-'.length)];
  return [inputs, flag.slice('--input-'.length)];
}

/** The words up to the next option. */
function following(words: readonly string[], from: number): string[] {
  const end = words.findIndex((word, index) => index >= from && word.startsWith('-'));
  return words.slice(from, end < 0 ? undefined : end);
}

function outputOf(value: string | undefined): 'json' | 'str' {
  if (value === undefined || value === 'json' || value === 'str') return value ?? 'json';
  throw new RunArgumentError(`Invalid value for -o/--output: ${value}. (choose from json, str)`);
}

function batchSizeOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new RunArgumentError(`Invalid value for --max-batch-size: ${value} is not a positive integer`);
}
