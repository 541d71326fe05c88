import { Fault } from '../../domain/fault.ts';
import type { PromptPlan, ThingPrompt } from '../../domain/promptPlan.ts';
import type { OpenPromptable } from './openPromptable.ts';

/** Prompts that the graph would pass over without a word are refused, before anything is run for them. */
export function checkUnderstood({ spec, roles }: OpenPromptable, { things, previous, start }: PromptPlan): void {
  const { takesBoxes, pointsMax, mask } = roles;
  const all = [...things, ...previous];
  if (!takesBoxes && all.some(({ box }) => box)) {
    throw Fault.expected('invalid_request', `points for ${spec.ref}, whose decoder knows no boxes`, 'a box');
  }
  const most = Math.max(0, ...all.map(pointsOf));
  if (pointsMax !== undefined && most > pointsMax) {
    const expected = `at most ${pointsMax} points for ${spec.ref}, a box counting as two`;
    throw Fault.expected('invalid_request', expected, `${most}`);
  }
  if (mask || (start === undefined && previous.length === 0)) return;
  const received = start ? 'a mask' : `${previous.length} previous steps`;
  throw Fault.expected(
    'invalid_request',
    `no mask to start from, since the decoder of ${spec.ref} takes none`,
    received,
  );
}

function pointsOf({ points, box }: ThingPrompt): number {
  return points.length + (box ? 2 : 0);
}
