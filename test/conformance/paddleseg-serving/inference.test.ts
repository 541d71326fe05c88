import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import sharp from 'sharp';
import {
  RequestSchema,
  ResponseSchema,
} from '../../../packages/server/src/protocols/paddleseg-serving/gen/image_seg_pb.ts';
import { ask } from '../../support/ask.ts';
import { prpcCall, prpcFrame } from '../../support/prpcClient.ts';
import { askWith, fullName, instance, maskIn, masksOf, openPaddlesegServing, photo, sizeOf } from './callers.ts';

const place = await openPaddlesegServing();
const { engine } = place;
const small = await photo(40, 20).png().toBuffer();
const proto = { 'content-type': 'application/proto' };
const message = (...images: Uint8Array[]) =>
  toBinary(
    RequestSchema,
    create(RequestSchema, { instances: images.map((imageBinary) => ({ imageBinary, imageLength: 1 })) }),
  );

describe('paddleseg-serving: the swapped size', () => {
  for (const [width, height] of [
    [40, 20],
    [640, 480],
    [513, 513],
    [1512, 2016],
  ] as const) {
    it(`gives a ${width}×${height} picture a mask of ${height}×${width}`, async () => {
      const [mask, ...others] = masksOf(await askWith(place, [instance(await photo(width, height).png().toBuffer())]));
      assert.deepEqual(others, []);
      assert.deepEqual(await sizeOf(mask!), [height, width]);
    });
  }

  it('counts a JPEG or PNG as it is seen, turned by its EXIF', async () => {
    const turned = await photo(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const turnedPng = await photo(40, 20).png().withMetadata({ orientation: 8 }).toBuffer();
    assert.deepEqual(await sizeOf(masksOf(await askWith(place, [instance(turnedPng)]))[0]!), [40, 20]);
    const before = engine.requests.length;
    const [mask] = masksOf(await askWith(place, [instance(turned)]));
    assert.deepEqual(await sizeOf(mask!), [40, 20]);
    assert.equal(engine.requests.length, before + 1);
    const plain = await photo(40, 20).jpeg({ progressive: true }).withMetadata({ orientation: 3 }).toBuffer();
    assert.deepEqual(await sizeOf(masksOf(await askWith(place, [instance(plain)]))[0]!), [20, 40]);
  });

  it('holds for formats whose header only the engine reads', async () => {
    for (const bytes of [await photo(40, 20).webp().toBuffer(), await photo(40, 20).tiff().toBuffer()]) {
      const [mask] = masksOf(await askWith(place, [instance(bytes)]));
      assert.deepEqual(await sizeOf(mask!), [20, 40]);
    }
  });
});

describe('paddleseg-serving: the request', () => {
  it('asks the built-in model for an opacity, by default', async () => {
    await askWith(place, [instance(small)]);
    const { model, answers, size } = engine.requests.at(-1)!;
    assert.equal(model, 'portrait');
    assert.deepEqual(answers, [{ kind: 'alpha', format: 'png' }]);
    assert.deepEqual(size, { width: 20, height: 40 });
  });

  it('asks a semantic model for class 1', async () => {
    engine.task = 'semantic';
    await askWith(place, [instance(small)]);
    engine.task = 'matting';
    assert.deepEqual(engine.requests.at(-1)!.answers, [{ kind: 'alpha', format: 'png', classes: [1] }]);
  });

  it('asks for classes in the profile seed', async () => {
    const seed = await openPaddlesegServing({ profile: 'seed', models: { human_segmentation: 'scene:2' } });
    assert.deepEqual(await sizeOf(masksOf(await askWith(seed, [instance(small)]))[0]!), [20, 40]);
    assert.equal(seed.engine.requests[0]!.model, 'scene:2');
    assert.deepEqual(seed.engine.requests[0]!.answers, [{ kind: 'labels', format: 'png' }]);
  });

  it('may hold several pictures of different sizes; masks come in their order', async () => {
    const sizes = [
      [40, 20],
      [7, 90],
      [33, 33],
      [64, 8],
      [20, 40],
      [21, 40],
      [22, 40],
      [23, 40],
      [24, 40],
      [25, 40],
      [26, 40],
    ] as const;
    const pictures = await Promise.all(
      sizes.map(([width, height], index) =>
        photo(width, height, 10 * index)
          .png()
          .toBuffer(),
      ),
    );
    // The first ones take longest.
    engine.before = async ({ image }) => {
      const index = pictures.findIndex((picture) => picture.equals(image));
      await new Promise((resolve) => setTimeout(resolve, 2 * (sizes.length - index)));
    };
    engine.inFlightMost = 0;
    try {
      const masks = masksOf(await askWith(place, pictures.map(instance)));
      for (const [index, [width, height]] of sizes.entries()) {
        assert.deepEqual(await sizeOf(masks[index]!), [height, width]);
        const { data } = await sharp(masks[index]).raw().toBuffer({ resolveWithObject: true });
        assert.equal(data[0], 10 * index);
      }
      assert.ok(engine.inFlightMost > 1, 'several were with the engine at once');
      assert.ok(engine.inFlightMost <= 8, 'but not all of them');
    } finally {
      engine.before = undefined;
    }
  });

  it('is answered alike with and without a Content-Type, which comes back as it came', async () => {
    const without = await askWith(place, [instance(small)]);
    const withOne = await askWith(place, [instance(small)], { headers: { 'content-type': 'application/json' } });
    assert.deepEqual(without.bytes, withOne.bytes);
    assert.equal(without.headers['content-type'], undefined);
    assert.equal(withOne.headers['content-type'], 'application/json');
  });

  it('does not read image_length', async () => {
    for (const length of [0, 1, 4_294_967_295]) {
      const reply = await askWith(place, [{ ...instance(small), image_length: length }]);
      assert.equal(reply.status, 200);
    }
  });

  it('may be compressed with gzip', async () => {
    const body = gzipSync(JSON.stringify({ instances: [instance(small)] }));
    const reply = await ask(place.address, { body, headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual(await sizeOf(masksOf(reply)[0]!), [20, 40]);
  });

  it('may be protobuf, and then the reply is', async () => {
    const reply = await ask(place.address, { body: message(small, small), headers: proto });
    assert.equal(reply.status, 200, String(reply.bytes));
    assert.equal(reply.headers['content-type'], 'application/proto');
    const { prediction } = fromBinary(ResponseSchema, reply.bytes);
    assert.equal(prediction.length, 2);
    for (const { info } of prediction) assert.deepEqual(await sizeOf(maskIn(info)), [20, 40]);
  });

  it('may come in a baidu_std frame; its reply is not compressed', async () => {
    const request = { serviceName: fullName, methodName: 'inference' };
    const [answer] = await prpcCall(place.port, [prpcFrame({ request, correlationId: 9n }, message(small))]);
    assert.equal(answer!.meta.response?.errorCode, 0, answer!.meta.response?.errorText);
    assert.deepEqual([answer!.meta.correlationId, answer!.meta.compressType], [9n, 0]);
    const { prediction } = fromBinary(ResponseSchema, answer!.payload);
    assert.deepEqual(await sizeOf(maskIn(prediction[0]!.info)), [20, 40]);
  });

  it('is never answered compressed', async () => {
    const many = new Array(10).fill(instance(small));
    const reply = await askWith(place, many, { headers: { 'accept-encoding': 'gzip' } });
    assert.ok(reply.bytes.length > 512);
    assert.equal(reply.headers['content-encoding'], undefined);
    assert.equal(masksOf(reply).length, 10);
  });

  it('is known by the log id of its header', async () => {
    await askWith(place, [instance(small)], { headers: { 'log-id': '77' } });
    assert.equal(engine.requests.at(-1)!.requestId, '77');
  });
});

describe('paddleseg-serving: the address', () => {
  for (const path of [
    '/ImageSegService/inference',
    '/ImageSegService/debug',
    `/${fullName}/inference`,
    `/${fullName}/debug`,
    '/ImageSegService/inference/and/more',
  ]) {
    it(`${path} is served`, async () => {
      const reply = await ask(`${place.url}${path}`, { body: JSON.stringify({ instances: [instance(small)] }) });
      assert.equal(masksOf(reply).length, 1);
    });
  }

  for (const method of ['GET', 'PUT']) {
    it(`is served for the verb ${method} too`, async () => {
      assert.equal(masksOf(await askWith(place, [instance(small)], { method })).length, 1);
    });
  }
});

describe('paddleseg-serving: the setting `channels`', () => {
  const pictures: [string, Promise<Buffer>, number | undefined][] = [
    ['a PNG of three channels', photo(4, 3).png().toBuffer(), 3],
    ['a PNG with a palette', photo(4, 3).png({ palette: true }).toBuffer(), 3],
    ['a JPEG', photo(4, 3).jpeg().toBuffer(), 3],
    ['a PNG of one channel', photo(4, 3).toColourspace('b-w').png().toBuffer(), 1],
    ['a grey JPEG', photo(4, 3).toColourspace('b-w').jpeg().toBuffer(), 1],
    ['a PNG with opacity', photo(4, 3, 100, 4).png().toBuffer(), 4],
    [
      'a PNG with a palette with opacity',
      photo(4, 3, 100, 4).linear([1, 1, 1, 0.5], [0, 0, 0, 0]).png({ palette: true }).toBuffer(),
      4,
    ],
    ['a grey PNG with opacity', photo(4, 3, 100, 4).toColourspace('b-w').png().toBuffer(), 4],
    ['a WebP, whose channels are not looked at', photo(4, 3).webp().toBuffer(), undefined],
  ];
  for (const [title, bytes, channels] of pictures) {
    it(`decides about ${title}`, async () => {
      const four = await openPaddlesegServing({ channels: 4 });
      for (const [server, wanted] of [
        [place, 3],
        [four, 4],
      ] as const) {
        const reply = await askWith(server, [instance(await bytes)]);
        const fits = channels === undefined || channels === wanted;
        assert.equal(reply.status, fits ? 200 : 500, String(reply.bytes));
        if (!fits)
          assert.match(String(reply.bytes), new RegExp(`image of ${wanted} channels but received ${channels}`));
      }
      await four.close();
    });
  }
});
