import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJsonBody } from './jsonBody.ts';

const read = async (text: string) => {
  const { fields, long } = await readJsonBody(Buffer.from(text), 'image');
  return { fields: { ...fields }, long: long && Buffer.from(long).toString() };
};
const long = 'QUJD'.repeat(5000);

describe('readJsonBody', () => {
  it('gives the same whether the picture is short or long, first or last', async () => {
    for (const image of ['QUJD', long]) {
      assert.deepEqual(await read(`{"image":"${image}","quality":5}`), { fields: { quality: 5 }, long: image });
      assert.deepEqual(await read(`{ "quality" : 5 , "image" :\n "${image}" }`), {
        fields: { quality: 5 },
        long: image,
      });
    }
  });

  it('reads escapes in a long picture, as PHP writes them', async () => {
    const escaped = `{"image":"${'QU\\/D'.repeat(5000)}\\n"}`;
    assert.equal((await read(escaped)).long, `${'QU/D'.repeat(5000)}\n`);
  });

  it('reads quotes and braces inside other strings as text', async () => {
    const { fields } = await read('{"classes":"a\\\\","image":"QUJD","answer":"\\"}\\""}');
    assert.deepEqual(fields, { classes: 'a\\', answer: '"}"' });
  });

  it('leaves out what is null or missing', async () => {
    assert.equal((await read('{"image":null}')).long, undefined);
    assert.equal((await read('{}')).long, undefined);
  });

  it('refuses what is not an object', async () => {
    for (const text of ['', '[]', 'null', '3', '"x"', '{', '{"image":"', '{"a":1}}', `["${long}"]`, '\u0000']) {
      await assert.rejects(read(text), { code: 'invalid_request' }, text.slice(0, 20));
    }
    await assert.rejects(read('{"image":3}'), /`image` to be a string but received a number/);
    await assert.rejects(read('{"image":{}}'), /received an object/);
  });

  it('refuses fields that would reach into prototypes', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
      await assert.rejects(read(`{"image":"QUJD","${name}":{"polluted":true}}`), /is not allowed/, name);
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('does not even begin to parse more than 64 KiB besides the picture', async () => {
    for (const text of [`{"a":"${'x'.repeat(70_000)}"}`, `{"image":"QUJD",${' '.repeat(70_000)}"quality":5}`]) {
      await assert.rejects(read(text), /at most 64 KiB of JSON besides `image`/);
    }
  });

  it('refuses megabytes of anything but the picture without parsing them', async () => {
    const many = `{${Array.from({ length: 100_000 }, (_, index) => `"a${index}":1`).join(',')}}`;
    const texts = [many, '['.repeat(5_000_000), `{"other":"${long}"}`, `{"other":[${'1,'.repeat(9000)}1]}`];
    for (const text of [...texts, '"'.repeat(300_000), `{"a":"${'\\"'.repeat(200_000)}"}`]) {
      const start = performance.now();
      await assert.rejects(read(text), {
        code: 'invalid_request',
        message: /at most 64 KiB of JSON besides `image`|at most 128 arrays|not valid/,
      });
      // Generous: JSON.parse of these takes far longer only when they are far larger; this guards against quadratic time.
      assert.ok(performance.now() - start < 2000);
    }
  });
});
