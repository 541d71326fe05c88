import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type FormPart, type FormRules, readFormParts } from './formParts.ts';
import { FormProblem } from './formProblem.ts';

const type = 'multipart/form-data; boundary=b';
const plain: FormRules = { fieldsMax: 10, filesMax: 10, partsMax: 20 };
const part = (headers: string, body: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`--b\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`),
    Buffer.from(body as string),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from('--b--\r\n')]);
const field = (name: string, value: string) => part(`name="${name}"`, value);
const file = (name: string, bytes: string | Buffer) => part(`name="${name}"; filename="dir/${name}.bin"`, bytes);

function shown(parts: readonly FormPart[]): string[] {
  return parts.map((one) =>
    one.kind === 'field' ? `${one.name}=${one.value}` : `${one.name}<${one.fileName}:${one.bytes.toString('latin1')}`,
  );
}

async function problemOf(body: Buffer, rules: Partial<FormRules> = {}, contentType = type): Promise<FormProblem> {
  const error = await readFormParts(body, contentType, { ...plain, ...rules }).then(
    (parts) => assert.fail(`read ${shown(parts)}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FormProblem, String(error));
  return error;
}

/** How often the event loop went round meanwhile. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let next = setImmediate(function again() {
    turns++;
    next = setImmediate(again);
  });
  await work();
  clearImmediate(next);
  return turns;
}

describe('readFormParts', () => {
  it('gives fields and files in the order of the form, names once or often, empty files too', async () => {
    const body = form(field('a', '1'), file('x', 'one'), field('a', 'ü'), file('x', ''), field('z', ''));
    assert.deepEqual(shown(await readFormParts(body, type, plain)), ['a=1', 'x<x.bin:one', 'a=ü', 'x<x.bin:', 'z=']);
  });

  it('reads a form of key=value pairs', async () => {
    const body = Buffer.from('a=1&b=x%20y+z&a=%C3%BC');
    const parts = await readFormParts(body, 'application/x-www-form-urlencoded', plain);
    assert.deepEqual(shown(parts), ['a=1', 'b=x y z', 'a=ü']);
  });

  it('reads over what stands before the first part and behind the last, however long', async () => {
    const around = Buffer.alloc(700_000, '-');
    const body = Buffer.concat([around, Buffer.from('\r\n'), form(field('a', '1'), file('x', 'one')), around]);
    assert.deepEqual(shown(await readFormParts(body, type, plain)), ['a=1', 'x<x.bin:one']);
  });

  it('takes as files what the wire says is one', async () => {
    const body = form(part('name="image"', 'abc'), file('other', 'd'));
    const parts = await readFormParts(body, type, { ...plain, isFile: (name) => name === 'image' });
    assert.deepEqual(shown(parts), ['image<undefined:abc', 'other=d']);
  });

  it('gives large files byte for byte', async () => {
    const bytes = randomBytes(3_000_000);
    const body = form(field('a', '1'), file('x', bytes), file('y', bytes.subarray(0, 500_000)));
    const files = (await readFormParts(body, type, plain)).filter((one) => one.kind === 'file');
    assert.deepEqual(
      files.map((one) => [one.name, one.bytes.length, one.bytes.equals(bytes.subarray(0, one.bytes.length))]),
      [
        ['x', 3_000_000, true],
        ['y', 500_000, true],
      ],
    );
  });

  it('copies no file in which no slice ends like a boundary begins', async () => {
    const body = form(file('x', Buffer.alloc(3_000_000, 'x')));
    const [read] = await readFormParts(body, type, plain);
    assert.ok(read?.kind === 'file' && read.bytes.length === 3_000_000 && read.bytes.buffer === body.buffer);
  });

  it('is not fooled by what looks like a boundary, wherever a slice of the body ends', async () => {
    const teaser = Buffer.from('\r\n--\r\n-\r\n--a\r\n--');
    const bytes = Buffer.concat(Array.from({ length: 40_000 }, () => teaser));
    for (const shift of [0, 1, 2, 3, 4, 5, 6]) {
      const body = form(field('a', 'x'.repeat(shift)), file('x', bytes));
      const [, read] = await readFormParts(body, type, plain);
      assert.ok(read?.kind === 'file' && read.bytes.equals(bytes), `shifted by ${shift}`);
    }
  });

  it('lets others have their turn while it reads a large form', async () => {
    const body = form(file('x', Buffer.alloc(4_000_000)));
    const turns = await turnsDuring(() => readFormParts(body, type, plain));
    assert.ok(turns > 10, `${turns} turns`);
  });

  it('stops when the caller leaves', async () => {
    const body = form(file('x', Buffer.alloc(4_000_000)));
    const controller = new AbortController();
    const reading = readFormParts(body, type, { ...plain, signal: controller.signal });
    setImmediate(() => controller.abort());
    await assert.rejects(reading, { name: 'Fault', code: 'cancelled' });
  });
});

describe('a form problem', () => {
  const cases: readonly (readonly [string, () => Promise<FormProblem>, string, number, string?])[] = [
    ['a type that is no form', () => problemOf(form(), {}, 'text/plain'), 'contentType', 0],
    ['no boundary', () => problemOf(form(), {}, 'multipart/form-data'), 'contentType', 0],
    ['no form at all', () => problemOf(Buffer.from('what?')), 'broken', 0],
    ['nothing', () => problemOf(Buffer.alloc(0)), 'broken', 0],
    ['a file that breaks off', () => problemOf(file('x', 'abc')), 'broken', 0],
    ['too many fields', () => problemOf(form(...Array.from({ length: 11 }, () => field('a', '')))), 'fieldCount', 10],
    ['too many files', () => problemOf(form(...Array.from({ length: 11 }, () => file('a', '')))), 'fileCount', 10],
    [
      'too many parts',
      () => problemOf(form(...Array.from({ length: 4 }, () => field('a', ''))), { partsMax: 3 }),
      'partCount',
      3,
    ],
    ['a long field', () => problemOf(form(field('a', '12345')), { fieldBytesMax: 4 }), 'fieldBytes', 4, 'a'],
    ['a long file', () => problemOf(form(file('a', '12345')), { fileBytesMax: 4 }), 'fileBytes', 4, 'a'],
    ['a long name', () => problemOf(form(field('äääa', '')), { nameBytesMax: 6 }), 'nameBytes', 6, 'äääa'],
    [
      'a long name of a file',
      () => problemOf(form(file('1234567', '')), { nameBytesMax: 6 }),
      'nameBytes',
      6,
      '1234567',
    ],
    [
      'a long key',
      () => problemOf(Buffer.from(`a=1&${'k'.repeat(5000)}=1`), {}, 'application/x-www-form-urlencoded'),
      'nameBytes',
      1024,
      'k'.repeat(60),
    ],
  ];
  for (const [title, make, kind, most, name = ''] of cases) {
    it(`says ${kind} of ${title}`, async () => {
      const { kind: is, most: limit, field: where } = await make();
      assert.deepEqual([is, limit, where], [kind, most, name]);
    });
  }

  it('comes of nothing that is just as large as it may be', async () => {
    const body = form(field('123456', '1234'), file('x', '12345'));
    const rules = {
      ...plain,
      nameBytesMax: 6,
      fieldBytesMax: 4,
      fileBytesMax: 5,
      fieldsMax: 1,
      filesMax: 1,
      partsMax: 2,
    };
    assert.deepEqual(shown(await readFormParts(body, type, rules)), ['123456=1234', 'x<x.bin:12345']);
  });

  it('is none where long fields are to be cut', async () => {
    const rules = { ...plain, fieldBytesMax: 4, longFields: 'cut' } as const;
    assert.deepEqual(shown(await readFormParts(form(field('a', '12345')), type, rules)), ['a=1234']);
  });

  it('ends the reading: what follows is not looked at', async () => {
    const body = form(field('a', '12345'), file('x', Buffer.alloc(30_000_000)));
    const turns = await turnsDuring(() => problemOf(body, { fieldBytesMax: 4 }));
    assert.ok(turns < 10, `${turns} turns`);
  });
});
