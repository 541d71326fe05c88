import { Fault } from '../../domain/fault.ts';
import type { SegmentResult } from '../../domain/request.ts';
import type { Sources } from '../../domain/sources.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { LongText } from '../wire/longText.ts';
import type { Family } from './families.ts';
import { PythonError } from './pythonError.ts';
import { pythonTypeName } from './pythonTypeName.ts';
import type { HubPicture } from './readPictures.ts';

/**
 * Writes what `visualization` asks for: of each result all answers but the first. Throws Fault `source_forbidden` where
 * the operator has named no folder for results: to answer as if they had been written would be a lie.
 */
export async function savePictures(
  family: Family,
  folder: string,
  pictures: readonly HubPicture[],
  results: readonly SegmentResult[],
  sources: Sources,
): Promise<void> {
  for (const [index, { answers }] of results.entries()) {
    const name = family.savedName === 'source' ? sourceName(pictures[index]?.path) : clockName();
    for (const [at, saved] of family.saved.entries()) {
      const bytes = answers[at + 1]?.bytes;
      if (bytes === undefined) throw new Fault('internal', 'The engine left out an answer that was asked for.');
      const below = saved.folder === '' ? folder : `${folder}/${saved.folder}`;
      await sources.writeResult(below, `${name}.png`, bytes);
    }
  }
}

/** `output_dir` or `save_path` as it is written, or `<module>_output`. */
export function folderOf(given: JsonValue | undefined, moduleName: string): string {
  if (given === undefined) return `${moduleName}_output`;
  if (typeof given === 'string') return given;
  if (given instanceof LongText) return given.text();
  throw new PythonError(`expected str, bytes or os.PathLike object, not ${pythonTypeName(given)}`);
}

/** The file's name without its extension; a picture that has none is named for when it came, in microseconds. */
function sourceName(path: string | undefined): string {
  const file = path?.split(/[/\\]/).at(-1) ?? '';
  if (file === '') return `ndarray_time=${microseconds()}`;
  const dot = file.lastIndexOf('.');
  return dot > 0 ? file.slice(0, dot) : file;
}

function clockName(): string {
  const now = microseconds();
  return `${Math.floor(now / 1e6)}.${String(now % 1e6).padStart(6, '0')}`;
}

let last = 0;

/** Since 1970, and never the same twice: names are made of it. */
function microseconds(): number {
  last = Math.max(last + 1, Math.floor((performance.timeOrigin + performance.now()) * 1000));
  return last;
}
