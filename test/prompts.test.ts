import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Instances, InstancesSchema, ProblemSchema, SegmentJsonReplySchema } from '@segserve/contract';
import sharp from 'sharp';
import { subscribe } from '../packages/server/src/domain/events.ts';
import { open } from '../packages/server/src/index.ts';
import { pixelsOf } from './support/pictures.ts';
import { writeColorClicks } from './support/promptPackages.ts';
import { commandFile } from './support/repository.ts';
import { plainEnvironment, startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

const limits = { timeout: 60_000 };
const models = temporaryFolder();
writeColorClicks(models, 'click');

interface Square {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}
const red: Square = { left: 20, top: 30, width: 40, height: 30 };
const green: Square = { left: 80, top: 20, width: 32, height: 40 };
const size = { width: 128, height: 96 };

/** Two squares on blue. `shade` makes pictures that differ. */
function squares(shade = 0): Promise<Buffer> {
  const square = ({ left, top, width, height }: Square, background: string) => ({
    input: { create: { width, height, channels: 3 as const, background } },
    left,
    top,
  });
  return sharp({ create: { ...size, channels: 3, background: { r: 0, g: 0, b: 255 - shade } } })
    .composite([square(red, '#ff0000'), square(green, '#00ff00')])
    .png()
    .toBuffer();
}
const picture = await squares();

const server = await startHere({ models: [models], wires: [{ name: 'native', port: 0 }] }, { keep: true });
after(() => server.close());
const [url, otherUrl] = server.addresses.map((one) => one.url);
const address = (query = '', model = 'click', at = url) => `${at}/v1/models/${model}/segment${query}`;

const raw = (query: string, image: Uint8Array = picture) =>
  fetch(address(query), {
    method: 'POST',
    body: new Uint8Array(image),
    headers: { 'content-type': 'image/png' },
  });
const json = (body: object, at = address()) =>
  fetch(at, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
const base64 = picture.toString('base64');

/** Fails unless the class map shows most of this square and nothing else. */
async function assertShows(bytes: ArrayBuffer | Uint8Array, { left, top, width, height }: Square): Promise<void> {
  const { data: grey, width: across, channels } = await pixelsOf(new Uint8Array(bytes));
  assert.equal(grey.length, size.width * size.height * channels);
  const data = grey.filter((_, at) => at % channels === 0);
  let shown = 0;
  for (const [at, label] of data.entries()) {
    if (label === 0) continue;
    const [x, y] = [at % across, Math.floor(at / across)];
    assert.ok(x >= left && x < left + width && y >= top && y < top + height, `pixel ${x}, ${y} is not of it`);
    shown++;
  }
  assert.ok(shown > 0.6 * width * height, `${shown} pixels of it are shown`);
}

async function instancesOf(reply: Response): Promise<Instances['instances']> {
  assert.equal(reply.status, 200, await reply.clone().text());
  return InstancesSchema.parse(await reply.json()).instances;
}

describe('prompts over HTTP', limits, () => {
  it('a point shows its thing, however the request is written', async () => {
    const prompts = { points: [{ x: 40, y: 45 }] };
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(picture)]));
    form.set('prompts', JSON.stringify(prompts));
    form.set('answer', 'labels');
    for (const reply of [
      await raw('?points=40,45&answer=labels'),
      await fetch(address(), { method: 'POST', body: form }),
      await json({ image: base64, prompts, answer: 'labels' }),
    ]) {
      assert.equal(reply.status, 200, await reply.clone().text());
      await assertShows(await reply.arrayBuffer(), red);
    }
    await assertShows(await (await raw('?points=100,40&answer=labels')).arrayBuffer(), green);
    await assertShows(await (await raw('?points=40,45;100,40,0&answer=labels')).arrayBuffer(), red);
  });

  it('each box is a thing of its own', async () => {
    const things = await instancesOf(await raw('?boxes=15,25,65,65;75,15,117,65&answer=instances'));
    const middles = things.map(({ centroid }) => [Math.round(centroid.x), Math.round(centroid.y)]);
    assert.deepEqual(middles.toSorted(), [
      [40, 45],
      [96, 40],
    ]);
  });

  it('everything finds both squares', async () => {
    const prompts = { everything: { pointsPerSide: 8, stabilityThreshold: 0, minArea: 200 } };
    const things = await instancesOf(await json({ image: base64, prompts, answer: 'instances' }));
    assert.ok(things.length >= 2, `${things.length}`);
    for (const { left, top, width, height } of [red, green]) {
      const inside = things.filter(
        ({ box }) =>
          box.x >= left && box.y >= top && box.x + box.width <= left + width && box.y + box.height <= top + height,
      );
      assert.equal(inside.length, 1);
    }
  });

  it('a mask to start from goes with the points in one object', async () => {
    const mask = await sharp({ create: { ...size, channels: 3, background: '#ffffff' } })
      .png()
      .toBuffer();
    const prompts = { points: [{ x: 40, y: 45 }], mask: mask.toString('base64') };
    const reply = await json({ image: base64, prompts, answer: 'stats' });
    assert.equal(reply.status, 200, await reply.clone().text());
    const wrong = await sharp(mask).resize(10, 10).png().toBuffer();
    const refused = await json({ image: base64, prompts: { ...prompts, mask: wrong.toString('base64') } });
    assert.match(
      ProblemSchema.parse(await refused.json()).detail,
      /mask of the picture's size, 128×96 pixels but received 10×10/,
    );
  });

  it('what the model cannot do with them is a 400 that says what would be right', async () => {
    for (const [reply, message] of [
      [await raw('?answer=stats'), /Expected prompts \(points, boxes or everything\) for click:1 but received none\./],
      [await raw('?points=129,40'), /Expected points inside the picture of 128×96 pixels but received x 129, y 40\./],
      [await json({ image: base64, points: '1,2' }, address('', 'portrait')), /portrait:1 takes no prompts/],
    ] as const) {
      const problem = ProblemSchema.parse(await reply.json());
      assert.deepEqual([reply.status, problem.code], [400, 'invalid_request'], problem.detail);
      assert.match(problem.detail, message);
      assert.equal(reply.headers.get('segserve-image'), null);
    }
  });
});

describe('the next click on a picture', limits, () => {
  it('sends its name instead of it, on any port, gets the same answer, and no encoder runs', async () => {
    const fresh = await squares(30);
    const uses: string[] = [];
    after(subscribe('segserve:embedding', ({ outcome }) => uses.push(outcome)));
    const first = await raw('?points=40,45&answer=labels', fresh);
    const name = first.headers.get('segserve-image');
    const expected = Buffer.from(await first.arrayBuffer());
    const body = { image: name, points: '40,45', answer: 'labels' };
    assert.ok(JSON.stringify(body).length < 200);
    for (const at of [address(), address('', 'click', otherUrl)]) {
      const reply = await json(body, at);
      assert.equal(reply.status, 200, await reply.clone().text());
      assert.equal(reply.headers.get('segserve-image'), name);
      assert.deepEqual(Buffer.from(await reply.arrayBuffer()), expected);
    }
    const empty = await fetch(address(`?image=${name}&points=100,40&answer=labels`), { method: 'POST' });
    await assertShows(await empty.arrayBuffer(), green);
    assert.deepEqual(uses, ['miss', 'hit', 'hit', 'hit']);
  });

  it('may be of another model, or without prompts', async () => {
    const name = (await raw('?points=40,45')).headers.get('segserve-image');
    const reply = await json({ image: name, answer: 'stats', response: 'json' }, address('', 'portrait'));
    assert.equal(SegmentJsonReplySchema.parse(await reply.json()).width, size.width);
  });

  it('has to send the picture again once it is not kept', async () => {
    const small = await startHere({ models: [models], limits: { keptPictureBytesMax: 8192 } });
    const click = (image: Buffer) =>
      fetch(address('?points=40,45&answer=stats', 'click', small.address), {
        method: 'POST',
        body: new Uint8Array(image),
      });
    const names = [];
    for (const shade of [1, 2, 3]) names.push((await click(await squares(shade))).headers.get('segserve-image'));
    const again = (image: string | null | undefined) =>
      json({ image, points: '40,45', answer: 'stats' }, address('', 'click', small.address));
    const gone = await again(names[0]);
    const problem = ProblemSchema.parse(await gone.json());
    assert.deepEqual([gone.status, problem.code], [404, 'not_found']);
    assert.match(problem.detail, /Send the picture again\.$/);
    assert.equal((await again(names[2])).status, 200);
    const metrics = await (await fetch(`${small.address}/metrics`)).text();
    assert.match(metrics, /^segserve_kept_picture_bytes 8192$/m);
  });
});

describe('prompts on the command line', limits, () => {
  const run = promisify(execFile);
  const folder = path.join(temporaryFolder(), 'pictures');
  mkdirSync(folder);
  for (const name of ['one.png', 'two.png']) writeFileSync(path.join(folder, name), picture);
  const segment = (...args: string[]) =>
    run(process.execPath, [commandFile, 'segment', '--models', models, ...args], {
      cwd: folder,
      env: plainEnvironment(),
      timeout: 50_000,
    });

  it('point at the same place in several pictures', async () => {
    await segment('one.png', 'two.png', '-m', 'click', '--as', 'labels', '--point', '40,45', '--point', '100,40,0');
    for (const name of ['one', 'two']) await assertShows(readFileSync(path.join(folder, `${name}.labels.png`)), red);
  });

  it('that make no sense are wrong usage, before anything is loaded', async () => {
    for (const [args, message] of [
      [['one.png', '-m', 'click'], /click:1 has to be told what to segment\. Add --point x,y/],
      [['one.png', '--point', '1,2'], /--point: portrait:1 takes no prompts/],
      [['one.png', '-m', 'click', '--point', 'here'], /--point: expected x,y or x,y,label .* found "here"/],
    ] as const) {
      await assert.rejects(segment(...args), ({ code, stderr }: { code: number; stderr: string }) => {
        assert.equal(code, 2, stderr);
        assert.match(stderr, message);
        return true;
      });
    }
  });
});

describe('prompts in the library', limits, () => {
  it('are taken with their defaults left out, and refused where they are wrong', async () => {
    await using segserve = await open({ model: 'click', folders: [models], threads: 1 });
    const answer = ['labels'] as const;
    const { answers } = await segserve.segment(picture, { answer, prompts: { points: [{ x: 100, y: 40 }] } });
    await assertShows(answers[0]!.bytes, green);
    const wrong = { points: [{ x: 100, y: Number.NaN }] };
    await assert.rejects(
      segserve.segment(picture, { answer, prompts: wrong }),
      /`prompts\.points\[0\]\.y` to be a finite number/,
    );
    await assert.rejects(segserve.segment(picture, { answer }), { code: 'invalid_request' });
  });
});
