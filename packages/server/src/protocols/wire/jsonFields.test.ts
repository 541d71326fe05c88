import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJsonDocument } from './jsonDocument.ts';
import { asArray, asObject, base64Field, numbersField, textBytes, textField } from './jsonFields.ts';

const read = (text: string) => readJsonDocument(Buffer.from(text));
const invalid = (message: RegExp) => ({ name: 'Fault', code: 'invalid_request', message });
const samples = ['null', 'true', '1', '"a"', `"${'a'.repeat(5000)}"`, '[]', `[${'1,'.repeat(3000)}1]`, '{}'];
const kinds = ['null', 'a boolean', 'a number', 'a string', 'a string', 'an array', 'an array', 'an object'];

describe('a reader of a JSON field', () => {
  it('takes its own kind and says what else it received', async () => {
    const readers: [takes: string, read: (value: Awaited<ReturnType<typeof read>>) => unknown][] = [
      ['an object', (value) => asObject(value, 'the body')],
      ['a string', (value) => textField(value, 'the body')],
      ['a string', (value) => textBytes(value, 'the body')],
    ];
    for (const [takes, reader] of readers) {
      for (const [index, text] of samples.entries()) {
        const value = await read(text);
        if (kinds[index] === takes) assert.ok(reader(value), text.slice(0, 20));
        else assert.throws(() => reader(value), invalid(new RegExp(`the body to be .* received ${kinds[index]}\\.`)));
      }
    }
    assert.deepEqual(asArray(await read('[1]'), 'x'), [1]);
    assert.throws(() => asArray(undefined, '`x`'), invalid(/`x` to be a list but received nothing/));
  });

  it('decodes base64 from short and long text, strictly unless told otherwise', async () => {
    for (const count of [3, 6000]) {
      const base64 = Buffer.alloc(count, 'abc').toString('base64');
      const value = await read(`"${base64}"`);
      assert.ok((await base64Field(value, 'image')).equals(Buffer.alloc(count, 'abc')));
      const url = await read(`"data:image/png;base64,${base64}"`);
      await assert.rejects(base64Field(url, 'image'), invalid(/base64 in `image`/));
      assert.equal((await base64Field(url, 'image', { dataUrl: true })).length, count);
      const cut = await read(`"${base64}!!"`);
      await assert.rejects(base64Field(cut, 'image'), invalid(/received "!"/));
      assert.equal((await base64Field(cut, 'image', { lenient: true })).length, count);
    }
  });

  it('gives numbers with their shape, from short and long lists', async () => {
    const short = await numbersField(await read('[[[1,2]],[[3,4.5]]]'), 'x');
    assert.deepEqual(
      [short.shape, [...short.data]],
      [
        [2, 1, 2],
        [1, 2, 3, 4.5],
      ],
    );
    const long = await numbersField(await read(`[[${'1,'.repeat(3000)}1]]`), 'x');
    assert.deepEqual([long.shape, long.data.length], [[1, 3001], 3001]);
    assert.deepEqual((await numbersField(await read('[]'), 'x')).shape, [0]);
    assert.deepEqual((await numbersField(await read('[[],[]]'), 'x')).shape, [2, 0]);
    for (const text of [
      '[1,[2]]',
      '[[1],2]',
      '[[1],[2,3]]',
      '[[1],[]]',
      '[1,"a"]',
      '[[],1]',
      '[null]',
      '[[[1]],[2]]',
    ]) {
      await assert.rejects(async () => numbersField(await read(text), '`x`'), invalid(/`x` to be a list/), text);
    }
  });
});
