/** A JSON text that is made while it is sent: its length is known before its first byte exists. */
export interface JsonBody {
  readonly bytes: number;
  /** May be called once. */
  pieces(): AsyncIterable<Buffer>;
}

export function jsonText(text: string): JsonBody {
  const buffer = Buffer.from(text);
  return {
    bytes: buffer.length,
    async *pieces() {
      yield buffer;
    },
  };
}

/** `{"b64": "…"}`: how bytes that are no UTF-8 are written. */
export function jsonBase64(bytes: Uint8Array): JsonBody {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    bytes: Math.ceil(source.length / 3) * 4 + '{"b64": ""}'.length,
    async *pieces() {
      yield Buffer.from('{"b64": "');
      // A multiple of three, so that padding comes only at the end.
      for (let start = 0; start < source.length; start += 196_608) {
        yield Buffer.from(source.toString('base64', start, start + 196_608), 'latin1');
      }
      yield Buffer.from('"}');
    },
  };
}

/** An object of ready texts; the keys are JSON already. */
export function jsonObject(entries: readonly (readonly [key: string, value: JsonBody])[]): JsonBody {
  const heads = entries.map(([key], index) => Buffer.from(`${index === 0 ? '{' : ', '}${key}: `));
  const tail = Buffer.from(entries.length === 0 ? '{}' : '}');
  return {
    bytes: entries.reduce((sum, [, value], index) => sum + heads[index]!.length + value.bytes, tail.length),
    async *pieces() {
      for (const [index, [, value]] of entries.entries()) {
        yield heads[index]!;
        yield* value.pieces();
      }
      yield tail;
    },
  };
}

/** The whole text in memory, for standard output and tests. */
export async function wholeText(body: JsonBody): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body.pieces()) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
