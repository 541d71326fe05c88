import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { answerKinds, type ModelDetail, SegmentOptionsSchema } from '@segserve/contract';
import { regionOf, tileWishOf } from '../../domain/tileWords.ts';
import { checkOptions } from './checkOptions.ts';
import { chooseAnswers } from './chooseAnswers.ts';
import { FakeEngine } from './fakeEngine.test-support.ts';
import { type NativeServer, nativeServer, photo, postJson, postPhoto } from './nativeServer.test-support.ts';

describe('tiles, averages and regions', { timeout: 20_000 }, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  it('reach the engine as numbers, from a query and from JSON alike', async () => {
    const shall = {
      tile: { width: 512, height: 256 },
      flips: 'both',
      scales: [0.75, 1, 1.25],
      region: { x: 1, y: 2, width: 30, height: 40 },
      regionOnly: false,
    };
    const query = 'tile=512x256&flips=both&scales=0.75,1,1.25&region=1,2,30,40&regionOnly=false';
    await postPhoto(`${server.segmentUrl}?${query}`);
    assert.partialDeepStrictEqual(server.engine.requests.at(-1), shall);
    const json = { tile: '512x256', flips: 'both', scales: [0.75, 1, 1.25], region: '1,2,30,40', regionOnly: false };
    await postJson(server.segmentUrl, { image: photo.toString('base64'), ...json });
    assert.partialDeepStrictEqual(server.engine.requests.at(-1), shall);
  });

  it('stay out of a request that says nothing of them', async () => {
    await postPhoto(server.segmentUrl);
    const names = Object.keys(server.engine.requests.at(-1)!);
    for (const name of ['tile', 'flips', 'scales', 'region', 'regionOnly']) assert.ok(!names.includes(name), name);
  });
});

test('geojson, and no other answer, says whose coordinates it counts in', () => {
  const model: ModelDetail = { ...new FakeEngine().model('portrait'), answers: [...answerKinds] };
  const options = checkOptions({ answer: 'geojson,labels', coordinates: 'source', response: 'json' });
  const [geojson, labels] = chooseAnswers(model, options, undefined).answers;
  assert.equal(geojson!.coordinates, 'source');
  assert.ok(!('coordinates' in labels!));
});

test('what tiles, scales and regions may be is refused at the door', () => {
  for (const wrong of [
    { tile: 'large' },
    { tile: '512' },
    { flips: 'vertical' },
    { scales: '1,,2' },
    { scales: '0.1' },
    { scales: '1,1,1,1,1,1' },
    { region: '1,2,3' },
    { region: '-1,2,3,4' },
    { region: '1,2,0,4' },
    { regionOnly: 'maybe' },
    { coordinates: 'wgs84' },
  ]) {
    assert.throws(() => checkOptions(wrong), { code: 'invalid_request' }, JSON.stringify(wrong));
  }
});

test('what a tile and a region may be is the same in the contract and in the domain', () => {
  const { tile, region } = SegmentOptionsSchema.shape;
  for (const text of ['auto', 'off', '512x512', '9x9', '10x99999', '100000x10', '0x10', 'x', '']) {
    assert.equal(tile.safeParse(text).success, tileWishOf(text) !== undefined, text);
  }
  for (const text of ['0,0,1,1', '1,2,3,4', '1,2,0,4', '1,2,3', '1,2,3,4,5', '-1,2,3,4', '1.5,2,3,4', '']) {
    assert.equal(region.safeParse(text).success, regionOf(text) !== undefined, text);
  }
});
