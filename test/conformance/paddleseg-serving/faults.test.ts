import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { subscribe } from '../../../packages/server/src/domain/events.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { segService } from '../../../packages/server/src/protocols/paddleseg-serving/segService.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { until } from '../../support/until.ts';
import { askWith, instance, openPaddlesegServing, photo } from './callers.ts';

const place = await openPaddlesegServing();
const good = instance(await photo(8, 6).png().toBuffer());
const grey = instance(await photo(8, 6).toColourspace('b-w').png().toBuffer());
const parse = 'Fail to parse http body as baidu.paddle_serving.image_segmentation.Request, ';

interface Row {
  readonly title: string;
  readonly path?: string;
  readonly send: AskOptions;
  readonly status: number;
  readonly code: number;
  readonly text: string | RegExp;
}
const json = (value: unknown): AskOptions => ({ body: JSON.stringify(value) });
const opFailed = { status: 500, code: -5100 };
const badRequest = { status: 400, code: 1003 };

const rows: Row[] = [
  { title: 'no instances', send: json({ instances: [] }), ...opFailed, text: /at least one instance/ },
  { title: 'no field instances', send: json({}), ...opFailed, text: /at least one instance/ },
  {
    title: 'an empty picture',
    send: json({ instances: [{ ...good, image_binary: '' }] }),
    ...opFailed,
    text: /no bytes/,
  },
  {
    title: 'bytes that are no picture',
    send: json({ instances: [instance(Buffer.from('not a picture'))] }),
    ...opFailed,
    text: 'InferService inference failed! Expected an image that can be decoded but received other bytes.',
  },
  {
    title: 'a picture of one channel',
    send: json({ instances: [grey] }),
    ...opFailed,
    text: 'InferService inference failed! Expected an image of 3 channels but received 1.',
  },
  {
    title: 'one bad picture among good ones',
    send: json({ instances: [good, grey, good] }),
    ...opFailed,
    text: /3 channels/,
  },
  {
    title: 'JSON that is none',
    send: { body: '{' },
    ...badRequest,
    text: new RegExp(`^${parse}The body is not valid JSON`),
  },
  {
    title: 'JSON of another shape',
    send: json([good]),
    ...badRequest,
    text: `${parse}Expected the body to be a JSON object but received an array.`,
  },
  {
    title: 'instances that are no list',
    send: json({ instances: good }),
    ...badRequest,
    text: /`instances` to be a list/,
  },
  {
    title: 'an instance that is no object',
    send: json({ instances: ['x'] }),
    ...badRequest,
    text: /`instances\[0\]` to be a JSON object/,
  },
  {
    title: 'a missing image_length',
    send: json({ instances: [{ image_binary: good.image_binary }] }),
    ...badRequest,
    text: `${parse}Missing required field: instances[0].image_length`,
  },
  {
    title: 'a missing image_binary',
    send: json({ instances: [good, { image_length: 3 }] }),
    ...badRequest,
    text: `${parse}Missing required field: instances[1].image_binary`,
  },
  {
    title: 'an image_length that is no number',
    send: json({ instances: [{ ...good, image_length: '3' }] }),
    ...badRequest,
    text: /unsigned 32-bit integer but received a string/,
  },
  {
    title: 'a negative image_length',
    send: json({ instances: [{ ...good, image_length: -1 }] }),
    ...badRequest,
    text: /unsigned 32-bit integer but received -1/,
  },
  {
    title: 'an image_binary that is no base64',
    send: json({ instances: [{ ...good, image_binary: '!!' }] }),
    ...badRequest,
    text: /base64 in/,
  },
  {
    title: 'an image_binary that is a number',
    send: json({ instances: [{ ...good, image_binary: 3 }] }),
    ...badRequest,
    text: /to be a string but received a number/,
  },
  {
    title: 'an empty body',
    send: { method: 'POST' },
    ...badRequest,
    text: 'baidu.paddle_serving.image_segmentation.Request needs to be created from a non-empty json, it has required fields.',
  },
  {
    title: 'gzip that is none',
    send: { body: 'x', headers: { 'content-encoding': 'gzip' } },
    ...badRequest,
    text: /^Fail to un-gzip request body/,
  },
  {
    title: 'protobuf that is none',
    send: { body: 'nonsense', headers: { 'content-type': 'application/proto' } },
    ...badRequest,
    text: `${parse}Expected protobuf but received other bytes.`,
  },
  {
    title: 'protobuf without a required field',
    send: { body: Buffer.from([0x0a, 0x03, 0x0a, 0x01, 0x41]), headers: { 'content-type': 'application/proto' } },
    ...badRequest,
    text: `${parse}Missing required field: image_length`,
  },
  {
    title: 'an unknown method',
    path: '/ImageSegService/nope',
    send: json({}),
    status: 404,
    code: 1002,
    text: "Fail to find method on `/ImageSegService/nope'",
  },
  {
    title: 'an unknown path',
    path: '/elsewhere/a',
    send: json({}),
    status: 404,
    code: 1002,
    text: "Fail to find method on `/elsewhere/a'",
  },
  { title: 'the root', path: '/', send: {}, status: 404, code: 1002, text: "Fail to find method on `/'" },
  {
    title: 'a service without a method',
    path: '/ImageSegService',
    send: json({}),
    status: 404,
    code: 1002,
    text: 'Missing method name for service=ImageSegService. Available methods are: inference, debug',
  },
];

describe('paddleseg-serving: errors', () => {
  for (const { title, path = '/ImageSegService/inference', send, status, code, text } of rows) {
    it(`answers ${title} with ${status} and E${code}`, async () => {
      const reply = await ask(`${place.url}${path}`, send);
      const body = String(reply.bytes);
      const start = `[127.0.0.1:${place.port}][E${code}]`;
      assert.equal(reply.status, status, body);
      assert.equal(reply.headers['content-type'], 'text/plain');
      assert.equal(reply.headers['x-bd-error-code'], String(code));
      assert.ok(body.startsWith(start), body);
      if (typeof text === 'string') assert.equal(body.slice(start.length), text);
      else assert.match(body.slice(start.length), text);
      if (code === -5100) assert.ok(body.includes('InferService inference failed!'));
    });
  }

  it('calls the other pictures back when one has failed', async () => {
    let aborted = 0;
    place.engine.before = ({ image, signal }) =>
      new Promise((resolve, reject) => {
        if (image.length < 20) return resolve();
        signal!.addEventListener('abort', () => {
          aborted++;
          reject(new Fault('cancelled', 'The caller left.'));
        });
      });
    try {
      const reply = await askWith(place, [good, instance(Buffer.from('bad')), good]);
      assert.equal(reply.status, 500);
      assert.match(String(reply.bytes), /can be decoded/);
      assert.equal(aborted, 2);
    } finally {
      place.engine.before = undefined;
    }
  });

  it('forgets a request whose caller has left, without a word of a defect', async () => {
    const defects: unknown[] = [];
    const stop = subscribe('segserve:defect', (event) => defects.push(event));
    const controller = new AbortController();
    const left = Promise.withResolvers<void>();
    place.engine.before = ({ signal }) => {
      // Answers in spite of it, as a run that has started does.
      signal!.addEventListener('abort', () => left.resolve());
      controller.abort();
      return left.promise;
    };
    try {
      const many = new Array(20).fill(good);
      await assert.rejects(askWith(place, many, { signal: controller.signal }), { name: 'AbortError' });
      await left.promise;
      await until('the pictures under way are done', () => place.engine.inFlight === 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(defects, []);
    } finally {
      place.engine.before = undefined;
      stop();
    }
  });

  it('never answers with a part of the masks', async () => {
    const body = Buffer.from(JSON.stringify({ instances: [good, good] }));
    const call = { method: 'inference', form: 'json', body, requestId: '1', deadlineMs: undefined } as const;
    const answer = segService(place.engine, {}).answer({ ...call, signal: AbortSignal.abort() });
    await assert.rejects(answer, { code: 'cancelled' });
  });

  it('refuses what unpacks to more than 64 MB, and more than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, 0x20));
    const reply = await ask(place.address, { body: bomb, headers: { 'content-encoding': 'gzip' } });
    assert.equal(reply.status, 400);
    const tiny = await openPaddlesegServing({ bodyBytesMax: 100 });
    const refused = await askWith(tiny, [good]);
    assert.equal(refused.status, 400);
    assert.match(String(refused.bytes), /\[E1003\].*at most 100 bytes/);
  });

  it('answers a body above the limit of the port, and bytes that are no HTTP, in its own words', async () => {
    const narrow = await openPaddlesegServing({}, { bodyBytesMax: 1000 });
    const body = JSON.stringify({ instances: new Array(50).fill(good) });
    const reply = await ask(narrow.address, { body });
    assert.equal(reply.status, 400);
    assert.equal(reply.headers['x-bd-error-code'], '1003');
    assert.match(String(reply.bytes), /^\[127\.0\.0\.1:\d+\]\[E1003\]/);
    const socket = net.connect(narrow.port, '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const received: Buffer[] = [];
    for await (const chunk of socket) received.push(chunk as Buffer);
    assert.match(String(Buffer.concat(received)), /^HTTP\/1\.1 400 [\s\S]*\[E1003\]/);
  });

  it('survives all of them', async () => {
    assert.equal((await askWith(place, [good])).status, 200);
  });
});
