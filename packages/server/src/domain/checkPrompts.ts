import { type Prompts, PromptsSchema, promptBoxesMax, promptPointsMax } from '@segserve/contract';
import type { z } from 'zod';
import { Fault } from './fault.ts';

type Issue = z.core.$ZodIssue;

/** As a caller writes them: what has a default may be left out. */
export type PromptsSource = z.input<typeof PromptsSchema>;

/** Prompts as a stranger wrote them, checked, with every default filled in. Throws Fault that names the wrong part. */
export function checkPrompts(value: unknown): Prompts {
  const parsed = PromptsSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) throw promptsFault(parsed.error.issues, ['prompts']);
  checkSum(parsed.data);
  return parsed.data;
}

/** Points and boxes of all steps together are bounded as those of one: each step costs a run, each point its share. */
export function checkSum(prompts: Prompts): void {
  const steps = [prompts, ...(prompts.previous ?? [])];
  for (const [name, most] of [
    ['points', promptPointsMax],
    ['boxes', promptBoxesMax],
  ] as const) {
    const count = steps.reduce((sum, step) => sum + (step[name]?.length ?? 0), 0);
    if (count <= most) continue;
    const where = prompts.previous === undefined ? `\`prompts.${name}\`` : `all \`${name}\` of \`prompts\``;
    throw Fault.expected('invalid_request', `${where} to be at most ${most}`, `${count}`);
  }
}

/** What a schema finds wrong with prompts, in one sentence that names the part: `prompts.points[3].x`. `at` is where they stand. */
export function promptsFault(issues: readonly Issue[], at: readonly PropertyKey[] = []): Fault {
  const issue = issues[0];
  if (issue === undefined) return new Fault('invalid_request', 'The prompts are not valid.');
  const path = [...at, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const name = nameOf([...path, issue.keys[0] ?? '']);
    return new Fault('invalid_request', `Unknown field \`${name.slice(0, 80)}\` in the prompts.`, { received: name });
  }
  // Of several forms the one that was meant is the one that some part of the value fits.
  const meant = issue.code === 'invalid_union' ? issue.errors.find(([first]) => isDeep(first)) : undefined;
  if (meant !== undefined) return promptsFault(meant, path);
  const expected = `\`${nameOf(path)}\` to be ${expectation(issue)}`;
  return Fault.expected('invalid_request', expected, received(issue));
}

function isDeep(issue: Issue | undefined): boolean {
  return issue !== undefined && (issue.path.length > 0 || issue.code === 'unrecognized_keys');
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a finite number',
  boolean: 'true or false',
  string: 'a text',
  array: 'a list',
  object: 'an object',
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? `of type ${issue.expected}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'string' ? 'a text that is not empty' : `at least ${issue.minimum}`;
    case 'invalid_union':
      return issue.path.at(-1) === 'label' ? '1 (the thing) or 0 (not the thing)' : 'true, false or an object';
    default:
      return issue.message;
  }
}

/** What came instead, short, and of a long list its length alone. */
function received({ code, input }: Issue): string {
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return code === 'too_big' ? `${input.length}` : 'a list';
  if (typeof input === 'number') return `${input}`;
  const text = typeof input === 'string' ? `"${input}"` : (JSON.stringify(input) ?? typeof input);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
