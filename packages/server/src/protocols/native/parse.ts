import type { Prompts, SegmentOptions } from '@segserve/contract';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import type { KeptPictures } from '../../domain/keptPictures.ts';
import { base64Part, decodeBase64 } from '../wire/base64.ts';
import { readFormBody } from '../wire/formBody.ts';
import { readJsonBody } from '../wire/jsonBody.ts';
import { essenceOf } from '../wire/negotiate.ts';
import {
  type BodyPictures,
  imagesField,
  type PictureInput,
  pictureFields,
  pictureInputs,
  picturesOfForm,
  picturesOfJson,
} from './bodyPictures.ts';
import { checkOptions } from './checkOptions.ts';
import { keptPicture, queryImage } from './pictureRefs.ts';
import { maskField, promptsOf, withMaskFile, withMaskText, wordyOptions } from './prompts.ts';

export interface SegmentInput {
  /** At least one. */
  readonly pictures: readonly PictureInput[];
  /** Whether the reply is one of several pictures, however many there are. */
  readonly isSeveral: boolean;
  readonly options: SegmentOptions;
  /** What is to be segmented, if that is said. */
  readonly prompts: Prompts | undefined;
}

export interface ParseOptions {
  /** Pictures that requests may name by their digest. */
  readonly kept: KeptPictures;
  /** Pictures of one request. */
  readonly imagesMax: number;
  /** Aborted when the caller leaves. */
  readonly signal?: AbortSignal;
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

/** The picture or pictures and the options, from wherever the caller has put them. Throws Fault. */
export async function parseSegment(request: FastifyRequest, rules: ParseOptions): Promise<SegmentInput> {
  const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const { named, options: query } = queryImage(request.query as Fields);
  const { kept: store } = rules;
  const kept = named === undefined ? undefined : keptPicture(named, store);
  switch (bodyFormOf(request.headers)) {
    case 'raw':
      if (kept !== undefined && body.length > 0) throw twice('image');
      return one(kept ?? body, checkOptions(query), 'The body is empty; it has to be the bytes of a picture.');
    case 'form': {
      if (body.length === 0) throw new Fault('empty_image', 'The form is empty; the picture belongs in "image".');
      const form = await formOf(request, body, rules);
      const options = checkOptions(merged(query, form.fields), [...pictureFields, maskField]);
      const pictures = withKept(picturesOfForm(form, rules.imagesMax), kept);
      if (pictures.images.length === 0) {
        throw new Fault('invalid_request', 'The form has no "image"; with curl: -F image=@photo.jpg.');
      }
      const images = pictures.images.map((image) => keptPicture(image, store) ?? image);
      const given = several({ ...pictures, images }, options, 'The file in "image" is empty.');
      return { ...given, prompts: withMaskFile(given.prompts, form.files[maskField]) };
    }
    case 'json': {
      const json = await readJsonBody(
        body,
        { one: ['image', 'backgroundImage'], lists: [imagesField, 'trimap'] },
        wordyOptions,
      );
      const options = checkOptions(merged(query, withMaskText(json.fields)), [...pictureFields, imagesField]);
      const found = picturesOfJson(json, rules.imagesMax);
      const pictures = withKept(await decodedTexts(found, store), kept);
      if (pictures.images.length === 0) {
        throw Fault.expected('invalid_request', 'the picture as base64 in `image`', 'no `image`');
      }
      return several(pictures, options, '`image` holds no bytes.');
    }
  }
}

function formOf(request: FastifyRequest, body: Buffer, { imagesMax, signal }: ParseOptions) {
  return readFormBody(body, request.headers['content-type'] ?? '', {
    fields: [...pictureFields, maskField],
    // One more of each than may be, so that the sentence about them is of pictures and not of files.
    filesMax: 2 * imagesMax + 5,
    ...(signal ? { signal } : {}),
  });
}

/** The texts of a JSON body as the pictures that they stand for. */
async function decodedTexts({ images, trimaps, background, isSeveral }: BodyPictures, store: KeptPictures) {
  const decoded = (text: Uint8Array, name: string) => decodeBase64(base64Part(text, name), name);
  const name = isSeveral ? imagesField : 'image';
  return {
    images: await inTurn(images, async (text) => keptPicture(text, store) ?? (await decoded(text, name))),
    trimaps: await inTurn(trimaps, (text) => decoded(text, 'trimap')),
    background: background && (await decoded(background, 'backgroundImage')),
    isSeveral,
  };
}

/** One after the other: each has its pauses for other requests, and nobody is in a hurry. */
async function inTurn<From, To>(items: readonly From[], make: (item: From) => Promise<To>): Promise<To[]> {
  const made: To[] = [];
  for (const item of items) made.push(await make(item));
  return made;
}

/** The picture that the query names stands for the one that the body then does not have. */
function withKept(pictures: BodyPictures, kept: Uint8Array | undefined): BodyPictures {
  if (kept === undefined) return pictures;
  if (pictures.images.length > 0) throw twice('image');
  return { ...pictures, images: [kept] };
}

function several(pictures: BodyPictures, options: SegmentOptions, whenEmpty: string): SegmentInput {
  // Of several pictures one that is empty fails alone, as every other bad one does.
  if (!pictures.isSeveral && pictures.images[0]?.length === 0) throw new Fault('empty_image', whenEmpty);
  return { pictures: pictureInputs(pictures), isSeveral: pictures.isSeveral, options, prompts: promptsOf(options) };
}

function one(image: Uint8Array, options: SegmentOptions, whenEmpty: string): SegmentInput {
  return several({ images: [image], trimaps: [], background: undefined, isSeveral: false }, options, whenEmpty);
}

function merged(query: Fields, body: Fields): Fields {
  const both = Object.keys(body).find((name) => Object.hasOwn(query, name));
  if (both === undefined) return { ...query, ...body };
  throw twice(both);
}

function twice(name: string): Fault {
  return new Fault('invalid_request', `\`${name}\` stands both in the query and in the body. Keep one of them.`);
}
