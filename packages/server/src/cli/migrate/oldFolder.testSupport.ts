import path from 'node:path';
import type { OldConfig } from './migration.ts';

/** A predecessor's folder that lies nowhere. */
export function oldFolder(folder: string, texts: Readonly<Record<string, string>>): OldConfig {
  const files = [...new Set(Object.keys(texts).map((name) => name.split('/')[0]!))];
  return { path: folder, isFolder: true, text: '', files, read: async (relative) => texts[path.normalize(relative)] };
}

/** A predecessor's file that lies nowhere. */
export function oldFile(file: string, text: string): OldConfig {
  return { path: file, isFolder: false, text, files: [path.basename(file)], read: async () => undefined };
}
