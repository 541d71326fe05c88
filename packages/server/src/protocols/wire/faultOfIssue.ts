import type { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { nearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/**
 * The first thing that a schema finds wrong, as one sentence that names the field. `fields` are the values as they were
 * written: a schema that coerces reports what it made of them.
 */
export function faultOfIssue(
  issues: readonly Issue[],
  known: readonly string[],
  fields: Readonly<Record<string, unknown>> = {},
): Fault {
  const issue = issues[0];
  if (issue === undefined) return new Fault('invalid_request', 'The request is not valid.');
  if (issue.code === 'unrecognized_keys') return unknownField(issue.keys[0] ?? '', known);
  const field = `\`${String(issue.path[0] ?? 'request')}\``;
  const written = issue.path.length === 1 ? fields[String(issue.path[0])] : undefined;
  return Fault.expected('invalid_request', `${field} to be ${expectation(issue)}`, shown(written ?? issue.input));
}

export function unknownField(name: string, known: readonly string[]): Fault {
  const near = nearest(name, known);
  const hint = near === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean "${near}"?`;
  return new Fault('invalid_request', `Unknown field "${shown(name)}". ${hint}`, {
    expected: `one of ${known.join(', ')}`,
    received: shown(name),
  });
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `${bounded(issue.origin)} of at least ${issue.minimum}`;
    case 'too_big':
      return `${bounded(issue.origin)} of at most ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`;
    default:
      return issue.message;
  }
}

function bounded(origin: string): string {
  if (origin === 'array') return 'a list with a length';
  return origin === 'string' ? 'a text with a length' : 'a number';
}

/** A value as it is quoted back: short, and never the picture. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text === '' ? 'an empty text' : text;
}
