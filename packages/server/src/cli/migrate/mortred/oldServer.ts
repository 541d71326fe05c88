import { parse } from 'smol-toml';
import { Fault } from '../../../domain/fault.ts';
import type { OldConfig } from '../migration.ts';
import { strictKeys } from './serverKeys.ts';

export type Section = Readonly<Record<string, unknown>>;

/** A server's file, as far as all eras agree on it. */
export interface OldServer {
  readonly file: string;
  /** `BISENETV2_SERVER` */
  readonly name: string;
  readonly section: Section;
  /** The other sections, in the order of the file. */
  readonly others: readonly (readonly [name: string, section: Section])[];
  readonly uri: string;
  readonly era: 'a' | 'b' | 'c';
}

/** Throws Fault `config_invalid` when there is no server section, or no address in it. */
export function readOldServer(old: OldConfig): OldServer {
  const file = old.path.split(/[/\\]/).at(-1) ?? old.path;
  const sections = sectionsOf(old.text, file);
  const found = sections.find(([name]) => name.endsWith('_SERVER'));
  if (!found) throw Fault.expected('config_invalid', `${file}: a section such as [BISENETV2_SERVER]`, 'none');
  const [name, section] = found;
  const uri = section.server_uri ?? section.server_url;
  if (typeof uri !== 'string') {
    throw Fault.expected('config_invalid', `${file}: [${name}].server_uri or server_url as a text`, shown(uri));
  }
  return { file, name, section, others: sections.filter((one) => one !== found), uri, era: eraOf(file, found) };
}

/** Eras A and B name their files .ini and parse them as TOML all the same. */
export function sectionsOf(text: string, file: string): (readonly [name: string, section: Section])[] {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parse(text);
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
    throw Fault.expected('config_invalid', `${file} to be sections of key = value (TOML)`, why);
  }
  return Object.entries(document).flatMap(([name, value]) => (isSection(value) ? [[name, value] as const] : []));
}

function eraOf(file: string, [name, section]: readonly [string, Section]): 'a' | 'b' | 'c' {
  if (file.endsWith('.toml') || strictKeys.some((key) => key in section)) return 'c';
  // The chat servers came with era B and kept the older key.
  return 'server_uri' in section || name.endsWith('_CHAT_SERVER') ? 'b' : 'a';
}

function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as an error quotes it. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
