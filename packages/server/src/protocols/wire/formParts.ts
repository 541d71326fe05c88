import { setImmediate as nextTurn } from 'node:timers/promises';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { Fault } from '../../domain/fault.ts';
import { FormProblem, type FormProblemKind } from './formProblem.ts';

export interface FormField {
  readonly kind: 'field';
  /** Empty where the form gives none. */
  readonly name: string;
  readonly value: string;
}

export interface FormFile {
  readonly kind: 'file';
  readonly name: string;
  /** Without folders; undefined: the head names no file. */
  readonly fileName: string | undefined;
  readonly bytes: Buffer;
}

export type FormPart = FormField | FormFile;

/** What one wire allows; the body as a whole has been bounded by the listener. */
export interface FormRules {
  readonly fieldsMax: number;
  readonly filesMax: number;
  readonly partsMax: number;
  /** Of one field's value; no bound of its own when absent. */
  readonly fieldBytesMax?: number;
  /** Of one file; no bound of its own when absent. */
  readonly fileBytesMax?: number;
  readonly nameBytesMax?: number;
  /** What becomes of longer fields: an error, or their beginning. */
  readonly longFields?: 'refuse' | 'cut';
  /** Which parts are files; those with a file name and those of application/octet-stream when absent. */
  readonly isFile?: (name: string, fileName: string | undefined, type: string) => boolean;
  /** Aborted when the caller leaves: nothing more is read. */
  readonly signal?: AbortSignal;
}

/** Bytes given to the reader in one go: well under a millisecond. */
const sliceBytes = 128 * 1024;
const headLimits = { headerPairs: 64, headerSize: 16 * 1024 };
const nameBytesUsual = 1024;

/**
 * The parts of a form (multipart/form-data, application/x-www-form-urlencoded) that lies in memory, in their order. Read in slices, so
 * that a large one holds nobody up; files are not copied. Rejects with FormProblem, and with Fault `cancelled` when the caller has left.
 */
export async function readFormParts(body: Uint8Array, contentType: string, rules: FormRules): Promise<FormPart[]> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const busboy = open(contentType, rules, bytes.length);
  const reading = collect(busboy, rules);
  for (let start = 0; start < bytes.length && !reading.isOver(); start += sliceBytes) {
    if (start > 0) await nextTurn();
    if (rules.signal?.aborted) throw new Fault('cancelled', 'The caller left before the form was read.');
    busboy.write(bytes.subarray(start, start + sliceBytes));
  }
  if (!reading.isOver()) busboy.end();
  return reading.parts;
}

function open(contentType: string, rules: FormRules, bytes: number): BusboyInstance {
  const { fieldBytesMax = bytes, fileBytesMax = bytes, nameBytesMax = nameBytesUsual, isFile } = rules;
  const limits = {
    ...headLimits,
    fields: rules.fieldsMax,
    files: rules.filesMax,
    parts: rules.partsMax,
    fieldNameSize: nameBytesMax + 1, // reached: the name is too long
    fieldSize: fieldBytesMax,
    fileSize: fileBytesMax,
  };
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      limits,
      ...(isFile ? { isPartAFile: (name, type, fileName) => isFile(name ?? '', fileName, type ?? '') } : {}),
    });
  } catch (cause) {
    throw new FormProblem('contentType', { cause });
  }
}

interface Reading {
  /** Settles once; a rejection that comes before anybody waits is no unhandled one. */
  readonly parts: Promise<FormPart[]>;
  readonly isOver: () => boolean;
}

function collect(busboy: BusboyInstance, rules: FormRules): Reading {
  const { promise, resolve, reject } = Promise.withResolvers<FormPart[]>();
  promise.catch(() => {});
  const parts: (FormPart | undefined)[] = [];
  let over = false;
  const refuse = (kind: FormProblemKind, facts: { field?: string; most?: number; cause?: unknown } = {}) => {
    over = true;
    reject(new FormProblem(kind, facts));
  };
  const { nameBytesMax = nameBytesUsual } = rules;
  const checkedName = (given: string | undefined): string => {
    const name = given ?? '';
    if (Buffer.byteLength(name) > nameBytesMax) refuse('nameBytes', { field: name, most: nameBytesMax });
    return name;
  };
  busboy.on('field', (given: string | undefined, value, _, isCut) => {
    const name = checkedName(given);
    if (isCut && rules.longFields !== 'cut') refuse('fieldBytes', { field: name, most: rules.fieldBytesMax ?? 0 });
    parts.push({ kind: 'field', name, value });
  });
  busboy.on('file', (given: string | undefined, stream, fileName: string | undefined) => {
    const name = checkedName(given);
    const place = parts.push(undefined) - 1; // files end later than fields that follow
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.on('limit', () => refuse('fileBytes', { field: name, most: rules.fileBytesMax ?? 0 }));
    stream.on('error', (cause: unknown) => refuse('broken', { cause }));
    stream.on('end', () => {
      parts[place] = { kind: 'file', name, fileName, bytes: joined(chunks) };
    });
  });
  busboy.on('fieldsLimit', () => refuse('fieldCount', { most: rules.fieldsMax }));
  busboy.on('filesLimit', () => refuse('fileCount', { most: rules.filesMax }));
  busboy.on('partsLimit', () => refuse('partCount', { most: rules.partsMax }));
  busboy.on('error', (cause) => refuse('broken', { cause }));
  busboy.on('finish', () => {
    over = true;
    resolve(parts.filter((part) => part !== undefined));
  });
  return { parts: promise, isOver: () => over };
}

/** What the reader gives are views of the body, nearly always one behind the other: then the whole is a view too. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  if (first === undefined) return Buffer.alloc(0);
  let end = first.byteOffset;
  for (const chunk of chunks) {
    if (chunk.buffer !== first.buffer || chunk.byteOffset !== end) return Buffer.concat(chunks);
    end += chunk.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}
