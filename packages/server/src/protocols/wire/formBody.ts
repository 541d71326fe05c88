import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Fault } from '../../domain/fault.ts';

export interface FormBody {
  /** Text fields; a name that occurs more than once has all its values. */
  readonly fields: Readonly<Record<string, string | string[]>>;
  /** The one file. */
  readonly file: Uint8Array | undefined;
}

/** Bounds of one form; the body as a whole has been bounded by the listener. */
const limits = { fields: 64, parts: 66, files: 2, fieldSize: 64 * 1024, headerPairs: 64, headerSize: 16 * 1024 };

/** Reads multipart/form-data that lies in memory; the part `fileField` is a file however it is labelled. */
export function readFormBody(body: Uint8Array, contentType: string, fileField: string): Promise<FormBody> {
  const fields: Record<string, string | string[]> = Object.create(null);
  const files: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    const refuse = (message: string) => reject(new Fault('invalid_request', message));
    const busboy = openForm(contentType, fileField, body.length);
    busboy.on('file', (name, stream) => {
      if (name !== fileField)
        refuse(`The form has a file in the field "${name}"; the picture belongs in "${fileField}".`);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => refuse('The form ends in the middle of the file.'));
      stream.on('end', () => files.push(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    });
    busboy.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (valueTruncated) refuse(`The field "${name}" is longer than ${limits.fieldSize} bytes.`);
      const before = fields[name];
      fields[name] = before === undefined ? value : [before, value].flat();
    });
    busboy.on('fieldsLimit', () => refuse(`The form has more than ${limits.fields} fields.`));
    busboy.on('partsLimit', () => refuse(`The form has more than ${limits.parts} parts.`));
    busboy.on('error', (error) => refuse(`The form cannot be read: ${(error as Error).message}.`));
    busboy.on('finish', () => {
      if (files.length > 1) refuse(`The form has more than one "${fileField}"; send one picture for each request.`);
      resolve({ fields, file: files[0] });
    });
    busboy.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}

function openForm(contentType: string, fileField: string, bytes: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits: { ...limits, fileSize: bytes + 1 },
      isPartAFile: (name, type, filename) =>
        name === fileField || type === 'application/octet-stream' || filename !== undefined,
    });
  } catch (cause) {
    const message = 'The Content-Type multipart/form-data has no boundary; let the HTTP library write this header.';
    throw new Fault('invalid_request', message, { cause });
  }
}
