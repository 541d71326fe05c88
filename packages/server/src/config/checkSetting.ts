import path from 'node:path';
import { type ConfigKey, configKeys } from './configKeys.ts';
import { complaint, type Setting, shown } from './setting.ts';
import { wireNames, wireOfText } from './wires.ts';

export type Checked = { readonly value: unknown } | { readonly complaint: string };

/** One setting against the schema of its key: the value to use, or one line that says what was expected and found. */
export function checkSetting({ key, value, origin, folder }: Setting): Checked {
  const leaf = configKeys.get(key);
  if (!leaf) throw new Error(`No configuration key "${key}".`);
  const isText = origin.source === 'environment' || origin.source === 'flag';
  const read = isText ? fromText(value, leaf) : value;
  const parsed = leaf.schema.safeParse(leaf.facts.text === 'wires' ? wiresOf(read) : read);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (leaf.facts.hasParts && issue && issue.path.length > 0) {
      return { complaint: complaint(origin, partName(key, issue.path), `${sentenceOf(issue, read)}.`) };
    }
    return { complaint: complaint(origin, key, `expected ${leaf.facts.expects}, found ${shown(value)}.`) };
  }
  return { value: leaf.facts.isPath ? absolute(parsed.data, folder) : parsed.data };
}

/** Variables and flags are text; a repeated flag is a list of texts. */
function fromText(value: unknown, { facts }: ConfigKey): unknown {
  const texts = (Array.isArray(value) ? value : [value]).map((item) => String(item).trim());
  switch (facts.text) {
    case 'paths':
      return texts.flatMap((item) => item.split(path.delimiter)).filter((item) => item !== '');
    case 'wires':
    case 'words':
      return texts
        .flatMap((item) => item.split(','))
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(texts[0] ?? '') ? Number(texts[0]) : texts[0];
    case 'yesNo':
      return texts[0] === 'true' ? true : texts[0] === 'false' ? false : texts[0];
    case 'text':
      return texts[0];
  }
}

function wiresOf(value: unknown): unknown {
  return Array.isArray(value) ? value.map(wireOfText) : value;
}

function sentenceOf(issue: { code: string; message: string; path: readonly PropertyKey[] }, value: unknown): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const found = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    wiresOf(value),
  );
  return `expected one of ${wireNames.join(', ')}, found ${shown(found)}`;
}

/** `wires`, [0, 'port'] ↦ `wires[0].port` */
function partName(key: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : `${name}.${String(part)}`),
    key,
  );
}

function absolute(value: unknown, folder: string): unknown {
  return Array.isArray(value)
    ? value.map((item) => path.resolve(folder, String(item)))
    : path.resolve(folder, String(value));
}
