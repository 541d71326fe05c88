import { fromBinary, isFieldSet } from '@bufbuild/protobuf';
import type { Fault } from '../../domain/fault.ts';
import { UnreadableMessage } from '../wire/brpc/brpcFailure.ts';
import type { BrpcCall } from '../wire/brpc/service.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asArray, asObject, base64Field, isObject, kindOf } from '../wire/jsonFields.ts';
import { ImageSegReqItemSchema, RequestSchema } from './gen/image_seg_pb.ts';

/** More are no request of a client but somebody's try to keep the server busy. */
const instancesMax = 4096;

/** The pictures of a request, in its order; `image_length` has to be there and means nothing. Throws UnreadableMessage. */
export async function readInstances({ form, body }: Pick<BrpcCall, 'form' | 'body'>): Promise<Uint8Array[]> {
  const images = form === 'protobuf' ? readProtobuf(body) : await readJson(body);
  if (images.length <= instancesMax) return images;
  throw new UnreadableMessage(`Expected at most ${instancesMax} instances but received ${images.length}.`);
}

function readProtobuf(body: Uint8Array): Uint8Array[] {
  const { instances } = decoded(body);
  return instances.map((item) => {
    for (const field of ImageSegReqItemSchema.fields) {
      if (!isFieldSet(item, field)) throw missing(field.name);
    }
    return item.imageBinary;
  });
}

function decoded(body: Uint8Array) {
  try {
    return fromBinary(RequestSchema, body);
  } catch {
    throw new UnreadableMessage('Expected protobuf but received other bytes.');
  }
}

async function readJson(body: Uint8Array): Promise<Uint8Array[]> {
  try {
    const request = asObject(await readJsonDocument(body, { field: 'image_binary' }), 'the body');
    const { instances } = request;
    if (instances === undefined || instances === null) return [];
    const images: Uint8Array[] = [];
    for (const [index, item] of asArray(instances, '`instances`').entries()) images.push(await imageOf(item, index));
    return images;
  } catch (error) {
    if ((error as Fault | null)?.code !== 'invalid_request') throw error;
    throw new UnreadableMessage((error as Fault).message);
  }
}

async function imageOf(value: JsonValue, index: number): Promise<Uint8Array> {
  const name = `instances[${index}]`;
  const item: JsonObject = asObject(value, `\`${name}\``);
  const { image_binary: image, image_length: length } = item;
  if (image === undefined || image === null) throw missing(`${name}.image_binary`);
  if (length === undefined || length === null) throw missing(`${name}.image_length`);
  if (typeof length !== 'number' || length !== length >>> 0) {
    const received = typeof length === 'number' ? String(length) : kindOf(length);
    throw new UnreadableMessage(
      `Expected ${name}.image_length to be an unsigned 32-bit integer but received ${received}.`,
    );
  }
  if (isObject(image))
    throw new UnreadableMessage(`Expected ${name}.image_binary to be a string but received an object.`);
  return base64Field(image, `${name}.image_binary`);
}

function missing(name: string): UnreadableMessage {
  return new UnreadableMessage(`Missing required field: ${name}`);
}
