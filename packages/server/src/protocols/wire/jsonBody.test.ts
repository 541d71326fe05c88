import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJsonBody } from './jsonBody.ts';

const read = async (text: string) => {
  const { fields, long } = await readJsonBody(Buffer.from(text), { one: ['image'] });
  const [picture] = long.image ?? [];
  return { fields: { ...fields }, long: picture && Buffer.from(picture).toString() };
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

  it('gives the texts of several fields and of lists in their order, short or long', async () => {
    const body = { images: ['QUJD', long, 'REVG'], trimap: 'QQ', image: null, backgroundImage: long, answer: 'alpha' };
    const rule = { one: ['image', 'backgroundImage'], lists: ['images', 'trimap'] } as const;
    const { fields, long: texts } = await readJsonBody(Buffer.from(JSON.stringify(body)), rule);
    const read = Object.entries(texts).map(([name, list = []]) => [
      name,
      list.map((bytes) => Buffer.from(bytes).toString()),
    ]);
    assert.deepEqual(Object.fromEntries(read), { images: body.images, trimap: ['QQ'], backgroundImage: [long] });
    assert.deepEqual({ ...fields }, { answer: 'alpha' });
    for (const images of [[3], 3, {}, [['QUJD']]]) {
      const wrong = readJsonBody(Buffer.from(JSON.stringify({ images })), rule);
      await assert.rejects(wrong, { code: 'invalid_request', message: /`images` to be a list of strings/ });
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

  it('reads a text that may be wordy up to 64 KiB, and no other', async () => {
    const words = (name: string, length: number) =>
      readJsonBody(Buffer.from(JSON.stringify({ [name]: 'x'.repeat(length) })), { one: ['image'] }, ['points']);
    assert.equal((await words('points', 65_536)).fields.points, 'x'.repeat(65_536));
    await assert.rejects(words('points', 65_537), /at most 64 KiB of JSON besides `image`/);
    await assert.rejects(words('other', 5000), /at most 64 KiB of JSON besides `image`/);
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
