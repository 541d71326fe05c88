import { type AnswerKind, answerFacts } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { pictureFormats } from '../../domain/regionOptions.ts';
import type { PipelineOpSettings } from './settings.ts';

/** An operator in its place. */
export interface PlacedOp extends PipelineOpSettings {
  readonly name: string;
  /** Nobody takes its answer, so that the reply has it. */
  readonly isLast: boolean;
}

/** What a request itself is called as an input. */
export const requestInput = 'request';

/**
 * The operators in an order in which each comes after the one that it takes its picture from. Throws Fault
 * `config_invalid` on an unknown input, a circle, or an input that gives no picture.
 */
export function orderOps(ops: Readonly<Record<string, PipelineOpSettings>>): PlacedOp[] {
  const names = Object.keys(ops);
  if (names.length === 0)
    throw new Fault('config_invalid', 'paddle-pipeline: expected at least one operator in `ops`.');
  for (const [name, { input }] of Object.entries(ops)) checkInput(name, input, ops);
  const ordered: PlacedOp[] = [];
  const known = new Set([requestInput]);
  while (ordered.length < names.length) {
    const next = names.find((name) => !known.has(name) && known.has(ops[name]!.input));
    if (next === undefined) {
      const circle = names.filter((name) => !known.has(name)).join(', ');
      throw new Fault(
        'config_invalid',
        `paddle-pipeline: the operators ${circle} take their pictures from each other.`,
      );
    }
    known.add(next);
    ordered.push({ ...ops[next]!, name: next, isLast: !Object.values(ops).some(({ input }) => input === next) });
  }
  return ordered;
}

function checkInput(name: string, input: string, ops: Readonly<Record<string, PipelineOpSettings>>): void {
  if (input === requestInput) return;
  const before = ops[input];
  if (before === undefined) {
    const expected = [requestInput, ...Object.keys(ops).filter((one) => one !== name)].join(', ');
    throw Fault.expected('config_invalid', `paddle-pipeline: the input of ${name} to be one of ${expected}`, input);
  }
  if (givesPicture(before.answer)) return;
  throw new Fault(
    'config_invalid',
    `paddle-pipeline: ${name} takes a picture from ${input}, whose answer is ${before.answer}.`,
  );
}

function givesPicture(answer: AnswerKind | 'tensors'): boolean {
  return answer !== 'tensors' && pictureFormats.includes(answerFacts[answer].formats[0]);
}
