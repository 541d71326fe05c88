import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import type { Instances } from '@segserve/contract';
import sharp from 'sharp';
import { type Events, subscribe } from '../packages/server/src/domain/events.ts';
import { Fault } from '../packages/server/src/domain/fault.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { openPool } from '../packages/server/src/engine/pool.ts';
import { loadPackage } from '../packages/server/src/models/loadPackage.ts';
import { colorDecoder, colorEncoder } from '../packages/server/src/pipeline/testing/promptableGraphs.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { until } from './support/until.ts';

const root = temporaryFolder();

function writeClick(name: string, lines = ''): string {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'encoder.onnx'), colorEncoder());
  writeFileSync(path.join(folder, 'decoder.onnx'), colorDecoder({ things: 'N' }));
  const manifest = `schema: 1
name: ${name}
version: "1"
task: promptable
licence: none
graph: encoder.onnx
decoder:
  graph: decoder.onnx
input:
  size: { rule: fixed, width: 64, height: 64 }
  fit: letterbox
  align: topLeft
${lines}`;
  writeFileSync(path.join(folder, 'model.yaml'), manifest);
  return folder;
}

/** A square of its own colour at 20…60, 20…60 on grey. */
function squareOf(color: string): Promise<Buffer> {
  const input = { create: { width: 40, height: 40, channels: 3 as const, background: color } };
  return sharp({ create: { width: 100, height: 80, channels: 3, background: '#888' } })
    .composite([{ input, left: 20, top: 20 }])
    .png()
    .toBuffer();
}

const onSquare = { points: [{ x: 40, y: 40, label: 1 as const }], multimask: false };

describe('promptable models over worker processes', { concurrency: false }, async () => {
  const spec = await loadPackage(writeClick('click'));
  const { engine, ready } = openPool({
    models: [spec],
    limits: { ...defaultLimits, embeddingBytesMax: 3 * 12_288 },
    workers: 2,
    threads: 1,
    workerBytesMax: 'auto',
  });
  after(() => engine.close({ graceMs: 1000 }));
  await ready;
  await until(
    'two workers are ready',
    () => engine.status().workers.filter(({ state }) => state === 'ready').length === 2,
  );

  const click = (image: Uint8Array, more: object = {}) =>
    engine.segment({ model: 'click', image, answers: [{ kind: 'instances' }], prompts: onSquare, ...more });
  const areaOf = (bytes: Uint8Array) =>
    (JSON.parse(Buffer.from(bytes).toString()) as Instances).instances[0]?.area ?? 0;

  test('the second click on a picture runs no encoder, whoever else is served between them', async (t) => {
    const events: Events['segserve:embedding'][] = [];
    t.after(subscribe('segserve:embedding', (event) => events.push(event)));
    const [mine, other] = [await squareOf('#f00'), await squareOf('#0f0')];
    const first = await click(mine);
    await Promise.all([click(other), click(other), click(other)]);
    const second = await click(mine);
    assert.deepEqual([first.embedding?.outcome, second.embedding?.outcome], ['miss', 'hit']);
    assert.equal(areaOf(second.answers[0]!.bytes), areaOf(first.answers[0]!.bytes));
    const ofMine = [events[0]!, events.at(-1)!].map(({ workerPid }) => workerPid);
    assert.equal(new Set(ofMine).size, 1, 'the same worker answered both');
    const made = events.filter(({ outcome }) => outcome === 'miss').length;
    assert.ok(made <= 3, `each picture is made once in a worker at most, ${made} in all`);
  });

  test('a worker holds no more embeddings than its budget allows', async (t) => {
    const events: Events['segserve:embedding'][] = [];
    t.after(subscribe('segserve:embedding', (event) => events.push(event)));
    for (let shade = 0; shade < 12; shade++) await click(await squareOf(`#${(shade + 3).toString(16)}00`));
    assert.ok(events.every(({ bytes, entries }) => bytes <= 3 * 12_288 && entries <= 3));
    assert.ok(events.some(({ evictions }) => evictions > 0));
  });

  test('when the worker that knows a picture dies, another one answers, and the next click finds its embedding again', async () => {
    const picture = await squareOf('#00f');
    let pid = 0;
    const stop = subscribe('segserve:embedding', (event) => {
      pid = event.workerPid;
    });
    const before = await click(picture);
    process.kill(pid, 'SIGKILL');
    await until('its end was noticed', () => !engine.status().workers.some((worker) => worker.pid === pid));
    const after = await click(picture);
    const again = await click(picture);
    stop();
    assert.equal(after.embedding?.outcome, 'miss');
    assert.equal(again.embedding?.outcome, 'hit');
    assert.equal(areaOf(after.answers[0]!.bytes), areaOf(before.answers[0]!.bytes));
  });

  test('a caller who leaves while the picture is encoded takes it from nobody', async () => {
    const picture = await squareOf('#0ff');
    const leaving = new AbortController();
    const left = click(picture, { signal: leaving.signal });
    const stays = click(picture);
    leaving.abort();
    await assert.rejects(left, (error: unknown) => error instanceof Fault && error.code === 'cancelled');
    assert.ok(areaOf((await stays).answers[0]!.bytes) > 1000);
  });

  test('a grid of points ends with its caller’s deadline', async () => {
    const prompts = { everything: { pointsPerSide: 64 }, multimask: false } as never;
    const late = click(await squareOf('#ff0'), { prompts, deadlineMs: 30 });
    await assert.rejects(late, (error: unknown) => error instanceof Fault && error.code === 'deadline_exceeded');
    await until('the worker is free again', () => engine.status().ticketsRunning === 0);
  });
});

test('a package proves itself by what its prompts show', async (t) => {
  const golden = 'golden: [{ image: square.png, expected: alpha.png, prompts: { points: [{ x: 40, y: 40 }] } }]\n';
  const folder = writeClick('proven');
  writeFileSync(path.join(folder, 'square.png'), await squareOf('#f00'));
  const errorOf = async () => {
    const spec = await loadPackage(folder);
    const engine = await openInProcess({ models: [spec], limits: defaultLimits, threads: 1 });
    t.after(() => engine.close());
    return { engine, error: engine.model('proven').error };
  };
  const { engine } = await errorOf();
  const image = await squareOf('#f00');
  const { answers } = await engine.segment({ model: 'proven', image, answers: [{ kind: 'alpha' }], prompts: onSquare });
  writeClick('proven', golden);
  await assert.rejects(loadPackage(folder), /names the file "alpha\.png", which is not there/);
  writeFileSync(path.join(folder, 'alpha.png'), answers[0]!.bytes);
  assert.equal((await errorOf()).error, null);
  writeFileSync(path.join(folder, 'square.png'), await squareOf('#888'));
  assert.match(
    (await errorOf()).error ?? '',
    /golden square\.png: expected a mean difference of at most 1 of 255, found \d+/,
  );
});

test('a package whose decoder is missing, or that contradicts itself, is refused with the line to mend', async () => {
  const refused = async (name: string, lines: string, pattern: RegExp) => {
    await assert.rejects(loadPackage(writeClick(name, lines)), (error: unknown) => {
      assert.ok(error instanceof Fault && error.code === 'model_invalid');
      assert.match(error.message, pattern);
      return true;
    });
  };
  await refused('labelled', 'labels: [a, b]\n', /labels: unknown key/);
  await refused(
    'trained',
    'output: { family: sam9 }\n',
    /output\.family: expected one of "sam", "sam2", "efficientsam"/,
  );
  await refused('coloured', 'palette: [[1, 2, 3]]\n', /palette: expected 2 colours/);
  const folder = writeClick('lonely');
  const text = `schema: 1\nname: lonely\nversion: "1"\ntask: promptable\nlicence: none\ngraph: encoder.onnx\ninput:\n  size: { rule: fixed, width: 64, height: 64 }\n`;
  writeFileSync(path.join(folder, 'model.yaml'), text);
  await assert.rejects(loadPackage(folder), /output\.family sam needs a decoder, found none/);
  writeFileSync(path.join(folder, 'model.yaml'), `${text}  fit: tile\ndecoder: { graph: gone.onnx }\n`);
  await assert.rejects(loadPackage(folder), /names the file "gone\.onnx", which is not there/);
  writeFileSync(path.join(folder, 'model.yaml'), `${text}  fit: tile\ndecoder: { graph: decoder.onnx }\n`);
  await assert.rejects(loadPackage(folder), /needs input\.fit stretch or letterbox, found tile/);
});
