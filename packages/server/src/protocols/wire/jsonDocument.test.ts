import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JsonDocumentOptions, type JsonValue, readJsonDocument } from './jsonDocument.ts';
import { LongNumbers } from './longNumbers.ts';
import { LongText } from './longText.ts';

const read = (text: string, options?: JsonDocumentOptions) => readJsonDocument(Buffer.from(text), options);
const invalid = (message: RegExp) => ({ name: 'Fault', code: 'invalid_request', message });
const long = 'QUJD'.repeat(5000);

/** As JSON.parse would give it. */
function plain(value: JsonValue): unknown {
  if (value instanceof LongText) return value.text();
  if (value instanceof LongNumbers) throw new Error('not expected here');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

/** Counts turns of the event loop while something else happens. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await work();
  clearImmediate(timer);
  return turns;
}

describe('readJsonDocument', () => {
  it('gives what JSON.parse gives, for values of every kind and nesting', async () => {
    const texts = [
      'null',
      ' true ',
      'false',
      '0',
      '-0',
      '-12.5e-3',
      '1E400',
      '""',
      '"a\\u00e4\\n\\"\\\\\\/"',
      '"ä€😀\\ud83d\\ude00"',
      '[]',
      '[ ]',
      '{}',
      '{ }',
      '[[],[[]],{}]',
      '{"a":1,"b":{"c":[1,2,"x",null,{"d":[]}]},"":0}',
      '\t{\r\n"a" : [ 1 , 2 ] ,"b":"c" }\n',
      '{"a":1,"a":{"b":2}}',
      `{"a":"${long}","b":["${long}",{"c":"${long}x"}]}`,
      `["${'\\/+\\n\\u00e4\\ud83d\\ude00\\\\"'.slice(0, -1).repeat(1000)}"]`,
      `"${'ä'.repeat(3000)}"`,
    ];
    for (const text of texts) {
      assert.deepEqual(plain(await read(text)), JSON.parse(text), text.slice(0, 60));
    }
  });

  it('agrees with JSON.parse on random documents, and on what is left of them when a byte is changed', async () => {
    const random = seeded(7);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const text = randomJson(random, 4);
      const at = Math.floor(random() * text.length);
      const broken = text.slice(0, at) + '{}[]",:01-.eE\\ \nnx'[Math.floor(random() * 18)] + text.slice(at + 1);
      for (const candidate of [text, broken, text.slice(0, at)]) {
        let expected: unknown;
        try {
          expected = JSON.parse(candidate);
        } catch {
          refused++;
          await assert.rejects(read(candidate), invalid(/not valid JSON/), candidate);
          continue;
        }
        assert.deepEqual(plain(await read(candidate)), expected, candidate);
      }
    }
    assert.ok(refused > 1000, `${refused} refused`);
  });

  it('names the byte at which a body stops being JSON', async () => {
    const cases: [text: string, message: RegExp][] = [
      ['', /expected a value but received the end at byte 1\./],
      ['{"a":1,}', /expected a key in quotes but received "}" at byte 8/],
      ['[1 2]', /expected "," or "\]" but received "2" at byte 4/],
      ['{"a" 1}', /expected ":" but received "1" at byte 6/],
      ['{"a":NaN}', /a value but received "N" at byte 6/],
      ['[Infinity]', /a value but received "I"/],
      ['[01]', /a number but received "0" at byte 2/],
      ['[1.]', /a number/],
      ['[+1]', /a number/],
      ['"a\nb"', /without control characters but received byte 0xa at byte 3/],
      ['"a\u001fb"', /without control characters but received byte 0x1f/],
      ['"a', /the end of a string but received the end/],
      [`"${long}`, /the end of a string but received the end/],
      ['"\\x"', /escapes/],
      [`"${long}\\x"`, /escapes/],
      [`"${long}\\u12g4"`, /escapes/],
      ['{} {}', /the end but received "{" at byte 4/],
      [`{"${long}":1}`, /a key of at most 4096 bytes/],
      ['\u{feff}{}', /a value but received byte 0xef/],
    ];
    for (const [text, message] of cases) await assert.rejects(read(text), invalid(message), text.slice(0, 40));
  });

  it('keeps a string of 4096 bytes or more as bytes of the body, and makes a string of a shorter one', async () => {
    const body = Buffer.from(`["${'x'.repeat(4095)}","${'y'.repeat(4096)}"]`);
    const [short, kept] = (await readJsonDocument(body)) as [string, LongText];
    assert.equal(short, 'x'.repeat(4095));
    assert.ok(kept instanceof LongText);
    assert.equal(kept.bytes.buffer, body.buffer);
    assert.equal(kept.bytes.length, 4096);
  });

  it('reads escapes of a long string wherever its slices end', async () => {
    const text = `${'x'.repeat(4 * 1024 * 1024 - 1)}\\u00e4${'y'.repeat(5_000_000)}\\"\\ud83d!`;
    for (const literal of [text, `${'x'.repeat(9_000_000)}\\n`, 'x'.repeat(4 * 1024 * 1024)]) {
      const value = (await read(`"${literal}"`)) as LongText;
      assert.ok(value.text() === (JSON.parse(`"${literal}"`) as string).toWellFormed(), `${literal.length} bytes`);
    }
  });

  it('cannot be made to reach into prototypes', async () => {
    const value = await read('{"__proto__":{"polluted":1},"constructor":2}');
    assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor']);
    assert.equal(Object.getPrototypeOf(value), null);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  it('refuses more than 128 levels, however many there are', async () => {
    for (const [open, close] of ['[]', '[1]', '{"a":}', '[[],]'].map((pair) => pair.split(/(?<=[[:,])(?=[\]}1])/))) {
      const deep = (levels: number) => `${open!.repeat(levels)}${close?.startsWith('1') ? 1 : '[]'}`;
      await assert.rejects(read(deep(100_000)), invalid(/at most 128 arrays and objects/), open);
    }
    await assert.rejects(read('['.repeat(5_000_000)), invalid(/at most 128/));
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    assert.deepEqual(plain(await read(nested(128))), JSON.parse(nested(128)));
    await assert.rejects(read(nested(129)), invalid(/at most 128/));
    const numbers = (levels: number) => `${'['.repeat(levels)}${'1,'.repeat(3000)}1${']'.repeat(levels)}`;
    assert.ok((await read(numbers(128))) instanceof LongNumbers);
    await assert.rejects(read(numbers(129)), invalid(/at most 128/));
    await assert.rejects(read(`${'{"a":'.repeat(100)}${'['.repeat(29)}${'1,'.repeat(5000)}1`), invalid(/at most 128/));
  });

  it('bounds what is neither long text nor long numbers, white space included', async () => {
    const options = { restBytesMax: 2048, field: 'image' };
    const longest = `{"image":"${long}","x":[${Array(5000).fill('1').join()}],"y":"${'z'.repeat(1900)}"}`;
    assert.equal(Object.keys((await read(longest, options)) as object).length, 3);
    const tooMuch = [
      `{"image":"${long}","y":"${'z'.repeat(2100)}"}`,
      `{"image":"${long}",${' '.repeat(2100)}"y":1}`,
      `${' '.repeat(2100)}{}`,
      `{}${' '.repeat(2100)}`,
      `[${'null,'.repeat(500)}1]`,
      `[${'"a",'.repeat(5_000_000)}1]`,
      `${'1'.repeat(2100)}`,
    ];
    for (const text of tooMuch) {
      await assert.rejects(read(text, options), invalid(/at most 2 KiB of JSON besides `image`/), text.slice(0, 30));
    }
  });

  it('lets others have their turn, whatever the long body is made of', async () => {
    const bodies = [
      `{"a":"${'QUJD'.repeat(5_000_000)}"}`,
      `{"a":"${'\\"'.repeat(300_000)}"}`,
      `{"a":"${'\\/AA'.repeat(300_000)}"}`,
      `[${'12.5,'.repeat(1_000_000)}1]`,
      `[${'"a",'.repeat(100_000)}1]`,
    ];
    for (const text of bodies) {
      const turns = await turnsDuring(() => read(text));
      assert.ok(turns >= 4, `${turns} turns for ${text.slice(0, 20)}`);
    }
  });

  it('takes time in proportion to the body, however its arrays are nested and broken', async () => {
    const inner = Array(40_000).fill('[1,2]').join();
    const bodies = [
      `${'['.repeat(100)}${inner}${',"a"'}${']'.repeat(100)}`,
      `${'['.repeat(100)}${'1,'.repeat(2_000_000)}"a"${']'.repeat(100)}`,
      `[${`${'['.repeat(100)}1${']'.repeat(100)},`.repeat(3000)}"a"]`,
      `"${'\\\\'.repeat(100_000)}"`,
    ];
    for (const text of bodies) {
      const start = performance.now();
      await read(text, { restBytesMax: 8_000_000 });
      // Generous: in quadratic time these take minutes.
      assert.ok(performance.now() - start < 5000, text.slice(0, 20));
    }
    await assert.rejects(read(`"${'\\\\'.repeat(1_000_000)}\\"`), invalid(/backslashes in a row/));
  });
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomJson(random: () => number, depth: number): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)]!;
  const space = () => pick(['', '', '', ' ', '\n', '\t ']);
  const items = (make: () => string) => Array.from({ length: Math.floor(random() * 4) }, make).join(`${space()},`);
  const kind = random() * (depth > 0 ? 6 : 4);
  if (kind < 1) return pick(['1', '-0.5', '3e2', '12345678901234567890', '0', '1E-7', '0.1']);
  if (kind < 2) return pick(['true', 'false', 'null']);
  if (kind < 4) return pick(['""', '"a"', '"\\u00e4\\n"', '"ü]["', '"\\\\"', '"\\"{}"']);
  if (kind < 5) return `[${space()}${items(() => space() + randomJson(random, depth - 1))}${space()}]`;
  return `{${space()}${items(() => `${pick(['"a"', '"b"', '"__proto__"'])}${space()}:${randomJson(random, depth - 1)}`)}}`;
}
