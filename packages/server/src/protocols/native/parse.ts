import type { SegmentOptions } from '@segserve/contract';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { base64Part, decodeBase64 } from '../wire/base64.ts';
import { readFormBody } from '../wire/formBody.ts';
import { readJsonBody } from '../wire/jsonBody.ts';
import { essenceOf } from '../wire/negotiate.ts';
import { checkOptions } from './checkOptions.ts';

export interface SegmentInput {
  readonly image: Uint8Array;
  readonly options: SegmentOptions;
}

type Fields = Readonly<Record<string, unknown>>;
type BodyForm = 'raw' | 'form' | 'json';

/** What the body is going to be, told before a byte of it is read. Throws Fault `unsupported_media_type`. */
export function bodyFormOf(headers: FastifyRequest['headers']): BodyForm {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw Fault.expected('unsupported_media_type', 'a body without Content-Encoding', encoding.slice(0, 60));
  }
  const type = essenceOf(headers['content-type']);
  if (type === '' || type.startsWith('image/') || type === 'application/octet-stream') return 'raw';
  if (type === 'multipart/form-data') return 'form';
  if (type === 'application/json') return 'json';
  const hint =
    type === 'application/x-www-form-urlencoded'
      ? ' curl says so unless told otherwise: add -H "Content-Type: image/jpeg" to --data-binary, or use -F image=@photo.jpg.'
      : '';
  const expected = 'image/*, multipart/form-data or application/json';
  const message = `Expected a body of type ${expected} but received ${type.slice(0, 60)}.${hint}`;
  throw new Fault('unsupported_media_type', message, { expected, received: type.slice(0, 60) });
}

/** The picture and the options, from wherever the caller has put them. Throws Fault. */
export async function parseSegment(request: FastifyRequest): Promise<SegmentInput> {
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const query = request.query as Fields;
  switch (bodyFormOf(request.headers)) {
    case 'raw':
      return input(body, checkOptions(query), 'The body is empty; it has to be the bytes of a picture.');
    case 'form': {
      if (body.length === 0) throw new Fault('empty_image', 'The form is empty; the picture belongs in "image".');
      const form = await readFormBody(body, request.headers['content-type'] ?? '', 'image');
      const options = checkOptions(merged(query, form.fields), ['image']);
      if (form.file === undefined) {
        throw new Fault('invalid_request', 'The form has no "image"; with curl: -F image=@photo.jpg.');
      }
      return input(form.file, options, 'The file in "image" is empty.');
    }
    case 'json': {
      const { fields, long } = await readJsonBody(body, 'image');
      const options = checkOptions(merged(query, fields), ['image']);
      if (long === undefined) {
        throw Fault.expected('invalid_request', 'the picture as base64 in `image`', 'no `image`');
      }
      const image = await decodeBase64(base64Part(long, 'image'), 'image');
      return input(image, options, '`image` holds no bytes.');
    }
  }
}

function input(image: Uint8Array, options: SegmentOptions, whenEmpty: string): SegmentInput {
  if (image.length === 0) throw new Fault('empty_image', whenEmpty);
  return { image, options };
}

function merged(query: Fields, body: Fields): Fields {
  const twice = Object.keys(body).find((name) => Object.hasOwn(query, name));
  if (twice === undefined) return { ...query, ...body };
  throw new Fault('invalid_request', `\`${twice}\` stands both in the query and in the body. Keep one of them.`);
}
