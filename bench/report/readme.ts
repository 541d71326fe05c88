import { readFile, writeFile } from 'node:fs/promises';

const file = new URL('../README.md', import.meta.url);
const begin = '<!-- numbers: written by npm run bench -->';
const end = '<!-- end of numbers -->';

/** Puts `section` between the two marks of bench/README.md; the prose around them stays. */
export async function writeIntoReadme(section: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, rest] = cut(text, begin);
  const [, after] = cut(rest, end);
  await writeFile(file, `${before}${begin}\n\n${section.trim()}\n\n${end}${after}`);
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`Expected the line "${mark}" in bench/README.md but it is not there.`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
