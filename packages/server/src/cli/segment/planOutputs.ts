import path from 'node:path';
import { fileExtensions } from '@segserve/contract';
import { UsageError } from '../usageError.ts';
import type { ChosenAnswer } from './chooseAnswers.ts';
import type { Input } from './collectInputs.ts';
import type { OutputTarget } from './outputTarget.ts';

export interface Job {
  readonly input: Input;
  /** A file for each answer, in order; undefined: standard output. */
  readonly files: readonly (string | undefined)[];
}

/**
 * Which file each answer of each input becomes: `NAME.ANSWER.EXT`, or `NAME.OLDEXT.ANSWER.EXT` where two inputs differ
 * by extension alone. No answer ever takes the place of an input.
 */
export function planOutputs(
  inputs: readonly Input[],
  answers: readonly ChosenAnswer[],
  target: OutputTarget,
): readonly Job[] {
  const isOne = inputs.length === 1 && answers.length === 1;
  if (target.kind === 'stdout' || target.kind === 'file') {
    if (!isOne) {
      const place = target.kind === 'stdout' ? 'Standard output' : 'A file';
      throw new UsageError(
        `${place} takes one answer of one picture, found ${inputs.length} × ${answers.length}. Name a folder: -o FOLDER.`,
      );
    }
    const file = target.kind === 'file' ? target.file : undefined;
    return checked(inputs.map((input) => ({ input, files: [file] })));
  }
  const stems = inputs.map((input) => stemOf(input, target));
  const counts = Map.groupBy(stems, (stem) => stem);
  const jobs = inputs.map((input, index) => {
    const stem = stems[index] ?? '';
    const isShared = (counts.get(stem)?.length ?? 0) > 1;
    const base = isShared ? stem + path.extname(input.file ?? '') : stem;
    return { input, files: answers.map(({ kind, format }) => `${base}.${kind}.${fileExtensions[format]}`) };
  });
  return checked(jobs);
}

function stemOf(input: Input, target: { kind: 'beside' } | { kind: 'folder'; folder: string }): string {
  if (target.kind === 'folder') {
    return path.join(target.folder, input.below, input.file ? path.parse(input.file).name : 'stdin');
  }
  if (input.file === undefined) throw new UsageError('Standard input has no place beside it. Name one: -o FOLDER.');
  return path.join(path.dirname(input.file), path.parse(input.file).name);
}

function checked(jobs: readonly Job[]): readonly Job[] {
  const inputs = new Map(jobs.map(({ input }) => [input.file, input.shown]));
  const outputs = new Map<string, string>();
  for (const { input, files } of jobs) {
    for (const file of files) {
      if (file === undefined) continue;
      const taken = inputs.get(file);
      if (taken !== undefined) {
        throw new UsageError(
          `The answer of ${input.shown} would replace the input ${taken}. Choose another place with -o.`,
        );
      }
      const other = outputs.get(file);
      if (other !== undefined) {
        throw new UsageError(`${other} and ${input.shown} would both become ${file}. Segment them in two runs.`);
      }
      outputs.set(file, input.shown);
    }
  }
  return jobs;
}
