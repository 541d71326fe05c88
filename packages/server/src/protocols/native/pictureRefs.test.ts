import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../domain/fault.ts';
import { KeptPictures } from '../../domain/keptPictures.ts';
import { type NativeServer, nativeServer, photo, postJson, postPhoto } from './nativeServer.test-support.ts';

const digest = `sha256:${createHash('sha256').update(photo).digest('hex')}`;
const unknown = `sha256:${'0'.repeat(64)}`;

async function problemIn(reply: Response): Promise<{ status: number; code: string; detail: string }> {
  return (await reply.json()) as { status: number; code: string; detail: string };
}

describe('a picture that came with prompts', { timeout: 20_000 }, () => {
  let server: NativeServer;
  let keeping: KeptPictures;
  before(async () => {
    keeping = new KeptPictures({ bytesMax: 1024 * 1024 });
    server = await nativeServer({}, { pictures: keeping });
    await postPhoto(`${server.segmentUrl}?points=1,2`);
  });
  beforeEach(() => {
    server.engine.instead = undefined;
  });
  const lastImage = () => Buffer.from(server.engine.requests.at(-1)!.image).toString('hex');

  it('is named by a header of every reply, and by none without prompts', async () => {
    for (const query of ['points=1,2', 'everything=true', 'answer=cutout,stats&boxes=1,2,3,4', 'prompts={}']) {
      const reply = await postPhoto(`${server.segmentUrl}?${query}`);
      assert.equal(reply.headers.get('segserve-image'), digest, query);
    }
    const json = await postJson(server.segmentUrl, {
      image: photo.toString('base64'),
      points: '1,2',
      response: 'json',
    });
    assert.equal(json.headers.get('segserve-image'), digest);
    assert.equal((await postPhoto(server.segmentUrl)).headers.get('segserve-image'), null);
  });

  it('need not be sent again: its digest does in JSON, a form and the query', async () => {
    const form = new FormData();
    form.set('image', digest);
    form.set('points', '3,4');
    const replies = [
      () => postJson(server.segmentUrl, { image: digest, points: '3,4' }),
      () => fetch(server.segmentUrl, { method: 'POST', body: form }),
      () => fetch(`${server.segmentUrl}?image=${digest}&points=3,4`, { method: 'POST' }),
      () => postJson(`${server.segmentUrl}?image=${digest}`, { points: '3,4' }),
      () => postJson(server.segmentUrl, { image: digest.toUpperCase(), points: '3,4' }),
    ];
    for (const ask of replies) {
      const count = server.engine.requests.length;
      const reply = await ask();
      assert.equal(reply.status, 200, await reply.clone().text());
      assert.equal(reply.headers.get('segserve-image'), digest);
      assert.equal(server.engine.requests.length, count + 1);
      assert.equal(lastImage(), photo.toString('hex'));
      assert.deepEqual(server.engine.requests.at(-1)!.prompts!.points, [{ x: 3, y: 4, label: 1 }]);
    }
  });

  it('may be named for any model, with prompts or without', async () => {
    const reply = await postJson(`${server.url}/v1/models/scene/segment`, { image: digest });
    assert.equal(reply.status, 200);
    assert.equal(lastImage(), photo.toString('hex'));
    assert.equal(reply.headers.get('segserve-image'), null);
  });

  it('may be one of several, each with the same prompts', async () => {
    const other = Buffer.from('another picture').toString('base64');
    const reply = await postJson(server.segmentUrl, { images: [digest, other], points: '3,4', response: 'json' });
    assert.equal(reply.status, 200, await reply.clone().text());
    const [first, second] = server.engine.requests.slice(-2);
    assert.deepEqual(Buffer.from(first!.image), photo);
    assert.equal(Buffer.from(second!.image).toString(), 'another picture');
    for (const { prompts } of [first!, second!]) assert.deepEqual(prompts!.points, [{ x: 3, y: 4, label: 1 }]);
    const gone = await postJson(server.segmentUrl, { images: [other, unknown], points: '3,4' });
    assert.deepEqual([gone.status, (await problemIn(gone)).code], [404, 'not_found']);
  });

  it('that is not kept is answered 404 with what to do', async () => {
    for (const ask of [
      () => postJson(server.segmentUrl, { image: unknown, points: '1,2' }),
      () => fetch(`${server.segmentUrl}?image=${unknown}`, { method: 'POST' }),
    ]) {
      const { status, code, detail } = await problemIn(await ask());
      assert.deepEqual([status, code], [404, 'not_found']);
      assert.match(detail, /^The picture sha256:0{64} is not kept here, or no longer\. Send the picture again\.$/);
    }
  });

  it('is not kept when the engine refuses it', async () => {
    server.engine.instead = () => Promise.reject(new Fault('corrupt_image', 'The picture is corrupt.'));
    const other = Buffer.from('not a picture');
    const reply = await fetch(`${server.segmentUrl}?points=1,2`, {
      method: 'POST',
      body: other,
      headers: { 'content-type': 'image/png' },
    });
    assert.equal(reply.status, 422);
    assert.equal(reply.headers.get('segserve-image'), null);
    server.engine.instead = undefined;
    const name = `sha256:${createHash('sha256').update(other).digest('hex')}`;
    assert.equal((await postJson(server.segmentUrl, { image: name })).status, 404);
  });

  it('named by something like a digest is answered with what a digest is', async () => {
    for (const image of [
      'sha256:',
      'sha256:12ab',
      `${digest}0`,
      `sha256:${'g'.repeat(64)}`,
      `sha256:${'0'.repeat(9000)}`,
    ]) {
      const { code, detail } = await problemIn(await postJson(server.segmentUrl, { image }));
      assert.equal(code, 'invalid_request');
      assert.match(detail, /^Expected `image` to be "sha256:" and 64 hexadecimal digits but received "sha256:/);
      assert.ok(detail.length < 250, 'not all of it is quoted');
    }
  });

  it('belongs in the query by its digest alone, and then nowhere else', async () => {
    for (const query of ['image=photo.jpg', 'image=', `image=${digest}&image=${digest}`]) {
      const { code, detail } = await problemIn(await fetch(`${server.segmentUrl}?${query}`, { method: 'POST' }));
      assert.equal(code, 'invalid_request');
      assert.match(detail, /`image` in the query to be "sha256:"/);
    }
    const form = new FormData();
    form.set('image', new Blob([photo]));
    for (const ask of [
      () => postPhoto(`${server.segmentUrl}?image=${digest}`),
      () => postJson(`${server.segmentUrl}?image=${digest}`, { image: digest }),
      () => fetch(`${server.segmentUrl}?image=${digest}`, { method: 'POST', body: form }),
    ]) {
      assert.match((await problemIn(await ask())).detail, /`image` stands both in the query and in the body/);
    }
  });

  it('named by its digest counts as used, so that one in use stays', async () => {
    const bytes = (seed: number) => Buffer.alloc(400 * 1024, seed);
    const send = (seed: number) =>
      fetch(`${server.segmentUrl}?points=1,2`, {
        method: 'POST',
        body: bytes(seed),
        headers: { 'content-type': 'image/png' },
      });
    const again = (name: string | null) => postJson(server.segmentUrl, { image: name, points: '1,2' });
    const first = (await send(1)).headers.get('segserve-image');
    const second = (await send(2)).headers.get('segserve-image');
    assert.equal((await again(first)).status, 200);
    await send(3);
    assert.equal((await again(second)).status, 404);
    assert.equal((await again(first)).status, 200);
    assert.ok(keeping.bytes <= 1024 * 1024);
  });
});

describe('a server that keeps no pictures', { timeout: 20_000 }, () => {
  it('promises none, and says why a digest does not help', async () => {
    for (const options of [{}, { pictures: new KeptPictures({ bytesMax: 0 }) }]) {
      const server = await nativeServer({}, options);
      const reply = await postPhoto(`${server.segmentUrl}?points=1,2`);
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get('segserve-image'), null);
      const { code, detail } = await problemIn(await postJson(server.segmentUrl, { image: digest }));
      assert.equal(code, 'not_found');
      assert.match(detail, /keeps none \(limits\.keptPictureBytesMax is 0\)\. Send the picture itself\./);
    }
  });
});

describe('two listeners with one store', { timeout: 20_000 }, () => {
  it('know each other’s pictures', async () => {
    const pictures = new KeptPictures({ bytesMax: 1024 * 1024 });
    const [one, other] = [await nativeServer({}, { pictures }), await nativeServer({}, { pictures })];
    await postPhoto(`${one.segmentUrl}?points=1,2`);
    assert.equal((await postJson(other.segmentUrl, { image: digest, points: '1,2' })).status, 200);
  });
});
