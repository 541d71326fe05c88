import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BentoApi } from '../../../protocols/bentoml/bundle.ts';
import { RunArgumentError, type RunArguments } from './runArguments.ts';

/** One input of one task: a file, or a text on the command line. */
export interface TaskInput {
  /** Of MultiFileInput and MultiImageInput; empty otherwise. */
  readonly name: string;
  /** Absolute. */
  readonly file?: string;
  readonly text?: string;
}

/** One call of the API, which prints one line. */
export interface RunTask {
  readonly inputs: readonly TaskInput[];
}

/** The calls that a command line asks for, in order. Throws RunArgumentError. */
export function runTasks(given: RunArguments, api: BentoApi, cwd: string): readonly RunTask[] {
  const { inputs, files } = given;
  if (inputs.size > 0 && files.size > 0) {
    throw new RunArgumentError('Conflict arguments: --input* and --input-file* should not be provided at same time');
  }
  const names = api.inputNames.length === 0 ? [''] : api.inputNames;
  const values = files.size > 0 ? files : inputs;
  const isFile = files.size > 0;
  checkNames(values, names, isFile ? '--input-file' : '--input');
  const lists = names.map((name) => values.get(name) ?? []);
  if (lists.some((list) => list.length === 0)) {
    const flags = (flag: string) => names.map((name) => flagOf(flag, name)).join(' ');
    throw new RunArgumentError(
      `Insufficient arguments: (${flags('--input')}) or (${flags('--input-file')}) are required`,
    );
  }
  const counts = lists.map(({ length }) => length);
  if (new Set(counts).size > 1) {
    const said = names.map((name, index) => `${flagOf(isFile ? '--input-file' : '--input', name)} ${counts[index]}`);
    throw new RunArgumentError(`Arguments length mismatch: ${said.join(', ')}`);
  }
  return lists[0]!.map((_, at) => ({
    inputs: names.map((name, index) => {
      const value = lists[index]![at]!;
      return isFile ? { name, file: path.resolve(cwd, value) } : { name, text: value };
    }),
  }));
}

function checkNames(values: ReadonlyMap<string, unknown>, names: readonly string[], flag: string): void {
  const unknown = [...values.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) throw new RunArgumentError(`No such option: ${flagOf(flag, unknown)}`);
}

function flagOf(flag: string, name: string): string {
  return name === '' ? flag : `${flag}-${name}`;
}

/** What the INFO line says of a task's input. */
export function taskData({ inputs }: RunTask): unknown {
  const described = inputs.map(({ file, text }) =>
    file === undefined ? text : { uri: pathToFileURL(file).href, name: path.basename(file) },
  );
  if (inputs.length === 1 && inputs[0]!.name === '') return described[0];
  return Object.fromEntries(inputs.map(({ name }, index) => [name, described[index]]));
}
