import { readFile, stat } from 'node:fs/promises';
import { Fault } from '../domain/fault.ts';

const bytesMax = 4 * 1024 * 1024;
const labelsMax = 65_536;

/**
 * Class names from a text file: UTF-8, a name on each line, the first line class 0. Line ends of Windows and an empty end
 * are fine; an empty line between names would shift every class after it. Throws Fault `model_invalid`.
 */
export async function readLabels(file: string): Promise<readonly string[]> {
  const { size } = await stat(file);
  if (size > bytesMax) throw wrong(file, `at most ${bytesMax} bytes`, `${size}`);
  const labels = textOf(file, await readFile(file))
    .split('\n')
    .map((line) => line.trim());
  while (labels.at(-1) === '') labels.pop();
  if (labels.length === 0) throw wrong(file, 'a class name on each line', 'an empty file');
  if (labels.length > labelsMax) throw wrong(file, `at most ${labelsMax} class names`, `${labels.length}`);
  const empty = labels.indexOf('');
  if (empty >= 0) throw wrong(`${file}:${empty + 1}`, 'a class name', 'an empty line');
  return labels;
}

/** Without the mark that some editors put in front. */
function textOf(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw wrong(file, 'text in UTF-8', 'other bytes');
  }
}

function wrong(where: string, expected: string, found: string): Fault {
  return new Fault('model_invalid', `${where}: expected ${expected}, found ${found}.`, { expected, received: found });
}
