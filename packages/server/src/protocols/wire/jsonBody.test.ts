import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJsonBody } from './jsonBody.ts';

const read = (text: string) => {
  const { fields, long } = readJsonBody(Buffer.from(text), 'image');
  return { fields: { ...fields }, long: long && Buffer.from(long).toString() };
};
const long = 'QUJD'.repeat(5000);

describe('readJsonBody', () => {
  it('gives the same whether the picture is short or long, first or last', () => {
    for (const image of ['QUJD', long]) {
      assert.deepEqual(read(`{"image":"${image}","quality":5}`), { fields: { quality: 5 }, long: image });
      assert.deepEqual(read(`{ "quality" : 5 , "image" :\n "${image}" }`), { fields: { quality: 5 }, long: image });
    }
  });

  it('reads escapes in a long picture, as PHP writes them', () => {
    const escaped = `{"image":"${'QU\\/D'.repeat(5000)}\\n"}`;
    assert.equal(read(escaped).long, `${'QU/D'.repeat(5000)}\n`);
  });

  it('reads quotes and braces inside other strings as text', () => {
    assert.deepEqual(read('{"classes":"a\\\\","image":"QUJD","answer":"\\"}\\""}').fields, {
      classes: 'a\\',
      answer: '"}"',
    });
  });

  it('leaves out what is null or missing', () => {
    assert.equal(read('{"image":null}').long, undefined);
    assert.equal(read('{}').long, undefined);
  });

  it('refuses what is not an object', () => {
    for (const text of ['', '[]', 'null', '3', '"x"', '{', '{"image":"', '{"a":1}}', `["${long}"]`, '\u0000']) {
      assert.throws(() => read(text), { code: 'invalid_request' }, text.slice(0, 20));
    }
    assert.throws(() => read('{"image":3}'), /`image` to be a string but received a number/);
    assert.throws(() => read('{"image":{}}'), /received an object/);
  });

  it('refuses fields that would reach into prototypes', () => {
    for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
      assert.throws(() => read(`{"image":"QUJD","${name}":{"polluted":true}}`), /is not allowed/, name);
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('does not even begin to parse more than 64 KiB besides the picture', () => {
    for (const text of ['['.repeat(70_000), `{"image":"QUJD",${' '.repeat(70_000)}"quality":5}`]) {
      assert.throws(() => read(text), /at most 64 KiB of JSON besides `image`/);
    }
  });

  it('refuses megabytes of anything but the picture without parsing them', () => {
    const many = `{${Array.from({ length: 100_000 }, (_, index) => `"a${index}":1`).join(',')}}`;
    const texts = [many, '['.repeat(5_000_000), `{"other":"${long}"}`, `{"image":"${long}","image":"${long}"}`];
    for (const text of [...texts, '"'.repeat(300_000), `{"a":"${'\\"'.repeat(200_000)}"}`]) {
      const start = performance.now();
      assert.throws(() => read(text), {
        code: 'invalid_request',
        message: /at most 64 KiB of JSON besides `image`|not valid/,
      });
      // Generous: JSON.parse of these takes far longer only when they are far larger; this guards against quadratic time.
      assert.ok(performance.now() - start < 2000);
    }
  });
});
