import { extname } from 'node:path';
import { Fault } from '../../domain/fault.ts';
import { inflateBody } from '../wire/inflateBody.ts';
import { essenceOf } from '../wire/negotiate.ts';
import type { BentoApi } from './bundle.ts';
import { type FormFile, readFormFiles } from './formFiles.ts';
import { Rejection } from './rejection.ts';
import type { InputAdapter } from './settings.ts';

/** A picture as it came, with the file name that came with it. */
export interface Upload {
  /** Of MultiFileInput and MultiImageInput: which of the named inputs it is. */
  readonly name: string;
  readonly fileName: string | undefined;
  readonly bytes: Buffer;
}

/** What the adapter makes of a request. */
export type ApiInput =
  | { readonly kind: 'file'; readonly upload: Upload }
  | { readonly kind: 'files'; readonly uploads: readonly Upload[] }
  | { readonly kind: 'json'; readonly text: string };

/** The request as bytes and headers, from HTTP or made up by the command line. */
export interface RawRequest {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Aborted when the caller leaves. */
  readonly signal?: AbortSignal;
}

/** JSON is parsed in one go, so there may not be much of it. */
const jsonBytesMax = 1024 * 1024;

const parsers: Readonly<Record<InputAdapter, (body: Buffer, raw: RawRequest, api: BentoApi) => Promise<ApiInput>>> = {
  FileInput: oneFile,
  ImageInput: async (body, raw, api) => {
    const input = await oneFile(body, raw, api);
    if (input.kind === 'file') checkExtension(input.upload.fileName, api);
    return input;
  },
  MultiFileInput: namedFiles,
  MultiImageInput: namedFiles,
  JsonInput: async (body) => jsonOf(body, 'JsonInput'),
  StrictJsonInput: async (body, { contentType }) => {
    if (essenceOf(contentType) === 'application/json') return jsonOf(body, 'StrictJsonInput');
    throw new Rejection('BentoML#StrictJsonInput takes requests with the Content-Type application/json only');
  },
};

/** What the API's adapter takes from the request. Throws Rejection, or Fault `body_too_large`. */
export async function parseRequest(raw: RawRequest, api: BentoApi, requestBytesMax: number): Promise<ApiInput> {
  const body = await unzipped(raw, requestBytesMax);
  if (body.length > requestBytesMax) {
    throw Fault.expected('body_too_large', `a request of at most ${requestBytesMax} bytes`, `${body.length}`);
  }
  return parsers[api.input](body, raw, api);
}

/** gzip alone, under both its names; any other coding is left as it is, for the function to fail on. */
async function unzipped({ body, contentEncoding }: RawRequest, bytesMax: number): Promise<Buffer> {
  const coding = contentEncoding?.trim().toLowerCase();
  if (coding !== 'gzip' && coding !== 'x-gzip') return body;
  try {
    return await inflateBody(body, coding, bytesMax);
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid_request') throw new Rejection('Gzip decompression error');
    throw error;
  }
}

/** One file: the only one of a form, whatever its field is called, or the whole body. */
async function oneFile(body: Buffer, { contentType, signal }: RawRequest, api: BentoApi): Promise<ApiInput> {
  if (isForm(contentType)) {
    const parts = await readFormFiles(body, contentType ?? '', signal);
    const [part] = parts;
    if (part === undefined || parts.length > 1) {
      const upgraded = 'if you just upgraded from bentoml 0.7, you may need to use MultiFileAdapter instead';
      throw new Rejection(`BentoML#${api.input} requires one and at least one file at a time, ${upgraded}`);
    }
    return { kind: 'file', upload: uploadOf(part) };
  }
  if (body.length === 0) throw new Rejection(`BentoML#${api.input} unexpected HTTP request format`);
  return { kind: 'file', upload: { name: '', fileName: undefined, bytes: body } };
}

/** A form with a file for each of the names, in their order. */
async function namedFiles(body: Buffer, { contentType, signal }: RawRequest, api: BentoApi): Promise<ApiInput> {
  const parts = isForm(contentType) ? await readFormFiles(body, contentType ?? '', signal) : [];
  const uploads = api.inputNames.map((name) => {
    const part = parts.find((one) => one.name === name);
    if (part === undefined) throw new Rejection(`BentoML#${api.input} Empty request`);
    return uploadOf(part);
  });
  if (api.input === 'MultiImageInput') for (const { fileName } of uploads) checkNamedExtension(fileName, api);
  return { kind: 'files', uploads };
}

function uploadOf({ name, fileName, bytes }: FormFile): Upload {
  return { name, fileName: fileName === '' ? undefined : fileName, bytes };
}

function isForm(contentType: string | undefined): boolean {
  return essenceOf(contentType) === 'multipart/form-data';
}

function checkExtension(fileName: string | undefined, { acceptImageFormats }: BentoApi): void {
  if (isAccepted(fileName, acceptImageFormats)) return;
  throw new Rejection(`Current service only accepts {${quoted(acceptImageFormats)}} formats`);
}

function checkNamedExtension(fileName: string | undefined, { acceptImageFormats }: BentoApi): void {
  if (isAccepted(fileName, acceptImageFormats)) return;
  const list = `[${quoted(acceptImageFormats)}]`;
  throw new Rejection(`BentoML#MultiImageInput Input image file must be in supported format list: ${list}`);
}

/** Names are checked only where there is one. */
function isAccepted(fileName: string | undefined, formats: readonly string[]): boolean {
  return fileName === undefined || formats.includes(extname(fileName).toLowerCase());
}

/** As Python lists texts. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(', ');
}

function jsonOf(body: Buffer, adapter: InputAdapter): ApiInput {
  if (body.length > jsonBytesMax) {
    throw Fault.expected('body_too_large', `JSON of at most ${jsonBytesMax} bytes`, `${body.length}`);
  }
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    throw new Rejection(`BentoML#${adapter} expected a body that is JSON`);
  }
  return { kind: 'json', text };
}
