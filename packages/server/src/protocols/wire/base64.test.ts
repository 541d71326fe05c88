import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { base64Part, decodeBase64 } from './base64.ts';

const decode = (text: string) => decodeBase64(Buffer.from(text), 'image');

describe('decodeBase64', () => {
  it('takes both alphabets, padding or none, and white space anywhere', async () => {
    for (const text of ['+/+/AQ==', '-_-_AQ', ' +/+/\r\nAQ= =\n', '+_-/AQ==']) {
      assert.deepEqual(await decode(text), Buffer.from([0xfb, 0xff, 0xbf, 0x01]), text);
    }
    assert.equal((await decode('')).length, 0);
  });

  it('refuses what Buffer.from would skip, and names it', async () => {
    await assert.rejects(decode('AAAA!AAA'), /received "!" at character 5/);
    await assert.rejects(decode('AAAA\u0000AAA'), /received byte 0x0 at character 5/);
    await assert.rejects(decode('AAAAA'), /one of which is left over/);
    await assert.rejects(decode('AA=AAAAA'), /base64 in `image`/);
    await assert.rejects(decode('AAAA%3D'), /received "%"/);
    await assert.rejects(decode('A==='), /base64 in `image`/);
  });

  it('gives back random bytes of every length around a slice', async () => {
    for (const length of [1, 2, 3, 4, 100, 393_215, 393_216, 393_217, 1_000_001]) {
      const bytes = Buffer.alloc(length, 'random seed');
      assert.ok((await decode(bytes.toString('base64'))).equals(bytes), `${length} bytes`);
      const wrapped = bytes.toString('base64').replace(/.{76}/g, '$&\n');
      assert.ok((await decode(wrapped)).equals(bytes), `${length} bytes, wrapped`);
    }
  });

  it('lets others have their turn while a large picture is decoded', async () => {
    const text = Buffer.from(Buffer.alloc(6_000_000).toString('base64'));
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await decodeBase64(text, 'image');
    clearImmediate(timer);
    assert.ok(turns >= 10, `${turns} turns`);
  });
});

describe('decodeBase64 in its lenient form', () => {
  const lenient = async (text: string) =>
    (await decodeBase64(Buffer.from(text), 'image', { lenient: true })).toString();

  it('ends at the first character outside the standard alphabet, or at "="', async () => {
    const cases: [text: string, decoded: string][] = [
      ['QUJD', 'ABC'],
      ['QUJDQUI=', 'ABCAB'],
      ['QUI=QUJD', 'AB'],
      ['QUJDQUI', 'ABCAB'],
      ['QUJDQ', 'ABC'],
      ['QUJD!QUJD', 'ABC'],
      ['QUJD\nQUJD', 'ABC'],
      ['QUJD-UJD', 'ABC'],
      ['QUJD_UJD', 'ABC'],
      ['QUJDä', 'ABC'],
      ['', ''],
      ['=', ''],
      ['*', ''],
      ['data:image/png;base64,QUJD', Buffer.from('data', 'base64').toString()],
    ];
    for (const [text, decoded] of cases) assert.equal(await lenient(text), decoded, text);
  });

  it('ends there in a text of many slices too', async () => {
    for (const length of [393_215, 393_216, 393_217, 1_000_001]) {
      const bytes = Buffer.alloc(length, 'random seed');
      const text = Buffer.from(`${bytes.toString('base64').replace(/=+$/, '')}!AAAA`);
      assert.ok((await decodeBase64(text, 'image', { lenient: true })).equals(bytes), `${length} bytes`);
    }
  });
});

describe('base64Part', () => {
  const part = (text: string) => Buffer.from(base64Part(Buffer.from(text), 'image')).toString();

  it('takes a data: URL apart, and leaves other text as it is', () => {
    assert.equal(part('data:image/png;base64,AAAA'), 'AAAA');
    assert.equal(part('DATA:;name=a;BASE64,AAAA'), 'AAAA');
    assert.equal(part('AAAA'), 'AAAA');
  });

  it('refuses a data: URL that is not base64', () => {
    assert.throws(() => part('data:image/svg+xml,%3Csvg'), /base64/);
    assert.throws(() => part('data:image/png;base64'), /base64/);
  });
});
