import path from 'node:path';
import { type ConfigKey, configKeys } from './configKeys.ts';
import { complaint, type Setting, shown } from './setting.ts';

export type Checked = { readonly value: unknown } | { readonly complaint: string };

/** One setting against the schema of its key: the value to use, or one line that says what was expected and found. */
export function checkSetting({ key, value, origin, folder }: Setting): Checked {
  const leaf = configKeys.get(key);
  if (!leaf) throw new Error(`No configuration key "${key}".`);
  const isText = origin.source === 'environment' || origin.source === 'flag';
  const parsed = leaf.schema.safeParse(isText ? fromText(value, leaf) : value);
  if (!parsed.success) {
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

function absolute(value: unknown, folder: string): unknown {
  return Array.isArray(value)
    ? value.map((item) => path.resolve(folder, String(item)))
    : path.resolve(folder, String(value));
}
