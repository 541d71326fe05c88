import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PanopticSchema, PolygonsSchema, StatsSchema, TopClassesSchema } from '@segserve/contract';
import { cropAround } from '../packages/server/src/pipeline/chain/cropAround.ts';
import { png, rgb } from '../packages/server/src/pipeline/testing/pictures.ts';
import {
  answered,
  engine,
  grey,
  height,
  instancesOf,
  mapOf,
  noise,
  noisePicture,
  ofCrop,
  paste,
  photo,
  width,
} from './support/chainRepository.ts';

describe('a chain', () => {
  test('finds, crops, cuts out and pastes what one would put together by hand', async () => {
    const found = (await instancesOf('finder')).filter(({ label }) => label === 'cup');
    assert.equal(found.length, 3);
    const byHand = new Uint8Array(width * height);
    for (const { box } of found) {
      const crop = cropAround(box, 0.25, { width, height });
      paste(byHand, await ofCrop('matte', 'alpha', crop), crop, Math.max);
    }
    assert.deepEqual(await mapOf('cutter', 'alpha'), byHand);
    assert.ok(byHand.some((opacity) => opacity > 0) && byHand.some((opacity) => opacity === 0));
  });

  test('answers like the stage that is answered: its task, classes and answers', async () => {
    const detail = engine.model('cutter');
    assert.equal(detail.state, 'ready', detail.error ?? '');
    assert.equal(detail.task, 'matting');
    assert.match(detail.fusion, /^finder:1 \(cpu\): fused.*; matte:1 \(cpu\): fused/);
    assert.deepEqual(
      detail.labels.map(({ label }) => label),
      ['background', 'foreground'],
    );
    assert.deepEqual(detail.stages, [
      { name: 'found', kind: 'model', models: ['finder:1'] },
      { name: 'cut', kind: 'crops', models: ['matte:1'] },
    ]);
    const answers = detail.answers.map((kind) => ({ kind }));
    const result = await engine.segment({ model: 'cutter', image: photo, answers });
    assert.equal(result.answers.length, answers.length);
    assert.ok(result.answers.every(({ bytes }) => bytes.length > 0));
    assert.deepEqual([result.width, result.height], [width, height]);
  });

  test('draws the line of its class map where the request wants it', async () => {
    const alpha = await mapOf('cutter', 'alpha');
    for (const threshold of [0.25, 0.75]) {
      const labels = await mapOf('cutter', 'labels', { threshold });
      assert.deepEqual(
        labels,
        alpha.map((opacity) => (opacity >= threshold * 255 ? 1 : 0)),
      );
    }
  });

  test('of one stage answers as its model does alone, in every byte', async () => {
    for (const kind of ['labels', 'overlay', 'polygons', 'scores', 'stats'] as const) {
      assert.deepEqual((await answered('alone', kind)).bytes, (await answered('colours', kind)).bytes, kind);
    }
    // A JPEG that is decoded small, with a profile that is not the screen's: what the model sees is not the full decode made small.
    const image = await rgb(noisePicture(2), width, height).resize(640, 480).withIccProfile('p3').jpeg().toBuffer();
    for (const kind of ['alpha', 'cutout'] as const) {
      const alone = await answered('matte', kind, { image });
      assert.deepEqual((await answered('alone-matte', kind, { image })).bytes, alone.bytes, kind);
    }
    const answers = [{ kind: 'composite', format: 'png' }] as const;
    const background = await rgb(noisePicture(3), width, height).png().toBuffer();
    const behind = (model: string) => answered(model, 'composite', { answers, extras: { background } });
    assert.deepEqual((await behind('alone-matte')).bytes, (await behind('matte')).bytes);
  });

  test('lets each thing keep its class and score with the mask that its crop gives', async () => {
    const found = await instancesOf('finder');
    const sharper = await instancesOf('sharper');
    assert.deepEqual(
      sharper.map(({ score }) => score),
      found.map(({ score }) => score),
    );
    assert.deepEqual(
      sharper.map(({ label }) => label),
      found.map(({ label }) => label),
    );
    for (const [at, { box }] of found.entries()) {
      const classes = await ofCrop('colours', 'labels', box);
      assert.equal(sharper[at]!.area, classes.filter((index) => index !== 0).length);
    }
  });

  test('puts the classes of better things on top', async () => {
    const byHand = new Uint8Array(width * height);
    for (const { box } of (await instancesOf('finder')).toReversed()) {
      paste(byHand, await ofCrop('coarse', 'labels', box), box, (old, fresh) => (fresh === 0 ? old : fresh));
    }
    assert.deepEqual(await mapOf('painted', 'labels'), byHand);
  });

  test('shifts the instances of crops to where they are in the picture', async () => {
    const [spoon] = (await instancesOf('finder')).filter(({ label }) => label === 'spoon');
    const { box } = spoon!;
    const image = await rgb(noise, width, height)
      .extract({ left: box.x, top: box.y, width: box.width, height: box.height })
      .png()
      .toBuffer();
    const inCrop = await instancesOf('finder', { image });
    const inWhole = await instancesOf('finders');
    assert.deepEqual(
      inWhole.map((one) => [one.score, one.area, one.box.x - box.x, one.box.y - box.y, one.box.width]),
      inCrop.map((one) => [one.score, one.area, one.box.x, one.box.y, one.box.width]),
    );
    const all = await instancesOf('all-finders');
    assert.ok(all.length > 8);
    assert.deepEqual(
      all.map(({ id }) => id),
      all.map((_, at) => at + 1),
    );
    assert.deepEqual(
      all.map(({ score }) => score),
      all.map(({ score }) => score).toSorted((a, b) => b - a),
    );
    assert.equal((await instancesOf('all-finders', { maxInstances: 3 })).length, 3);
  });

  test('crops the largest connected regions of a class', async () => {
    const stats = await answered('regions', 'alpha');
    const { bytes } = await answered('colours', 'polygons', { answers: [{ kind: 'polygons', classes: ['red'] }] });
    const regions = PolygonsSchema.parse(JSON.parse(Buffer.from(bytes).toString())).regions;
    const byHand = new Uint8Array(width * height);
    for (const { box } of regions.slice(0, 2)) paste(byHand, await ofCrop('matte', 'alpha', box), box, Math.max);
    assert.deepEqual(await grey(stats.bytes), byHand);
    assert.deepEqual(
      stats.stages?.map(({ runs }) => runs),
      [1, 2],
    );
  });

  test('lets the class of the picture choose the model, the default where the class is unsure', async () => {
    const stripes = (bright: number, green: number, blue: number) => {
      const data = Buffer.alloc(64 * 64 * 3);
      for (let at = 0; at < 64 * 64; at++) data.set([bright + (at % 2 === 0 ? 40 : -40), green, blue], at * 3);
      return png(data, 64, 64);
    };
    const [red, blue, unsure] = await Promise.all([stripes(200, 10, 10), stripes(90, 10, 200), stripes(90, 80, 85)]);
    const routed = (image: Buffer) => mapOf('chooser', 'alpha', { image });
    assert.deepEqual(await routed(red), await mapOf('matte', 'alpha', { image: red }));
    assert.deepEqual(await routed(blue), await mapOf('picky', 'alpha', { image: blue }));
    assert.deepEqual(await routed(unsure), await mapOf('picky', 'alpha', { image: unsure }));
    for (const image of [red, blue, unsure]) {
      assert.notDeepEqual(await mapOf('matte', 'alpha', { image }), await mapOf('picky', 'alpha', { image }));
    }
    const { bytes } = await answered('namer-chain', 'topk', { image: red });
    assert.equal(TopClassesSchema.parse(JSON.parse(Buffer.from(bytes).toString())).classes[0]!.label, 'red');
  });

  test('may be a stage of another chain', async () => {
    const byHand = new Uint8Array(width * height);
    for (const { box } of (await instancesOf('sharper')).filter(({ label }) => label === 'cup')) {
      const crop = cropAround(box, 0.25, { width, height });
      paste(byHand, await ofCrop('regions', 'alpha', crop), crop, Math.max);
    }
    assert.deepEqual(await mapOf('nested', 'alpha'), byHand);
  });

  test('makes one panoptic picture of stuff and things', async () => {
    const { bytes } = await answered('panorama', 'panoptic', { answers: [{ kind: 'panoptic', format: 'json' }] });
    const { annotations, categories } = PanopticSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
    const segments = annotations[0]!.segments_info;
    const isThing = new Map(categories.map(({ name, isthing }) => [name, isthing]));
    assert.deepEqual(
      [...isThing],
      [
        ['cup', 1],
        ['wall', 0],
        ['floor', 0],
      ],
    );
    const things = await instancesOf('finder');
    assert.deepEqual(
      segments.filter(({ isthing }) => isthing === 1).map(({ score }) => score),
      things.map(({ score }) => score),
    );
    assert.deepEqual(
      segments
        .slice(things.length)
        .map(({ label }) => label)
        .toSorted(),
      ['floor', 'wall'],
    );
    assert.ok(segments.at(-1)!.score < 1, 'stuff is as sure as its pixels');
    const map = await mapOf('scenery', 'labels');
    const found = await mapOf('finder', 'labels');
    // What the map takes for a cup without there being one is nothing: the background behind the labels.
    const byHand = map.map((index, at) => (found[at] !== 2 ? 0 : index === 0 ? 3 : index));
    assert.deepEqual(await mapOf('panorama', 'labels'), byHand);
  });

  test('makes a trimap of what an earlier stage found for a matting model that needs one', async () => {
    const { bytes: trimap } = await answered('colours', 'trimap', {
      answers: [{ kind: 'trimap', classes: ['red'], band: 3 }],
    });
    const byHand = await mapOf('needy', 'alpha', { extras: { trimap } });
    assert.ok(byHand.some((opacity) => opacity === 0) && byHand.some((opacity) => opacity > 0));
    assert.deepEqual(await mapOf('matted', 'alpha'), byHand);
  });

  test('shows a promptable model the boxes of things, which keep class and score', async () => {
    const found = (await instancesOf('finder')).filter(({ label }) => label === 'cup');
    const boxes = found.map(({ box: { x, y, width, height } }) => ({ x0: x, y0: y, x1: x + width, y1: y + height }));
    const byHand = await instancesOf('clicks', { prompts: { boxes, multimask: false } });
    assert.ok(byHand.length > 0);
    const shown = await instancesOf('shown');
    const known = byHand.toSorted((a, b) => a.id - b.id);
    assert.deepEqual(
      shown.map(({ label, score, area, segmentation }) => [label, score, area, segmentation.counts]),
      known.map(({ id, area, segmentation }) => ['cup', found[id - 1]!.score, area, segmentation.counts]),
    );
    assert.deepEqual(await instancesOf('shown-nothing'), []);
  });

  test('sees only the region that is asked for, as if the rest had been cut off', async () => {
    const region = { x: 24, y: 16, width: 80, height: 64 };
    const image = await rgb(noise, width, height)
      .extract({ left: 24, top: 16, width: 80, height: 64 })
      .png()
      .toBuffer();
    assert.deepEqual(await mapOf('cutter', 'alpha', { region }), await mapOf('cutter', 'alpha', { image }));
  });

  test('answers with an empty mask where nothing is found', async () => {
    const alpha = await answered('nothing', 'alpha');
    assert.ok((await grey(alpha.bytes)).every((opacity) => opacity === 0));
    assert.deepEqual(
      alpha.stages?.map(({ name, runs }) => [name, runs]),
      [
        ['found', 1],
        ['cut', 0],
      ],
    );
    assert.ok((await mapOf('nothing-classes', 'labels')).every((index) => index === 0));
    assert.deepEqual(await instancesOf('nothing-things'), []);
    const { bytes } = await answered('nothing-classes', 'stats');
    const [only] = StatsSchema.parse(JSON.parse(Buffer.from(bytes).toString())).classes;
    assert.deepEqual([only!.label, only!.share], ['nothing', 1]);
  });

  test('crops the best of a thousand things and no more', async () => {
    assert.equal((await instancesOf('swarm', { maxInstances: 1000 })).length, 1000);
    const { stages, bytes } = await answered('best', 'alpha');
    assert.deepEqual(
      stages?.map(({ runs }) => runs),
      [1, 5],
    );
    const byHand = new Uint8Array(width * height);
    for (const { box } of (await instancesOf('swarm', { maxInstances: 5 })).slice(0, 5)) {
      paste(byHand, await ofCrop('matte', 'alpha', box), box, Math.max);
    }
    assert.deepEqual(await grey(bytes), byHand);
  });

  test('says what each stage has cost; together they are the time before encoding', async () => {
    const { stages = [], timings } = await answered('cutter', 'alpha');
    assert.deepEqual(
      stages.map(({ name, runs }) => [name, runs]),
      [
        ['found', 1],
        ['cut', 3],
      ],
    );
    const { decode, preprocess, infer, postprocess } = timings;
    const ofStages = stages.reduce((sum, { ms }) => sum + ms, 0);
    assert.ok(stages.every(({ ms }) => ms > 0));
    assert.ok(
      infer > 0 && preprocess + infer + postprocess <= ofStages,
      `${preprocess + infer + postprocess} of ${ofStages}`,
    );
    assert.ok(decode > 0);
    assert.equal((await answered('matte', 'alpha')).stages, undefined);
  });
});
