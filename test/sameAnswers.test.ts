import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type AnswerKind, answerFacts, answerKinds, SegmentJsonReplySchema } from '@segserve/contract';
import { open, type Segserve } from '../packages/server/src/index.ts';
import type { RunningServer } from '../packages/server/src/server.ts';
import { ask, segment, segmentUrl } from './support/ask.ts';
import { noisePicture } from './support/pictures.ts';
import { commandFile, examplePhoto } from './support/repository.ts';
import { plainEnvironment, startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeTinySemantic } from './support/tinyPackages.ts';

const folders = [temporaryFolder()];
writeTinySemantic(folders[0]!, 'tiny', ['nothing', 'sky', 'road', 'tree', 'house'], {
  batching: { maxSize: 8, delayMs: 0, run: 'together' },
});
const photo = readFileSync(examplePhoto);
const kinds = ['labels', 'alpha', 'cutout', 'stats'] as const satisfies readonly AnswerKind[];
type Answers = ReadonlyMap<AnswerKind, Buffer>;

/** One answer at a time, through a library handle. */
async function oneByOne(segserve: Segserve, image: Uint8Array): Promise<Answers> {
  const answers = new Map<AnswerKind, Buffer>();
  for (const kind of kinds) answers.set(kind, await only(segserve, image, kind));
  return answers;
}

async function only(segserve: Segserve, image: Uint8Array, kind: AnswerKind): Promise<Buffer> {
  const { answers } = await segserve.segment(image, { answer: [kind] });
  assert.equal(answers.length, 1);
  return Buffer.from(answers[0]!.bytes);
}

function assertSame(answers: Answers, expected: Answers, how: string): void {
  for (const kind of kinds) {
    const [is, shall] = [answers.get(kind), expected.get(kind)!];
    assert.ok(is, `${how}: ${kind} is there`);
    assert.ok(is.equals(shall), `${how}: ${kind} has the same bytes (${is.length} and ${shall.length})`);
  }
}

for (const model of ['tiny', 'portrait']) {
  describe(`The same picture has the same answers of ${model}, byte for byte`, { concurrency: false }, () => {
    let expected: Answers;
    let server: RunningServer;

    before(async () => {
      await using segserve = await open({ model, folders, threads: 1 });
      expected = await oneByOne(segserve, photo);
      server = await startHere({ models: folders, engine: { workers: 1, threads: 1 } }, { keep: true });
    });
    after(() => server.close());

    test('in one process, whatever else is asked at the same time', async () => {
      assert.ok(kinds.every((kind) => expected.get(kind)!.length > 50));
      await using segserve = await open({ model, folders, threads: 1 });
      const others: readonly AnswerKind[] = ['topk', 'instances', 'panoptic']; // of other tasks
      const all = answerKinds.filter((kind) => !others.includes(kind)).toReversed();
      for (const answer of [[...kinds], all, ['cutout', 'overlay', 'alpha', 'stats', 'labels']]) {
        const result = await segserve.segment(photo, { answer: answer as AnswerKind[] });
        const answers = new Map(result.answers.map(({ kind, bytes }) => [kind, Buffer.from(bytes)]));
        assertSame(answers, expected, answer.join());
      }
    });

    test('from a worker process', async () => {
      await using segserve = await open({ model, folders, threads: 1, workers: 1 });
      assertSame(await oneByOne(segserve, photo), expected, 'worker');
    });

    test('over HTTP as a raw body', async () => {
      const answers = new Map<AnswerKind, Buffer>();
      for (const kind of kinds) {
        const reply = await segment(server.address, model, photo, `answer=${kind}`);
        assert.equal(reply.status, 200);
        answers.set(kind, reply.bytes);
      }
      assertSame(answers, expected, 'raw');
    });

    test('over HTTP as a form, in several parts', async () => {
      const form = new FormData();
      form.set('answer', kinds.join(','));
      form.set('image', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
      const reply = await fetch(`${server.address}/v1/models/${model}/segment`, { method: 'POST', body: form });
      assert.equal(reply.status, 200);
      const contentType = reply.headers.get('content-type') ?? '';
      assertSame(partsOf(contentType, Buffer.from(await reply.arrayBuffer())), expected, 'form');
    });

    test('over HTTP as JSON with base64', async () => {
      const body = JSON.stringify({ image: photo.toString('base64'), answer: kinds, response: 'json' });
      const reply = await ask(segmentUrl(server.address, model, ''), {
        body,
        headers: { 'content-type': 'application/json' },
      });
      assert.equal(reply.status, 200, reply.bytes.toString().slice(0, 300));
      const { answers } = SegmentJsonReplySchema.parse(JSON.parse(reply.bytes.toString()));
      assertSame(
        new Map(
          answers.map(({ answer, data }) => [
            answer,
            answer === 'stats' ? Buffer.from(JSON.stringify(data)) : Buffer.from(String(data), 'base64'),
          ]),
        ),
        new Map([...expected, ['stats', compact(expected.get('stats')!)]]),
        'JSON',
      );
    });

    test('from the command line', async () => {
      const out = temporaryFolder();
      const words = ['segment', examplePhoto, '--model', model, '--models', folders[0]!, '--threads', '1'];
      await promisify(execFile)(
        process.execPath,
        [commandFile, ...words, '--as', kinds.join(','), '-o', out, '--quiet'],
        { env: plainEnvironment() },
      );
      const file = (kind: AnswerKind) => path.join(out, `astronaut.${kind}.${answerFacts[kind].formats[0]}`);
      assertSame(new Map(kinds.map((kind) => [kind, readFileSync(file(kind))])), expected, 'command line');
    });
  });
}

test('A picture that shares a batch with others of other sizes has the same answers as alone, byte for byte', async () => {
  const sizes = [
    [40, 30],
    [333, 20],
    [7, 90],
    [1, 1],
    [512, 512],
    [48, 48],
  ] as const;
  const pictures = await Promise.all(sizes.map(([width, height], at) => noisePicture(width, height, at + 1)));
  pictures.push(photo);
  await using segserve = await open({
    model: 'tiny',
    folders,
    threads: 1,
    workers: 1,
    limits: { batchesInFlightMax: 1 },
  });
  const alone: Answers[] = [];
  for (const picture of pictures) alone.push(await oneByOne(segserve, picture));

  let largest = 0;
  for (const answer of [['labels'], ['alpha', 'cutout'], [...kinds]] as AnswerKind[][]) {
    const results = await Promise.all(pictures.map((picture) => segserve.segment(picture, { answer })));
    for (const [at, result] of results.entries()) {
      largest = Math.max(largest, result.batchSize);
      for (const { kind, bytes } of result.answers) {
        assert.ok(alone[at]!.get(kind)!.equals(bytes), `${kind} of picture ${at} in a batch of ${result.batchSize}`);
      }
    }
  }
  assert.ok(largest > 1, 'pictures did share a batch');
});

function compact(json: Buffer): Buffer {
  return Buffer.from(JSON.stringify(JSON.parse(json.toString())));
}

/** The parts of a multipart/mixed body by the name in their Content-Disposition. */
function partsOf(contentType: string, body: Buffer): Map<AnswerKind, Buffer> {
  const boundary = /^multipart\/mixed; boundary=(\S+)$/.exec(contentType)?.[1];
  assert.ok(boundary, contentType);
  const parts = new Map<AnswerKind, Buffer>();
  for (let at = body.indexOf(`--${boundary}\r\n`); at >= 0; ) {
    const head = body.indexOf('\r\n\r\n', at);
    const end = body.indexOf(`\r\n--${boundary}`, head);
    const headers = body.toString('latin1', at, head);
    const name = /content-disposition: .*\bname="(\w+)"/i.exec(headers)?.[1] as AnswerKind;
    const bytes = body.subarray(head + 4, end);
    assert.equal(Number(/content-length: (\d+)/i.exec(headers)?.[1]), bytes.length);
    parts.set(name, Buffer.from(bytes));
    at = body.indexOf(`--${boundary}\r\n`, end);
  }
  return parts;
}
