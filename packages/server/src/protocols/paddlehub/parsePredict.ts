import { Fault } from '../../domain/fault.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { LongText } from '../wire/longText.ts';
import { essenceOf } from '../wire/negotiate.ts';
import { PageError } from './htmlPage.ts';

/** Bytes of a body besides long texts: a few thousand small pictures. */
const restBytesMax = 16 * 1024 * 1024;

/**
 * The arguments that a body of `/predict/<module>` names; undefined where it is not declared as JSON, or is `null`.
 * Throws PageError: what is no JSON is 400, what is no object 500, as in the predecessor.
 */
export async function parsePredict(
  body: Uint8Array | undefined,
  contentType: string | undefined,
): Promise<JsonObject | undefined> {
  if (!isJson(contentType)) return undefined;
  const value = await parse(body ?? new Uint8Array());
  if (value === null) return undefined;
  if (typeof value === 'object' && isObject(value)) return value;
  throw new PageError(500, 'Expected a JSON object whose keys are the arguments of the module, such as "images".');
}

/** `application/json` and `application/<anything>+json`. */
export function isJson(contentType: string | undefined): boolean {
  return /^application\/([^/]*\+)?json$/.test(essenceOf(contentType));
}

async function parse(body: Uint8Array): Promise<JsonValue> {
  try {
    return await readJsonDocument(body, { restBytesMax, field: 'images' });
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid_request') throw new PageError(400, error.message);
    throw error;
  }
}

function isObject(value: Exclude<JsonValue, null | boolean | number | string>): value is JsonObject {
  return !Array.isArray(value) && !(value instanceof LongText) && !(value instanceof LongNumbers);
}
