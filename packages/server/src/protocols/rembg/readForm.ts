import { setImmediate as nextTurn } from 'node:timers/promises';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Fault } from '../../domain/fault.ts';
import { essenceOf } from '../wire/negotiate.ts';

/** A form as Starlette gives it to rembg: of fields that occur more than once, the last. */
export interface RemoveForm {
  readonly values: ReadonlyMap<string, string | { readonly filename: string }>;
  /** The part `file`, with or without a file's name. */
  readonly file: Buffer | undefined;
}

const formTypes = ['multipart/form-data', 'application/x-www-form-urlencoded'];
const fieldBytesMax = 64 * 1024;
const limits = {
  fields: 1000,
  files: 1000,
  parts: 2000,
  fieldSize: fieldBytesMax,
  headerPairs: 64,
  headerSize: 16 * 1024,
};
/** Bytes given to the reader in one go: well under a millisecond. */
const sliceBytes = 64 * 1024;
const broken = 'There was an error parsing the body';

/** A body that is no form holds nothing. Throws Fault `invalid_request` in the words of Starlette. */
export async function readForm(body: Buffer | undefined, contentType: string | undefined): Promise<RemoveForm> {
  const values = new Map<string, string | { readonly filename: string }>();
  let file: Buffer | undefined;
  if (body === undefined || !formTypes.includes(essenceOf(contentType))) return { values, file };
  const busboy = open(contentType ?? '', body.length);
  const done = new Promise<void>((resolve, reject) => {
    const refuse = (message: string) => reject(new Fault('invalid_request', message));
    busboy.on('file', (name, stream, filename: string | undefined) => {
      const chunks: Buffer[] = [];
      if (name !== 'file') values.set(name, { filename: filename ?? '' });
      stream.on('data', (chunk: Buffer) => void (name === 'file' && chunks.push(chunk)));
      stream.on('error', () => refuse(broken));
      stream.on('end', () => {
        if (name !== 'file') return;
        const isNothing = filename === undefined && chunks.length === 0;
        file = isNothing ? undefined : Buffer.concat(chunks);
      });
    });
    busboy.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) refuse(`Part exceeded maximum size of ${fieldBytesMax / 1024}KB.`);
      if (name === 'file') file = value === '' ? undefined : Buffer.from(value);
      else values.set(name, value);
    });
    busboy.on('fieldsLimit', () => refuse(`Too many fields. Maximum number of fields is ${limits.fields}.`));
    busboy.on('filesLimit', () => refuse(`Too many files. Maximum number of files is ${limits.files}.`));
    busboy.on('partsLimit', () => refuse(broken));
    busboy.on('error', () => refuse(broken));
    busboy.on('finish', resolve);
  });
  // A reader that refuses early must not leave an unhandled rejection while the slices are still being given.
  done.catch(() => {});
  for (let start = 0; start < body.length; start += sliceBytes) {
    busboy.write(body.subarray(start, start + sliceBytes));
    await nextTurn();
  }
  busboy.end();
  await done;
  return { values, file };
}

function open(contentType: string, bytes: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits: { ...limits, fileSize: bytes + 1 },
      isPartAFile: (name, _type, filename) => name === 'file' || filename !== undefined,
    });
  } catch (cause) {
    throw new Fault('invalid_request', 'Missing boundary in multipart.', { cause });
  }
}
