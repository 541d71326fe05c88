import { Fault } from '../../domain/fault.ts';
import type { Sources } from '../../domain/sources.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { LongText } from '../wire/longText.ts';
import { elementsOf } from './elementsOf.ts';
import { pythonBase64 } from './pythonBase64.ts';
import { PythonError } from './pythonError.ts';
import { isTruthy, pythonTypeName } from './pythonTypeName.ts';

/** A picture to be segmented. */
export interface HubPicture {
  readonly bytes: Uint8Array;
  /** As the request wrote it; undefined: it came in `images`. */
  readonly path: string | undefined;
}

/** The pictures in `images`, one after the other, so that the first wrong one is the one that is complained of. */
export async function decodeImages(images: JsonValue): Promise<HubPicture[]> {
  const pictures: HubPicture[] = [];
  for (const image of elementsOf(images)) pictures.push({ bytes: await decodeImage(image), path: undefined });
  return pictures;
}

async function decodeImage(image: JsonValue): Promise<Uint8Array> {
  if (typeof image !== 'string' && !(image instanceof LongText)) {
    throw new PythonError(`'${pythonTypeName(image)}' object has no attribute 'encode'`);
  }
  const bytes = await pythonBase64(image instanceof LongText ? image.bytes : Buffer.from(image));
  // What OpenCV asserts, in its own words: its message goes on with versions and places that say nothing here.
  if (bytes.length === 0) throw new PythonError("(-215:Assertion failed) !buf.empty() in function 'imdecode_'");
  return bytes;
}

/** The pictures behind `paths`. Throws Fault `source_forbidden` where the operator has not let files be read. */
export async function readPaths(paths: JsonValue | undefined, sources: Sources): Promise<HubPicture[]> {
  if (paths === undefined || !isTruthy(paths)) return [];
  const pictures: HubPicture[] = [];
  for (const path of elementsOf(paths)) pictures.push(await readPath(path, sources));
  return pictures;
}

async function readPath(path: JsonValue, sources: Sources): Promise<HubPicture> {
  const text = path instanceof LongText ? path.text() : path;
  if (typeof text !== 'string') {
    const expected = 'stat: path should be string, bytes, os.PathLike or integer';
    throw new PythonError(`${expected}, not ${pythonTypeName(path)}`);
  }
  try {
    return { bytes: await sources.readPath(text), path: text };
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'source_unavailable') throw error;
    throw new PythonError(`The ${text.slice(0, 200)} isn't a valid file path.`);
  }
}
