import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ManifestSchema, manifestSchemas, type PackageManifest, packageTasks } from '@segserve/contract';
import { closest } from 'fastest-levenshtein';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import type { z } from 'zod';
import { Fault } from '../domain/fault.ts';

/** File name of the manifest in a package folder. */
export const manifestFile = 'model.yaml';

/**
 * Reads and checks `<folder>/model.yaml`. Every complaint names the file and line, the key, what was expected and what
 * was found; all complaints come in one Fault `model_invalid`, a line each.
 */
export async function readManifest(folder: string): Promise<PackageManifest> {
  const file = path.join(folder, manifestFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Fault('model_invalid', `${file}: cannot be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
  return parseManifest(text, file);
}

/** `file` only names the text in complaints. */
export function parseManifest(text: string, file: string): PackageManifest {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new Fault('model_invalid', `${file}:${line}:${col}: not valid YAML: ${broken.message}`, { cause: broken });
  }
  const value: unknown = document.toJS({ maxAliasCount: 50 });
  // Chosen here and not by a union, so that a wrong task does not keep other complaints back.
  const schema = schemaOf(taskOf(value));
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues
    .flatMap((issue) => complaintsOf(issue, value))
    .map(({ key, sentence }) => {
      const offset = offsetOf(document, key);
      const where = offset === undefined ? file : `${file}:${lines.linePos(offset).line}`;
      return `${where}: ${key.length > 0 ? `${key.join('.')}: ` : ''}${sentence}`;
    });
  throw new Fault('model_invalid', complaints.join('\n'));
}

type Key = readonly (string | number)[];
type Complaint = { key: Key; sentence: string };

/** Tasks that do not have all words of a model of pictures, and why. */
const withoutGraphWords = new Map<unknown, string>([
  ['tensor', 'which takes its tensors as they are'],
  ['chain', 'whose packages say it for themselves'],
]);

function complaintsOf(issue: z.core.$ZodIssue, root: unknown): Complaint[] {
  const key = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(key, taskOf(root));
    const why = withoutGraphWords.get(taskOf(root));
    return issue.keys.map((unknown) => ({
      key: [...key, unknown],
      sentence:
        key.length === 0 && unknown in ManifestSchema.shape && why !== undefined
          ? `not with task ${taskOf(root)}, ${why}: leave it out.`
          : `unknown key.${known.length > 0 ? ` Did you mean "${closest(unknown, known)}"?` : ''}`,
    }));
  }
  if (key.length === 1 && (key[0] === 'input' || key[0] === 'output') && valueAt(root, key) === undefined) {
    return [{ key, sentence: `task ${taskOf(root)} needs it; found nothing.` }];
  }
  const found = valueAt(root, key);
  return [{ key, sentence: `expected ${expectedOf(issue)}, found ${shown(found)}.` }];
}

function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return oneOf(issue.path.join('.') === 'task' ? packageTasks : issue.values);
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'array' ? ' entries' : issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'array' ? ' entries' : issue.origin === 'string' ? ' characters' : ''}`;
    case 'invalid_format':
    case 'custom':
      return issue.message;
    case 'invalid_union':
      if ('options' in issue) return oneOf(issue.options ?? []);
      return issue.errors.flatMap((branch) => branch.slice(0, 1).map(expectedOf)).join(', or ');
    default:
      return issue.message;
  }
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === 'bigint' ? String(value) : JSON.stringify(value)));
  return shown.length === 1 ? shown[0]! : `one of ${shown.join(', ')}`;
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function valueAt(root: unknown, key: Key): unknown {
  return key.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], root);
}

function taskOf(root: unknown): unknown {
  return (root as { task?: unknown } | null | undefined)?.task;
}

/** The schema of the task that is named; the first one's complaints where it is none. */
function schemaOf(task: unknown) {
  return manifestSchemas.find((schema) => tasksOf(schema).includes(task)) ?? ManifestSchema;
}

function tasksOf({ shape: { task } }: (typeof manifestSchemas)[number]): readonly unknown[] {
  return 'options' in task ? task.options : [...task.values];
}

/** The keys that the schema of this task knows at `key`, for "did you mean". */
function knownKeysAt(key: Key, task: unknown): string[] {
  let schema: unknown = schemaOf(task);
  for (const step of key) schema = unwrapped(schema)?.shape?.[step];
  const target = unwrapped(schema);
  if (target?.options) return target.options.flatMap((option) => Object.keys(unwrapped(option)?.shape ?? {}));
  return Object.keys(target?.shape ?? {});
}

interface Walkable {
  shape?: Record<string | number, unknown>;
  options?: unknown[];
}

function unwrapped(schema: unknown): Walkable | undefined {
  let inner = schema as { unwrap?: () => unknown } & Walkable;
  while (inner?.unwrap) inner = inner.unwrap() as typeof inner;
  return inner;
}

/** Where in the text the deepest existing part of `key` stands. */
function offsetOf(document: YamlDocument, key: Key): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of key) {
    const item = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
    if (isNode(item)) {
      offset = item.range?.[0] ?? offset;
      node = item;
      continue;
    }
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step);
    if (!pair) break;
    offset = (pair.key as { range?: [number, number, number] }).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}
