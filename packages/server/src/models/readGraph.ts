import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { resolveExternalData } from '../graph/externalData.ts';
import { GraphError } from '../graph/graphError.ts';

/**
 * The bytes of an .onnx file of a package, with the weights that lie beside it. Throws GraphError where those are missing or outside
 * the package.
 */
export async function readGraph(folder: string, file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  const home = await realpath(folder);
  return resolveExternalData(bytes, (location, offset, length) => {
    return readSlice(path.join(path.dirname(file), location), home, offset, length);
  });
}

/** Weights beside the graph; a link may not lead out of the package. */
function readSlice(file: string, home: string, offset: number, length: number): Uint8Array {
  const real = existing(file);
  if (path.relative(home, real).startsWith('..')) {
    throw new GraphError(
      `Expected external weights inside the package folder but ${path.basename(file)} leads out of it`,
    );
  }
  const descriptor = openSync(real, 'r');
  try {
    const bytes = new Uint8Array(length);
    const read = readSync(descriptor, bytes, 0, length, offset);
    return bytes.subarray(0, read);
  } finally {
    closeSync(descriptor);
  }
}

function existing(file: string): string {
  try {
    return realpathSync(file);
  } catch (cause) {
    throw new GraphError(
      `Expected external weights in ${path.basename(file)} beside the graph but the file is not there`,
      { cause },
    );
  }
}
