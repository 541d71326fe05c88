import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';

/** One part of a form that is a file, which is one whose head names a file. */
export interface FormPart {
  readonly field: string;
  readonly fileName: string;
  readonly bytes: Buffer;
}

const limits = { fields: 64, parts: 128, files: 64, fieldSize: 64 * 1024, headerPairs: 64, headerSize: 16 * 1024 };

/**
 * The files of a multipart/form-data body that lies in memory. A form that breaks off or has no boundary holds no file
 * at all: the servers that this wire descends from skip what they cannot read and then count the files.
 */
export function readFormParts(body: Buffer, contentType: string): Promise<readonly FormPart[]> {
  const parts: FormPart[] = [];
  return new Promise((resolve) => {
    const busboy = openForm(contentType, body.length);
    if (busboy === undefined) return resolve([]);
    const broken = () => resolve([]);
    busboy.on('file', (field, stream, fileName) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', broken);
      stream.on('end', () => parts.push({ field, fileName, bytes: joined(chunks) }));
    });
    busboy.on('partsLimit', broken);
    busboy.on('filesLimit', broken);
    busboy.on('error', broken);
    busboy.on('finish', () => resolve(parts));
    busboy.end(body);
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function openForm(contentType: string, bytes: number): BusboyInstance | undefined {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits: { ...limits, fileSize: bytes + 1 },
      isPartAFile: (_name, _type, fileName) => fileName !== undefined,
    });
  } catch {
    return undefined;
  }
}
