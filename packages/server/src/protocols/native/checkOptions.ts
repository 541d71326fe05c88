import { answerFacts, answerKinds, type SegmentOptions, SegmentOptionsSchema } from '@segserve/contract';
import { promptsFault } from '../../domain/checkPrompts.ts';
import { Fault } from '../../domain/fault.ts';
import { faultOfIssue, unknownField } from '../wire/faultOfIssue.ts';
import { checkPromptForm, promptsOf } from './prompts.ts';

export const optionNames = Object.keys(SegmentOptionsSchema.shape);
const listNames: readonly string[] = ['answer', 'classes', 'merge', 'scales', 'points', 'boxes'];
const truthNames: readonly string[] = ['decontaminate', 'regionOnly', 'everything', 'multimask'];

/** Options as they were written in a query, a form or JSON, checked and typed. Throws Fault. */
export function checkOptions(
  fields: Readonly<Record<string, unknown>>,
  alsoKnown: readonly string[] = [],
): SegmentOptions {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of given) {
    if (!optionNames.includes(name)) throw unknownField(name, [...optionNames, ...alsoKnown]);
    checkPromptForm(name, value);
    if (name !== 'prompts') checkForm(name, value);
  }
  const parsed = SegmentOptionsSchema.safeParse(Object.fromEntries(given), { reportInput: true });
  if (parsed.success) {
    promptsOf(parsed.data);
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  if (issue?.path[0] === 'prompts') throw promptsFault(parsed.error.issues);
  if (issue?.path[0] === 'answer' && issue.code === 'invalid_value') throw unknownAnswer(String(issue.input));
  throw faultOfIssue(parsed.error.issues, optionNames, fields);
}

/** Coercion would read a number out of nothing, `true` and lists of one; a slip must not become a zero. */
function checkForm(name: string, value: unknown): void {
  const items = Array.isArray(value) && listNames.includes(name) ? value : [value];
  for (const item of items) {
    if (typeof item === 'boolean' && truthNames.includes(name)) continue;
    const plain = typeof item === 'number' || (typeof item === 'string' && item.trim() !== '');
    if (plain) continue;
    if (item === '') throw new Fault('invalid_request', `\`${name}\` is empty. Leave it out to get its default.`);
    const received = Array.isArray(item) ? 'it more than once' : (JSON.stringify(item) ?? typeof item).slice(0, 60);
    throw Fault.expected('invalid_request', `one value for \`${name}\``, received);
  }
}

function unknownAnswer(received: string): Fault {
  const known = answerKinds.map((kind) => `${kind} (${answerFacts[kind].formats.join(', ')})`).join(', ');
  const names = `one of ${answerKinds.join(', ')}`;
  const message = `Unknown answer "${received.slice(0, 60)}". Known answers and their formats: ${known}.`;
  return new Fault('unknown_answer', message, { expected: names, received: received.slice(0, 60) });
}
