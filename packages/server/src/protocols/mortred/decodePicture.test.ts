import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LongText } from '../wire/longText.ts';
import { decodePicture } from './decodePicture.ts';

describe('decodePicture', () => {
  const rows: readonly (readonly [text: string, decoded: string])[] = [
    ['', ''],
    ['YWJj', 'abc'],
    ['YWI=', 'ab'],
    ['YQ==', 'a'],
    ['YWI', 'ab'],
    ['YQ', 'a'],
    ['YWJjY', 'abc'],
    ['YWJj=YWJj', 'abc'],
    ['YWJj\nYWJj', 'abc'],
    ['YWJj YWJj', 'abc'],
    ['YWJj-_YWJj', 'abc'],
    ['YWJjé', 'abc'],
    ['-YWJj', ''],
    ['=', ''],
    ['data:image/png;base64,YWJj', 'u\xabZ'],
  ];
  for (const [text, decoded] of rows) {
    test(`${JSON.stringify(text)} gives ${decoded.length} bytes`, async () => {
      assert.equal((await decodePicture(text)).toString('latin1'), decoded);
      assert.equal((await decodePicture(new LongText(Buffer.from(text)))).toString('latin1'), decoded);
    });
  }

  test('a long text is read to its end, and only to the first wrong letter', async () => {
    const bytes = Buffer.alloc(900_001, 'segserve');
    assert.ok(bytes.equals(await decodePicture(new LongText(Buffer.from(bytes.toString('base64'))))));
    const text = Buffer.from(bytes.toString('base64'));
    text[800_000] = 0x20;
    assert.ok(bytes.subarray(0, 600_000).equals(await decodePicture(new LongText(text))));
  });
});
