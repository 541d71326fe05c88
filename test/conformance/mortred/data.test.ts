import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { huePalette, randomPalette } from '../../../packages/server/src/protocols/mortred/palettes.ts';
import { networkSize } from './fakeEngine.ts';
import { bisenetv2, envelopeOf, mortredServer, pictureIn, post, postStrict, prefix } from './mortredServer.ts';

const hrnet = `${prefix}/scene_segmentation/hrnet`;
const humanSeg = `${prefix}/scene_segmentation/pphuman_seg`;
const photoSize = { width: 40, height: 30 };
const a = await mortredServer({ profile: 'a' });
const b = await mortredServer({ profile: 'b' });
const c = await mortredServer({ profile: 'c' });
const ask = { a: post.bind(undefined, a), b: post.bind(undefined, b), c: postStrict.bind(undefined, c) };
const servers = { a, b, c };

async function dataOf(profile: 'a' | 'b' | 'c', path: string): Promise<Readonly<Record<string, unknown>>> {
  const envelope = envelopeOf(await ask[profile](path));
  assert.deepEqual([envelope.code, envelope.msg], [0, 'success']);
  return envelope.data as Readonly<Record<string, unknown>>;
}

describe('mortred: data of scene segmentation', () => {
  const fields = {
    a: ['segment_result'],
    b: ['segment_result', 'colorized_seg_mask'],
    c: ['image', 'colorized_mask'],
  } as const;
  const sizes = [
    { profile: 'a', path: bisenetv2, size: networkSize },
    { profile: 'b', path: bisenetv2, size: networkSize },
    { profile: 'c', path: bisenetv2, size: photoSize },
    { profile: 'a', path: hrnet, size: photoSize },
    { profile: 'b', path: hrnet, size: photoSize },
    { profile: 'c', path: hrnet, size: photoSize },
    { profile: 'a', path: humanSeg, size: photoSize },
    { profile: 'b', path: humanSeg, size: photoSize },
    { profile: 'c', path: humanSeg, size: photoSize },
  ] as const;
  for (const { profile, path, size } of sizes) {
    test(`${path} in ${profile}: an 8-bit class map of one channel, ${size.width} × ${size.height}`, async () => {
      const data = await dataOf(profile, path);
      assert.deepEqual(Object.keys(data), fields[profile]);
      const map = await pictureIn(data, fields[profile][0]);
      assert.deepEqual(map, { format: 'png', ...size, channels: 1, depth: 'uchar', first: [1] });
      assert.equal(servers[profile].engine.requests.at(-1)!.answers[0]!.kind, 'labels');
      if (profile === 'a') return;
      const color = await pictureIn(data, fields[profile][1]);
      assert.deepEqual([color.format, color.width, color.height, color.channels], ['png', size.width, size.height, 3]);
    });
  }

  test('modelSize is the configured size of bisenetv2 in a and b, and of no other', async () => {
    const configured = { width: 64, height: 32 };
    const sized = await mortredServer({ profile: 'b', modelSize: configured });
    await post(sized, bisenetv2);
    await post(sized, hrnet);
    assert.deepEqual(
      sized.engine.requests.map(({ size }) => size),
      [configured, undefined],
    );
    const strict = await mortredServer({ profile: 'c', modelSize: configured });
    await postStrict(strict, bisenetv2);
    assert.equal(strict.engine.requests[0]!.size, undefined);
  });

  test('in b the colours are drawn anew for every request', async () => {
    const first = await pictureIn(await dataOf('b', hrnet), 'colorized_seg_mask');
    const colors = b.engine.requests.at(-1)!.answers[1]!.colors!;
    assert.deepEqual(first.first, colors[1]);
    await dataOf('b', hrnet);
    assert.notDeepEqual(b.engine.requests.at(-1)!.answers[1]!.colors, colors);
  });

  test('a random colour map has 80 colours, all different, none black', () => {
    const palette = randomPalette();
    assert.equal(palette.length, 80);
    assert.equal(new Set(palette.map(String)).size, 80);
    assert.ok(palette.every((color) => color.every((channel) => Number.isInteger(channel) && channel < 256)));
    const draws = [0, 0, 0.5];
    const drawn = randomPalette(() => draws.shift() ?? Math.random());
    assert.deepEqual(drawn.slice(0, 2), [
      [0, 0, 1],
      [128, 0, 0],
    ]);
  });

  test('in c class i has the hue i × 137.50776405003785°, the same in every request', async () => {
    assert.equal(huePalette.length, 80);
    // By hand: 0° is red; 137.508° lies in the third sector, blue = 137.508 ÷ 60 − 2; 275.016° in the fifth.
    assert.deepEqual(huePalette[0], [255, 0, 0]);
    assert.deepEqual(huePalette[1], [0, 255, Math.trunc((137.50776405003785 / 60 - 2) * 255)]);
    assert.deepEqual(huePalette[2], [Math.trunc((275.0155281000757 / 60 - 4) * 255), 0, 255]);
    // 412.523° − 360° = 52.523°: green = 52.523 ÷ 60.
    assert.deepEqual(huePalette[3], [255, Math.trunc((52.52329215011355 / 60) * 255), 0]);
    // 5500.310° − 15 × 360° = 100.310°: red = 2 − 100.310 ÷ 60.
    assert.deepEqual(huePalette[40], [Math.trunc((2 - 100.3104022015 / 60) * 255), 255, 0]);
    const color = await pictureIn(await dataOf('c', bisenetv2), 'colorized_mask');
    assert.deepEqual(color.first, huePalette[1]);
    assert.deepEqual(c.engine.requests.at(-1)!.answers[1]!.colors, huePalette);
  });
});

describe('mortred: data of matting', () => {
  for (const name of ['modnet', 'pp_matting']) {
    for (const [profile, field] of [
      ['a', 'segment_result'],
      ['b', 'segment_result'],
      ['c', 'image'],
    ] as const) {
      test(`${name} in ${profile}: ${field} is the opacity of portrait at the photo's size`, async () => {
        const data = await dataOf(profile, `${prefix}/matting/${name}`);
        assert.deepEqual(Object.keys(data), [field]);
        const map = await pictureIn(data, field);
        assert.deepEqual(map, { format: 'png', ...photoSize, channels: 1, depth: 'uchar', first: [1] });
        const { model, answers } = servers[profile].engine.requests.at(-1)!;
        assert.deepEqual([model, answers.map(({ kind }) => kind)], ['portrait', ['alpha']]);
      });
    }
  }
});

describe('mortred: data of classification', () => {
  const paths = ['densenet', 'mobilenetv2', 'resnet'].map((name) => `${prefix}/classification/${name}`);
  for (const path of paths) {
    test(`${path} gives the best class in a and b, all of them in c`, async () => {
      for (const profile of ['a', 'b'] as const) {
        assert.deepEqual(await dataOf(profile, path), { class_id: 2, scores: 0.75 });
      }
      assert.deepEqual(await dataOf('c', path), { class_id: 2, category: 'tabby', scores: [0.25, 0, 0.75] });
      assert.equal(c.engine.requests.at(-1)!.model, 'sorter:1');
    });
  }

  test('on an error the class is −1 and the score −1.0', async () => {
    for (const server of [a, b]) {
      const reply = await post(server, paths[0]!, '');
      assert.match(String(reply.bytes), /"data":\{"class_id":-1,"scores":-1\.0\}\}$/);
    }
  });

  test('a whole score keeps its point', async () => {
    const reply = await postStrict(c, paths[0]!);
    assert.match(String(reply.bytes), /"scores":\[0\.25,0\.0,0\.75\]/);
  });

  test('without a classification model the server was not initialised', async () => {
    const bare = await mortredServer();
    bare.engine.known = bare.engine.known.filter(({ name }) => name !== 'sorter');
    const envelope = envelopeOf(await post(bare, paths[0]!));
    assert.deepEqual(envelope, {
      req_id: 'abc123',
      code: 1,
      msg: 'model init failed',
      data: { class_id: -1, scores: -1 },
    });
  });
});

describe('mortred: data of servers that segserve has no models for', () => {
  const rows = [
    { task: 'enhancement/enlighten_gan', data: { enhance_result: '' } },
    { task: 'mono_depth_estimation/metric3d', data: { estimate_result: '' } },
    { task: 'obj_detection/yolov8', data: [] },
    { task: 'obj_detection/libface', data: [] },
    { task: 'ocr/dbtext', data: [] },
    { task: 'feature_point/superpoint', data: [] },
  ];
  for (const { task, data } of rows) {
    test(`${task} answers code 1 with the empty data of its task, and null in c`, async () => {
      const envelope = envelopeOf(await post(b, `${prefix}/${task}`));
      assert.deepEqual(envelope, { req_id: 'abc123', code: 1, msg: 'model init failed', data });
      const reply = await postStrict(c, `${prefix}/${task}`);
      assert.equal(reply.status, 500);
      assert.deepEqual(envelopeOf(reply), { ...envelope, data: null });
    });
  }
});
