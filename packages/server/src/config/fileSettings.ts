import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlias, isMap, isScalar, LineCounter, parseDocument, type Document as YamlDocument } from 'yaml';
import { configGroups, configKeys } from './configKeys.ts';
import { didYouMean } from './nearest.ts';
import { complaint, type Origin, type Setting, type Settings, shown } from './setting.ts';

/** The settings of one YAML file. `shownAs` names it in complaints. */
export async function fileSettings(file: string, shownAs: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'nothing there' : `something that cannot be read (${code})`;
    return { settings: [], complaints: [`${shownAs}: expected a configuration file, found ${found}.`] };
  }
  return textSettings(text, shownAs, path.dirname(file));
}

/** As `fileSettings`, from text; relative paths start from `folder`. */
export function textSettings(text: string, shownAs: string, folder: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { source: 'file', name: `${shownAs}:${line}:${col}` };
  };
  if (document.errors.length > 0) {
    const complaints = document.errors.map((error) => `${at(error.pos[0]).name}: not valid YAML: ${error.message}`);
    return { settings: [], complaints };
  }
  const found: Found = { settings: [], complaints: [], at, folder, document };
  if (document.contents) readGroup(document.contents, '', found);
  return { settings: found.settings, complaints: found.complaints };
}

interface Found {
  readonly settings: Setting[];
  readonly complaints: string[];
  readonly at: (offset: number) => Origin;
  readonly folder: string;
  readonly document: YamlDocument;
}

function readGroup(node: unknown, group: string, found: Found): void {
  const target = isAlias(node) ? node.resolve(found.document) : node;
  if (isScalar(target) && target.value === null) return; // "listen:" with nothing below it yet
  if (!isMap(target)) {
    const keys = childrenOf(group).join(', ');
    const name = group === '' ? 'the file' : group;
    found.complaints.push(
      complaint(found.at(offsetOf(node)), name, `expected keys (${keys}), found ${shown(plainValue(target, found))}.`),
    );
    return;
  }
  for (const { key: keyNode, value } of target.items) readEntry(keyNode, value, group, found);
}

function readEntry(keyNode: unknown, value: unknown, group: string, found: Found): void {
  const name = isScalar(keyNode) ? String(keyNode.value) : shown(plainValue(keyNode, found));
  const key = group === '' ? name : `${group}.${name}`;
  if (configGroups.has(key)) {
    readGroup(value, key, found);
    return;
  }
  if (configKeys.has(key)) {
    const origin = found.at(offsetOf(value) || offsetOf(keyNode));
    found.settings.push({ key, value: plainValue(value, found), origin, folder: found.folder });
    return;
  }
  const hint = didYouMean(key, [...configKeys.keys(), ...configGroups]);
  found.complaints.push(
    complaint(found.at(offsetOf(keyNode)), key, `unknown key.${hint || ` Known: ${childrenOf(group).join(', ')}.`}`),
  );
}

function plainValue(node: unknown, found: Found): unknown {
  const convertible = node as { toJS?: (document: YamlDocument, options: object) => unknown } | null;
  return convertible?.toJS ? convertible.toJS(found.document, { maxAliasCount: 50 }) : node;
}

function offsetOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
}

function childrenOf(group: string): string[] {
  const prefix = group === '' ? '' : `${group}.`;
  const names = [...configKeys.keys()].filter((key) => key.startsWith(prefix));
  return [...new Set(names.map((key) => key.slice(prefix.length).split('.')[0] ?? ''))];
}
