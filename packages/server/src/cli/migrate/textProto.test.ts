import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTextProto } from './textProto.ts';

const read = (text: string) => readTextProto(text, 'x.prototxt');

describe('readTextProto', () => {
  it('reads nested messages, with and without a colon, in braces or angle brackets', () => {
    const file = read(`
      feed_var {          # first
        name: "x"
        alias_name: 'image'
        is_lod_tensor: false
        shape: 3 shape: 512
      }
      feed_var: < name: "y", shape: [1, -2]; >
    `);
    const [first, second] = file.messages('feed_var');
    assert.equal(first?.string('name'), 'x');
    assert.equal(first?.string('alias_name'), 'image');
    assert.equal(first?.boolean('is_lod_tensor'), false);
    assert.deepEqual(first?.numbers('shape'), [3, 512]);
    assert.deepEqual(second?.numbers('shape'), [1, -2]);
    assert.equal(file.message('fetch_var'), undefined);
  });

  it('reads numbers of every form', () => {
    const numbers = read('a: 1 a: -2 a: 0x1F a: 017 a: 1.5e3 a: .5 a: 2f a: inf a: -inf a: 3.').numbers('a');
    assert.deepEqual(numbers, [1, -2, 31, 15, 1500, 0.5, 2, Infinity, -Infinity, 3]);
    assert.ok(Number.isNaN(read('a: nan').number('a')));
  });

  it('reads enums and booleans by name and by number', () => {
    const file = read('type: FLUID_GPU_NATIVE kind: 2 quoted: "X" on: true off: 0');
    assert.equal(file.enumName('type'), 'FLUID_GPU_NATIVE');
    assert.equal(file.enumName('kind'), '2');
    assert.equal(file.enumName('quoted'), 'X');
    assert.equal(file.boolean('on'), true);
    assert.equal(file.boolean('off'), false);
  });

  it('joins texts that follow one another and resolves escapes as bytes', () => {
    assert.equal(
      read(String.raw`a: "one \"two\"\n" 'three \303\244 \xc3\xa4 \\'`).string('a'),
      'one "two"\nthree ä ä \\',
    );
  });

  it('takes the last of a field that stands twice, as protobuf does', () => {
    assert.equal(read('a: "x" a: "y"').string('a'), 'y');
  });

  it('reads an empty file as an empty message', () => {
    assert.deepEqual(read(' # nothing\n').fields, []);
  });

  const broken: [string, RegExp][] = [
    ['a {\n b: 1', /x\.prototxt:2: expected "}", found the end of the file/],
    ['a: 1\n}', /x\.prototxt:2: expected the name of a field, found "}"/],
    ['a: 1\nb: "open', /x\.prototxt:2: .*found a text whose quotes do not end/],
    ['a "x"', /x\.prototxt:1: expected ":" or "{" after `a`, found the text "x"/],
    ['a: ', /expected a value, found the end of the file/],
    ['a: [1 2]', /expected "," or "\]", found "2"/],
    ['a: 1 = 2', /found "="/],
    ['a: 12abc', /x\.prototxt:1: /],
    [`${'a {'.repeat(70)}${'}'.repeat(70)}`, /at most 64 messages/],
  ];
  for (const [text, message] of broken) {
    it(`refuses ${JSON.stringify(text.slice(0, 20))} and says where`, () => {
      assert.throws(() => read(text), { code: 'config_invalid', message });
    });
  }

  it('says which line has a value of another type', () => {
    const file = read('\nport: "80"\nname: 3\nnode: 1\nflag: maybe');
    assert.throws(() => file.number('port'), /x\.prototxt:2: expected `port` to be a number, found the text "80"/);
    assert.throws(() => file.string('name'), /x\.prototxt:3: expected `name` to be a text in quotes, found "3"/);
    assert.throws(() => file.message('node'), /x\.prototxt:4: expected `node` to be a message in braces/);
    assert.throws(() => file.boolean('flag'), /x\.prototxt:5: expected `flag` to be true or false, found "maybe"/);
  });

  it('stays fast on a long file', () => {
    const text = 'engines { name: "a" shape: [1, 2, 3] }\n'.repeat(20_000);
    assert.equal(read(text).messages('engines').length, 20_000);
  });
});
