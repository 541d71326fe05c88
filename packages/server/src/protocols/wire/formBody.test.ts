import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFormBody } from './formBody.ts';

const type = 'multipart/form-data; boundary=b';
const part = (headers: string, body: string) => `--b\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${body}\r\n`;
const read = (body: string, contentType = type) =>
  readFormBody(Buffer.from(body, 'latin1'), contentType, { fields: ['image', 'trimap'], filesMax: 4 });
const photo = part('name="image"; filename="photo.jpg"', '\xff\xd8\r\n--\x00\xff');

describe('readFormBody', () => {
  it('gives the file as it was, and fields once or as lists', async () => {
    const fields = part('name="answer"', 'alpha') + part('name="answer"', 'stats') + part('name="quality"', '5');
    const form = await read(`${fields}${photo}--b--\r\n`);
    assert.deepEqual(form.files.image, [Buffer.from('\xff\xd8\r\n--\x00\xff', 'latin1')]);
    assert.deepEqual({ ...form.fields }, { answer: ['alpha', 'stats'], quality: '5' });
  });

  it('takes the picture without a file name, a quoted boundary and an epilogue', async () => {
    const form = await read(`${part('name="image"', 'abc')}--b--\r\nepilogue`, 'multipart/form-data; boundary="b"');
    assert.equal(Buffer.from(form.files.image![0]!).toString(), 'abc');
  });

  it('gives the files of each field in their order, however these are mixed', async () => {
    const file = (name: string, body: string) => part(`name="${name}"; filename="a"`, body);
    const parts = [file('image', 'a'), file('trimap', 'b'), part('name="answer"', 'alpha'), file('image', 'c')];
    const { files, fields } = await read(`${parts.join('')}--b--\r\n`);
    const texts = Object.entries(files).map(([name, list = []]) => [
      name,
      list.map((bytes) => Buffer.from(bytes).toString()),
    ]);
    assert.deepEqual(Object.fromEntries(texts), { image: ['a', 'c'], trimap: ['b'] });
    assert.deepEqual({ ...fields }, { answer: 'alpha' });
    assert.equal(files.backgroundImage, undefined);
  });

  it('does not copy a picture that came whole', async () => {
    const body = Buffer.from(`${part('name="image"; filename="a"', 'x'.repeat(3_000_000))}--b--\r\n`);
    const { files } = await readFormBody(body, type, { fields: ['image'], filesMax: 1 });
    const [file] = files.image!;
    assert.equal(file!.length, 3_000_000);
    assert.equal(file!.buffer, body.buffer);
  });

  it('refuses forms that are cut short, have no boundary, too many files or strange ones', async () => {
    const cases: [string, string, RegExp][] = [
      [photo, type, /form/],
      ['', type, /form/],
      ['no form at all', type, /form/],
      [`${photo}--b--\r\n`, 'multipart/form-data', /no boundary/],
      [`${photo.repeat(5)}--b--\r\n`, type, /more than 4 files/],
      [`${part('name="file"; filename="a"', 'x')}--b--\r\n`, type, /belongs in "image"/],
      [`${part('name="x"', 'y').repeat(70)}--b--\r\n`, type, /more than 6\d/],
      [`${part('name="x"', 'y'.repeat(70_000))}--b--\r\n`, type, /longer than/],
    ];
    for (const [body, contentType, message] of cases) {
      await assert.rejects(read(body, contentType), { code: 'invalid_request', message });
    }
  });

  it('cannot be made to reach into prototypes', async () => {
    const form = await read(`${part('name="__proto__"', 'x')}${photo}--b--\r\n`);
    assert.deepEqual(Object.keys(form.fields), ['__proto__']);
    assert.equal(Object.getPrototypeOf(form.fields), null);
  });
});
