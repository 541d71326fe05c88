import { setImmediate as nextTurn } from 'node:timers/promises';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UnreadableMessage } from '../wire/brpc/brpcFailure.ts';
import { fetchMax, type InferMessage, type SentTensor, tensorsMax } from './inferMessage.ts';
import { type Layout, layouts, readTensor } from './readTensor.ts';
import type { Generation } from './settings.ts';

/** Fields read in one go. */
const sliceFields = 4096;

/**
 * A request as protobuf. Not by generated code: a photo is millions of floats, which lie in the message as they lie in
 * memory, and generated code would make a JavaScript array of them. Throws UnreadableMessage.
 */
export async function readProtobuf(body: Uint8Array, wanted: Generation | 'auto'): Promise<InferMessage> {
  try {
    const { entries, fetch, profile } = await readRequest(body);
    const generation = wanted === 'auto' ? generationOf(entries) : wanted;
    const layout = layouts[generation];
    const messages = generation === '0.6' ? tensorArray(entries) : entries;
    const tensors: SentTensor[] = [];
    for (const message of messages) tensors.push(await readTensor(message, layout));
    return { generation, tensors, fetch, profile };
  } catch (error) {
    if (error instanceof UnreadableMessage || error instanceof TypeError) throw error;
    // What the reader throws at bytes that end too early, or are of a type that does not exist.
    throw new UnreadableMessage('expected protobuf but received other bytes.');
  }
}

/** The fields of both layouts' requests have the same numbers and types; only what field 1 holds differs. */
async function readRequest(body: Uint8Array) {
  const reader = new BinaryReader(body);
  const entries: Uint8Array[] = [];
  const fetch: string[] = [];
  let profile = false;
  for (let count = 1; reader.pos < reader.len; count++) {
    const [field, type] = reader.tag();
    if (field === 1 && type === WireType.LengthDelimited) entries.push(reader.bytes());
    else if (field === 2 && type === WireType.LengthDelimited) fetch.push(reader.string());
    else if (field === 3 && type === WireType.Varint) profile = reader.bool();
    else reader.skip(type, field);
    if (entries.length > tensorsMax) throw new UnreadableMessage(`it has more than ${tensorsMax} tensors.`);
    if (fetch.length > fetchMax) throw new UnreadableMessage(`it has more than ${fetchMax} names to fetch.`);
    if (count % sliceFields === 0) await nextTurn();
  }
  return { entries, fetch, profile };
}

/**
 * A list of tensors of 0.6 has nothing but fields 1 that are messages. A tensor of 0.7 with nothing but those would have
 * integers but no shape, no type and no name, which no client sends.
 */
function generationOf(entries: readonly Uint8Array[]): Generation {
  return entries.length > 0 && entries.every(isTensorArray) ? '0.6' : '0.7';
}

function isTensorArray(message: Uint8Array): boolean {
  if (message.length === 0) return false;
  const reader = new BinaryReader(message);
  for (let count = 0; reader.pos < reader.len && count < tensorsMax; count++) {
    const [field, type] = reader.tag();
    if (field !== 1 || type !== WireType.LengthDelimited) return false;
    if (!isTensor(reader.bytes(), layouts['0.6'])) return false;
  }
  return true;
}

/** Whether the message has fields of this layout only, looked at without reading them. */
function isTensor(message: Uint8Array, layout: Layout): boolean {
  try {
    const reader = new BinaryReader(message);
    for (let count = 0; reader.pos < reader.len && count < 16; count++) {
      const [field, type] = reader.tag();
      if (layout.get(field) === undefined) return false;
      reader.skip(type, field);
    }
    return true;
  } catch {
    return false;
  }
}

function tensorArray(entries: readonly Uint8Array[]): Uint8Array[] {
  if (entries.length > 1) {
    throw new UnreadableMessage(`it has ${entries.length} insts; put the batch into the shape of one.`);
  }
  const tensors: Uint8Array[] = [];
  for (const entry of entries) {
    const reader = new BinaryReader(entry);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1 && type === WireType.LengthDelimited) tensors.push(reader.bytes());
      else reader.skip(type, field);
      if (tensors.length > tensorsMax) throw new UnreadableMessage(`it has more than ${tensorsMax} tensors.`);
    }
  }
  return tensors;
}
