import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { answerKinds, type ModelDetail, SegmentOptionsSchema } from '@segserve/contract';
import { answerSizeOf } from '../../domain/answerSize.ts';
import { backgroundPattern } from '../../domain/matteOptions.ts';
import { checkOptions } from './checkOptions.ts';
import { chooseAnswers } from './chooseAnswers.ts';
import { FakeEngine } from './fakeEngine.test-support.ts';
import { type NativeServer, nativeServer, photo, postJson, postPhoto } from './nativeServer.test-support.ts';

const portrait: ModelDetail = { ...new FakeEngine().model('portrait'), answers: [...answerKinds] };
const classifier: ModelDetail = { ...portrait, task: 'classification', answers: ['topk'] };
const chosen = (model: ModelDetail, fields: Record<string, unknown>, accept?: string) =>
  chooseAnswers(model, checkOptions(fields), accept);

describe('size', { timeout: 20_000 }, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  it('reaches the engine as numbers, or as the word for the network’s own', async () => {
    await postPhoto(`${server.segmentUrl}?size=640x480`);
    assert.deepEqual(server.engine.requests.at(-1)!.size, { width: 640, height: 480 });
    await postJson(server.segmentUrl, { image: photo.toString('base64'), size: 'model' });
    assert.equal(server.engine.requests.at(-1)!.size, 'model');
    await postPhoto(server.segmentUrl);
    assert.equal('size' in server.engine.requests.at(-1)!, false);
  });

  it('is refused with what it may be, before the body is read', async () => {
    const reply = await postPhoto(`${server.segmentUrl}?size=640`);
    assert.equal(reply.status, 400);
    assert.match(await reply.text(), /WIDTHxHEIGHT, as in 640x480, or model/);
  });
});

test('what a size and a background may be is the same in the contract and in the domain', () => {
  const { size, background } = SegmentOptionsSchema.shape;
  for (const text of ['1x1', '65535x99999', 'model', '0x5', '5x', '5X5', '123456x1', '-1x1', ' 5x5', '5x5x5', '']) {
    assert.equal(size.safeParse(text).success, answerSizeOf(text) !== undefined, text);
  }
  for (const text of ['#012345', '#01234567', '#0123456', '#012345678', 'Blur', 'transparent', 'red', '#01234g']) {
    assert.equal(background.safeParse(text).success, backgroundPattern.test(text), text);
  }
});

test('a classification model gives its best classes, whatever is asked for without a name', () => {
  for (const accept of [undefined, '*/*', 'application/json']) {
    assert.deepEqual(chosen(classifier, {}, accept), { answers: [{ kind: 'topk', format: 'json' }], shape: 'bytes' });
  }
  assert.deepEqual(chosen(classifier, {}, 'multipart/mixed').answers, [{ kind: 'topk', format: 'json' }]);
  assert.throws(() => chosen(classifier, {}, 'image/png'), { code: 'not_acceptable' });
  assert.throws(() => chosen(classifier, { answer: 'labels' }), /gives topk, but not "labels"/);
});

test('topK and classes reach the answers that they mean something to', () => {
  assert.deepEqual(chosen(classifier, { answer: 'topk', topK: '7' }).answers, [
    { kind: 'topk', format: 'json', topK: 7 },
  ]);
  assert.deepEqual(
    chosen(portrait, { answer: 'masks,stats', topK: 7, classes: 'foreground', response: 'json' }).answers,
    [
      { kind: 'masks', format: 'json', classes: ['foreground'] },
      { kind: 'stats', format: 'json' },
    ],
  );
  for (const wrong of ['0', '1001', '1.5']) assert.throws(() => checkOptions({ topK: wrong }), /`topK`/);
});

test('a composite on a half-transparent colour comes in a format that has transparency', () => {
  const fields = { answer: 'composite', background: '#00000080' };
  assert.equal(chosen(portrait, fields, '*/*').answers[0]!.format, 'png');
  assert.throws(
    () => chosen(portrait, { ...fields, format: 'jpeg' }),
    /one of png, webp, avif as the format of composite/,
  );
  assert.equal(chosen(portrait, { ...fields, background: '#000000ff' }, '*/*').answers[0]!.format, 'jpeg');
});

test('JPEG gives a matting model’s overlay unless the alpha is named, and never a class map', () => {
  assert.equal(chosen(portrait, {}, 'image/jpeg').answers[0]!.kind, 'overlay');
  assert.equal(chosen(portrait, { format: 'jpeg' }).answers[0]!.kind, 'overlay');
  assert.deepEqual(chosen(portrait, { answer: 'alpha' }, 'image/jpeg').answers, [{ kind: 'alpha', format: 'jpeg' }]);
  assert.throws(
    () => chosen(portrait, { answer: 'labels', format: 'jpeg' }),
    /one of png, webp, tiff as the format of labels/,
  );
});
