import { setImmediate as nextTurn } from 'node:timers/promises';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Fault } from '../../domain/fault.ts';

export interface FormFile {
  readonly field: string;
  readonly filename: string;
  readonly bytes: Uint8Array;
}

/** A form of any shape: fields and files that occur more than once, in their order. */
export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly files: readonly FormFile[];
}

/** Bytes given to the reader in one go: well under a millisecond. */
const sliceBytes = 64 * 1024;
const partsMax = 1024;

/** Reads multipart/form-data or application/x-www-form-urlencoded that lies in memory. Throws Fault `invalid_request`. */
export async function readForm(body: Uint8Array, contentType: string): Promise<Form> {
  const fields: [string, string][] = [];
  const files: FormFile[] = [];
  const busboy = open(contentType, body.length);
  const done = new Promise<void>((resolve, reject) => {
    const refuse = (message: string) => reject(new Fault('invalid_request', message));
    busboy.on('field', (name, value) => void fields.push([name, value]));
    busboy.on('file', (field, stream, filename) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => refuse('The form ends in the middle of a file.'));
      stream.on('end', () => files.push({ field, filename: filename ?? '', bytes: Buffer.concat(chunks) }));
    });
    busboy.on('partsLimit', () => refuse(`The form has more than ${partsMax} parts.`));
    busboy.on('fieldsLimit', () => refuse(`The form has more than ${partsMax} fields.`));
    busboy.on('error', () => refuse('The body is not the form that its Content-Type says.'));
    busboy.on('finish', resolve);
  });
  // A reader that refuses early must not leave an unhandled rejection while the slices are still being given.
  done.catch(() => {});
  for (let start = 0; start < body.length; start += sliceBytes) {
    busboy.write(Buffer.from(body.subarray(start, start + sliceBytes)));
    await nextTurn();
  }
  busboy.end();
  await done;
  return { fields, files };
}

function open(contentType: string, bytes: number): BusboyInstance {
  const most = bytes + 1;
  const limits = { fields: partsMax, files: partsMax, parts: partsMax, fieldSize: most, fileSize: most };
  try {
    return new Busboy({ headers: { 'content-type': contentType } as BusboyHeaders, limits });
  } catch (cause) {
    throw new Fault('invalid_request', 'The Content-Type is not that of a form.', { cause });
  }
}
