import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readForm } from './readForm.ts';

const type = 'multipart/form-data; boundary=b';
const part = (head: string, body: string) => `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const read = (body: string, contentType = type) => readForm(Buffer.from(body), contentType);

describe('a form sent to PaddleHub', () => {
  it('has fields and files of one name, each in its order, a field of any length among them', async () => {
    const long = 'data:image/png;base64,'.padEnd(300_000, 'A');
    const files = part('name="image"; filename="a.png"', 'A') + part('name="image"; filename="b.png"', 'B');
    const form = await read(`${part('name="image"', long)}${files}${part('name="x"', '1')}--b--\r\n`);
    assert.deepEqual(form.fields, [
      ['image', long],
      ['x', '1'],
    ]);
    assert.deepEqual(
      form.files.map(({ name, fileName, bytes }) => [name, fileName, bytes.toString()]),
      [
        ['image', 'a.png', 'A'],
        ['image', 'b.png', 'B'],
      ],
    );
  });

  it('may be pairs of keys and values', async () => {
    const { fields } = await read('image=data%3Aimage%2Fpng%3Bbase64%2CAA', 'application/x-www-form-urlencoded');
    assert.deepEqual(fields, [['image', 'data:image/png;base64,AA']]);
  });

  it('is refused with what is wrong with it', async () => {
    const cases: readonly (readonly [string, string, RegExp])[] = [
      ['a=1', 'text/plain', /not that of a form/],
      ['', 'multipart/form-data', /not that of a form/],
      ['a=1', type, /not the form that its Content-Type says/],
      [part('name="x"; filename="a"', '1'), type, /not the form that its Content-Type says/],
      [`${part('name="x"', '').repeat(1025)}--b--`, type, /more than 1024 (parts|fields)/],
      [`${'k'.repeat(2000)}=1`, 'application/x-www-form-urlencoded', /name is longer than 1024 bytes/],
    ];
    for (const [body, contentType, message] of cases) {
      await assert.rejects(
        read(body, contentType),
        { name: 'Fault', code: 'invalid_request', message },
        body.slice(0, 40),
      );
    }
  });
});
