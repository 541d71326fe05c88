import { Fault } from '../../domain/fault.ts';
import type { Sources } from '../../domain/sources.ts';
import { type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asObject, base64Field, isObject, textBytes } from '../wire/jsonFields.ts';
import { essenceOf } from '../wire/negotiate.ts';
import { readParameters, type SegmentationParameters } from './parameters.ts';

export interface ImageSegmentationRequest {
  readonly image: Uint8Array;
  readonly parameters: SegmentationParameters;
  /** Whether the caller would rather wait for a model that loads than be told so. */
  readonly waitForModel: boolean;
}

export interface SentRequest {
  readonly body: Buffer | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly signal: AbortSignal;
}

const openingBrace = 0x7b;

/**
 * A picture as it is, or JSON with a picture in base64. JSON is known by its type, or by its brace: no picture begins with
 * one, and `curl -d` calls everything a form. Throws Fault.
 */
export async function parseRequest(sent: SentRequest, sources: Sources): Promise<ImageSegmentationRequest> {
  const { body, headers } = sent;
  const type = essenceOf(textOf(headers['content-type']));
  checkCoding(textOf(headers['content-encoding']));
  if (body === undefined || body.length === 0)
    throw new Fault('empty_image', 'Expected an image but received nothing.');
  const waits = isYes(textOf(headers['x-wait-for-model']));
  if (type === 'application/json' || body[0] === openingBrace) return parseJson(body, waits, sent.signal, sources);
  if (type.startsWith('multipart/')) {
    throw Fault.expected('unsupported_media_type', 'the bytes of a picture, or JSON with `inputs`', type.slice(0, 60));
  }
  return { image: body, parameters: {}, waitForModel: waits };
}

async function parseJson(
  body: Buffer,
  waits: boolean,
  signal: AbortSignal,
  sources: Sources,
): Promise<ImageSegmentationRequest> {
  const { inputs, parameters, options } = asObject(await readJsonDocument(body, { field: 'inputs' }), 'the body');
  const read = readParameters(parameters);
  const image = await readInputs(inputs, signal, sources);
  if (image.length === 0) throw new Fault('empty_image', 'Expected an image in `inputs` but received nothing.');
  const waitsToo = isObject(options) && options.wait_for_model === true;
  return { image, parameters: read, waitForModel: waits || waitsToo };
}

/** Base64 with or without `data:` before it, or the address of a picture where the operator lets those be read. */
async function readInputs(inputs: JsonValue | undefined, signal: AbortSignal, sources: Sources): Promise<Uint8Array> {
  const text = textBytes(inputs, '`inputs`');
  const start = Buffer.from(text.subarray(0, 8)).toString('latin1').toLowerCase();
  if (/^https?:\/\//.test(start)) return sources.readUrl(Buffer.from(text).toString('utf8'), signal);
  return base64Field(inputs, 'inputs', { dataUrl: true });
}

function checkCoding(coding = 'identity'): void {
  if (coding.trim().toLowerCase() === 'identity') return;
  throw Fault.expected('unsupported_media_type', 'a body without Content-Encoding', coding.slice(0, 60));
}

/** `true` is what is documented, and `1` what the Python client has sent. */
function isYes(header: string | undefined): boolean {
  return header !== undefined && /^(true|1)$/i.test(header.trim());
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'object' ? header[0] : header;
}
