import { Fault } from '../../domain/fault.ts';
import { type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { LongText } from '../wire/longText.ts';

/** A body as far as it could be understood. `empty`: no bytes; `malformed`: no JSON; `other`: JSON, but no object. */
export type Parsed =
  | { readonly form: 'empty' | 'malformed' | 'other' }
  | {
      readonly form: 'object';
      /** Undefined when missing or no string; so with `picture`. */
      readonly requestId: string | undefined;
      /** base64, not yet decoded. */
      readonly picture: string | LongText | undefined;
    };

/** `{"img_data":"…","req_id":"…"}`; keys of no meaning are ignored. Never rejects for what a caller has sent. */
export async function parseBody(body: Buffer | undefined): Promise<Parsed> {
  if (body === undefined || body.length === 0) return { form: 'empty' };
  const value = await readOrNothing(body);
  if (value === undefined) return { form: 'malformed' };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { form: 'other' };
  const { req_id: id, img_data: picture } = value as Readonly<Record<string, JsonValue>>;
  return {
    form: 'object',
    requestId: isText(id) ? (typeof id === 'string' ? id : id.text()) : undefined,
    picture: isText(picture) ? picture : undefined,
  };
}

async function readOrNothing(body: Buffer): Promise<JsonValue | undefined> {
  try {
    return await readJsonDocument(body, { field: 'img_data' });
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid_request') return undefined;
    throw error;
  }
}

function isText(value: JsonValue | undefined): value is string | LongText {
  return typeof value === 'string' || value instanceof LongText;
}
