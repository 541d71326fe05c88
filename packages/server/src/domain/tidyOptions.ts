import type { AnswerKind } from '@segserve/contract';
import { Fault } from './fault.ts';
import type { AnswerRequest, MergeRule } from './request.ts';

/** Answers that are no mask: nothing in them is small, has a hole or is merged. */
const maskless: readonly AnswerKind[] = ['topk', 'scores', 'uncertainty'];

interface Words {
  readonly minArea: number | undefined;
  readonly fillHoles: number | undefined;
  /** As people write it: `car+bus:vehicle`. */
  readonly merge: readonly string[] | undefined;
}

/** Those of a request's options that change the mask which this answer shows. Throws Fault `invalid_request`. */
export function tidyOptions(kind: AnswerKind, { minArea, fillHoles, merge }: Words): Partial<AnswerRequest> {
  if (maskless.includes(kind)) return {};
  return {
    ...(minArea === undefined ? {} : { minArea }),
    ...(fillHoles === undefined ? {} : { fillHoles }),
    ...(merge === undefined ? {} : { merge: merge.map(mergeRule) }),
  };
}

/** `car+bus+truck:vehicle`: names or indices, and what they are called together. */
function mergeRule(text: string): MergeRule {
  const end = text.lastIndexOf(':');
  const label = text.slice(end + 1).trim();
  const classes = text
    .slice(0, Math.max(end, 0))
    .split('+')
    .map((word) => word.trim());
  if (label !== '' && classes.every((word) => word !== '')) return { classes, label };
  throw Fault.expected('invalid_request', 'merge as classes and a name, "car+bus+truck:vehicle"', text.slice(0, 60));
}
