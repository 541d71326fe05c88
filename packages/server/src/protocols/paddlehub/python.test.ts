import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pythonBase64 } from './pythonBase64.ts';
import { pythonRepr } from './pythonRepr.ts';

/** What Python 3.11 gives for `base64.b64decode(text.encode('utf8'))`: bytes as latin-1, or the message of its error. */
const decoded: [text: string, bytes: string][] = [
  ['', ''],
  ['!!!', ''],
  ['=', ''],
  ['====', ''],
  ['é', ''],
  ['abcd', 'i\xb7\x1d'],
  ['abc=', 'i\xb7'],
  ['ab==', 'i'],
  ['ab==cd', 'i'],
  ['ab==cdef', 'i'],
  ['abcd==', 'i\xb7\x1d'],
  ['ab=!=', 'i'],
  ['ab!==', 'i'],
  ['ab\n==', 'i'],
  ['abc=abc', 'i\xb7'],
  ['a=b==', 'i'],
  ['ab=cd', 'i\xb7\x1d'],
  ['ab=c=', 'i\xb7'],
  ['=abcd', 'i\xb7\x1d'],
  ['ab=cdef==', 'i\xb7\x1dy'],
];
const wrong: [text: string, message: RegExp][] = [
  ...['ab', 'abc', 'ab=', 'ab=c', 'a=bc', 'a-_b', 'abcdef', 'abcdefg'].map((text): [string, RegExp] => [
    text,
    /^Incorrect padding$/,
  ]),
  ...['a', 'a===', 'abcde', 'abcd====e', 'abcde==='].map((text): [string, RegExp] => [
    text,
    /^Invalid base64-encoded string: number of data characters \((1|5)\) cannot be 1 more than a multiple of 4$/,
  ]),
];

describe('pythonBase64', () => {
  const read = (text: string) => pythonBase64(Buffer.from(text));
  for (const [text, bytes] of decoded) {
    it(`reads ${JSON.stringify(text)} as Python does`, async () => {
      assert.equal((await read(text)).toString('latin1'), bytes);
    });
  }
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)} as Python does`, () => assert.rejects(read(text), { message }));
  }

  it('gives every byte of a text of many slices, clean or wrapped at odd places', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 1_000_001 }, (_, index) => (index * 31) % 251));
    const text = bytes.toString('base64');
    assert.ok(bytes.equals(await read(text)));
    assert.ok(bytes.equals(await read(text.replace(/(.{77})/g, '$1\r\n'))));
  });

  it('lets others have their turn while it reads a long text', async () => {
    let turns = 0;
    let waiting = setImmediate(function others() {
      turns++;
      waiting = setImmediate(others);
    });
    await pythonBase64(Buffer.alloc(16 * 1024 * 1024, 'A'));
    clearImmediate(waiting);
    assert.ok(turns >= 60, `${turns} turns`);
  });
});

describe('pythonRepr', () => {
  const cases: [string, string][] = [
    ['girl.jpg', "'girl.jpg'"],
    ["girl's", '"girl\'s"'],
    ['"', "'\"'"],
    [`'"`, `'\\'"'`],
    ['a\\b\n\t\r', "'a\\\\b\\n\\t\\r'"],
    ['\x01人\x7f', "'\\x01人\\x7f'"],
  ];
  for (const [text, expected] of cases) {
    it(`writes ${JSON.stringify(text)} as Python does`, () => assert.equal(pythonRepr(text), expected));
  }
});
