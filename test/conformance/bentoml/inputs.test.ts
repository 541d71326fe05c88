import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ask } from '../../support/ask.ts';
import { bundleServer, classMapText, formOf, text } from './bundleServer.ts';

const html = 'text/html; charset=utf-8';
const server = await bundleServer({
  apis: [
    { name: 'file' },
    { name: 'image', input: 'ImageInput' },
    { name: 'files', input: 'MultiFileInput', inputNames: ['a', 'b'] },
    { name: 'images', input: 'MultiImageInput', inputNames: ['a', 'b'] },
    { name: 'json', input: 'JsonInput' },
    { name: 'strict', input: 'StrictJsonInput' },
  ],
});

const lastImage = () => Buffer.from(server.engine.requests.at(-1)!.image).toString('utf8');

async function refused(reply: ReturnType<typeof server.call>, says: string, status = 400): Promise<void> {
  const { headers, ...rest } = await reply;
  assert.deepEqual([rest.status, text({ headers, ...rest })], [status, says]);
  assert.equal(headers['content-type'], html);
}

for (const [path, adapter] of [
  ['/file', 'FileInput'],
  ['/image', 'ImageInput'],
] as const) {
  describe(adapter, () => {
    it('takes the whole body as the file, of any type or none', async () => {
      for (const type of [undefined, 'image/jpeg', 'application/octet-stream', 'application/json', 'nonsense']) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const reply = await server.call(path, `bytes of ${type}`, headers);
        assert.deepEqual([reply.status, text(reply)], [200, classMapText], type);
        assert.equal(lastImage(), `bytes of ${type}`);
      }
    });

    it('takes the one file of a form, whatever its field is called', async () => {
      for (const field of ['file', 'image_file', 'x']) {
        const { body, headers } = formOf([
          { field: 'note', bytes: 'not a file' },
          { field, fileName: 'photo.JPG', bytes: `in ${field}` },
        ]);
        assert.equal((await server.call(path, body, headers)).status, 200);
        assert.equal(lastImage(), `in ${field}`);
      }
    });

    it('takes a file that came without a name', async () => {
      const { body, headers } = formOf([{ field: 'x', fileName: '', bytes: 'nameless' }]);
      assert.equal((await server.call(path, body, headers)).status, 200);
      assert.equal(lastImage(), 'nameless');
    });

    const oneFile = `BentoML#${adapter} requires one and at least one file at a time, if you just upgraded from bentoml 0.7, you may need to use MultiFileAdapter instead`;
    it('refuses a form with no file or several', async () => {
      const file = { field: 'a', fileName: 'a.jpg', bytes: 'a' };
      for (const parts of [[], [{ field: 'a', bytes: 'text' }], [file, file], [file, { ...file, field: 'b' }]]) {
        const { body, headers } = formOf(parts);
        await refused(server.call(path, body, headers), oneFile);
      }
    });

    it('refuses a form that breaks off or has no boundary in the same words', async () => {
      const { body, headers } = formOf([{ field: 'a', fileName: 'a.jpg', bytes: 'a'.repeat(100) }]);
      await refused(server.call(path, body.subarray(0, 120), headers), oneFile);
      await refused(server.call(path, body, { 'content-type': 'multipart/form-data' }), oneFile);
      await refused(server.call(path, '', headers), oneFile);
    });

    it('refuses an empty body', async () => {
      const says = `BentoML#${adapter} unexpected HTTP request format`;
      await refused(server.call(path, ''), says);
      await refused(ask(`${server.url}${path}`, { method: 'POST' }), says);
    });

    it('unzips gzip and x-gzip, raw and form', async () => {
      for (const coding of ['gzip', 'x-gzip', 'GZIP']) {
        const reply = await server.call(path, gzipSync(`zipped by ${coding}`), { 'content-encoding': coding });
        assert.equal(reply.status, 200);
        assert.equal(lastImage(), `zipped by ${coding}`);
      }
      const { body, headers } = formOf([{ field: 'a', fileName: 'a.png', bytes: 'zipped form' }]);
      assert.equal((await server.call(path, gzipSync(body), { ...headers, 'content-encoding': 'gzip' })).status, 200);
      assert.equal(lastImage(), 'zipped form');
    });

    it('refuses gzip that is none or broken', async () => {
      for (const body of [Buffer.from('no gzip'), gzipSync('x'.repeat(1000)).subarray(0, 20)]) {
        await refused(server.call(path, body, { 'content-encoding': 'gzip' }), 'Gzip decompression error');
      }
    });

    it('takes POST only', async () => {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        assert.equal((await ask(`${server.url}${path}`, { method })).status, 405);
      }
    });
  });
}

describe('The ending of a file name', () => {
  const named = (fileName: string) => formOf([{ field: 'a', fileName, bytes: 'a' }]);

  it('is checked by ImageInput where a name came, in any case', async () => {
    for (const fileName of ['a.jpg', 'a.png', 'a.jpeg', 'a.tiff', 'a.webp', 'a.bmp', 'A.PNG', 'x.y.jpg']) {
      const { body, headers } = named(fileName);
      assert.equal((await server.call('/image', body, headers)).status, 200, fileName);
    }
    for (const fileName of ['a.gif', 'a.tif', 'a', 'jpg', 'a.jpg.exe']) {
      const { body, headers } = named(fileName);
      const says = "Current service only accepts {'.jpg', '.png', '.jpeg', '.tiff', '.webp', '.bmp'} formats";
      await refused(server.call('/image', body, headers), says);
    }
  });

  it('is not checked by FileInput', async () => {
    const { body, headers } = named('a.gif');
    assert.equal((await server.call('/file', body, headers)).status, 200);
  });

  it('is what the API says', async () => {
    const gifs = await bundleServer({ apis: [{ name: 'gifs', input: 'ImageInput', acceptImageFormats: ['.gif'] }] });
    const gif = named('a.gif');
    assert.equal((await gifs.call('/gifs', gif.body, gif.headers)).status, 200);
    const jpg = named('a.jpg');
    assert.equal(
      text(await gifs.call('/gifs', jpg.body, jpg.headers)),
      "Current service only accepts {'.gif'} formats",
    );
  });
});

describe('MultiFileInput and MultiImageInput', () => {
  const both = [
    { field: 'b', fileName: 'b.jpg', bytes: 'of b' },
    { field: 'a', fileName: 'a.jpg', bytes: 'of a' },
  ];

  for (const [path, adapter] of [
    ['/files', 'MultiFileInput'],
    ['/images', 'MultiImageInput'],
  ] as const) {
    it(`${adapter} takes the named parts and answers under their names, in the order of the API`, async () => {
      const { body, headers } = formOf([...both, { field: 'c', fileName: 'c.jpg', bytes: 'of nobody' }]);
      const reply = await server.call(path, body, headers);
      assert.equal(text(reply), `{"a": ${classMapText}, "b": ${classMapText}}`);
      const images = server.engine.requests.slice(-2).map(({ image }) => Buffer.from(image).toString());
      assert.deepEqual(images, ['of a', 'of b']);
    });

    it(`${adapter} refuses a form that lacks one, and what is no form`, async () => {
      const { body, headers } = formOf(both.slice(0, 1));
      await refused(server.call(path, body, headers), `BentoML#${adapter} Empty request`);
      await refused(server.call(path, 'raw'), `BentoML#${adapter} Empty request`);
      await refused(server.call(path, ''), `BentoML#${adapter} Empty request`);
    });
  }

  it('MultiImageInput checks the endings of names', async () => {
    const { body, headers } = formOf([both[0]!, { field: 'a', fileName: 'a.txt', bytes: 'a' }]);
    const list = "['.jpg', '.png', '.jpeg', '.tiff', '.webp', '.bmp']";
    const says = `BentoML#MultiImageInput Input image file must be in supported format list: ${list}`;
    await refused(server.call('/images', body, headers), says);
    assert.equal((await server.call('/files', body, headers)).status, 200);
  });
});

describe('JsonInput and StrictJsonInput', () => {
  const json = { 'content-type': 'application/json' };

  it('JsonInput takes JSON of any Content-Type, StrictJsonInput of application/json alone', async () => {
    assert.equal(text(await server.call('/json', '{"in":1}')), '{"in": 1}');
    assert.equal(text(await server.call('/json', gzipSync('{"in":1}'), { 'content-encoding': 'gzip' })), '{"in": 1}');
    const strict = await server.call('/strict', '{"in":1}', { 'content-type': 'application/json; charset=utf-8' });
    assert.equal(text(strict), '{"in": 1}');
    assert.equal((await server.call('/strict', '{"in":1}')).status, 400);
    assert.equal((await server.call('/strict', '{"in":1}', { 'content-type': 'text/plain' })).status, 400);
  });

  it('refuse what is no JSON, and more of it than is parsed in one go', async () => {
    for (const body of ['{', '', 'nope']) {
      await refused(server.call('/json', body, json), 'BentoML#JsonInput expected a body that is JSON');
    }
    assert.equal((await server.call('/json', `"${'x'.repeat(1024 * 1024)}"`, json)).status, 413);
  });
});

describe('The size of a request', () => {
  it('is at most 20971520 bytes, and is counted unzipped', async () => {
    const most = await server.call('/file', Buffer.alloc(20_971_520));
    assert.equal(most.status, 200);
    const more = await server.call('/file', Buffer.alloc(20_971_521));
    assert.deepEqual([more.status, more.headers['content-type']], [413, html]);
    const bomb = await server.call('/file', gzipSync(Buffer.alloc(20_971_521)), { 'content-encoding': 'gzip' });
    assert.equal(bomb.status, 413);
  });

  it('can be set', async () => {
    const small = await bundleServer({ requestBytesMax: 10 });
    assert.equal((await small.call('/predict', '1234567890')).status, 200);
    assert.equal((await small.call('/predict', '12345678901')).status, 413);
  });
});
