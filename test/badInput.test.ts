import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import type { RunningServer } from '../packages/server/src/server.ts';
import { type AskOptions, ask, askRed, problemOf, type Reply, segmentUrl } from './support/ask.ts';
import { redPicture } from './support/pictures.ts';
import { onLinux, peakRssBytes } from './support/processes.ts';
import { examplePhoto } from './support/repository.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte } from './support/tinyPackages.ts';

const models = temporaryFolder();
writeRedMatte(models, 'red');
const imageBytesMax = 2 * 2 ** 20;
const bodyBytesMax = 3 * 2 ** 20;

const photo = readFileSync(examplePhoto);
const picture = await redPicture(120);

interface Case {
  readonly what: string;
  readonly model?: string;
  readonly query?: string;
  readonly ask?: AskOptions;
  readonly body?: Uint8Array | string;
  readonly status: number;
  readonly code: string;
  /** What the message has to say besides being there. */
  readonly says: RegExp;
}

const boundary = 'x-boundary';
const form = { 'content-type': `multipart/form-data; boundary=${boundary}` };
const json = { 'content-type': 'application/json' };

const cases: readonly Case[] = [
  { what: 'an empty body', body: '', status: 400, code: 'empty_image', says: /empty/ },
  { what: 'no body at all', ask: { method: 'POST' }, status: 400, code: 'empty_image', says: /empty/ },
  {
    what: 'bytes of no format',
    body: Buffer.alloc(5000, 0xa5),
    status: 415,
    code: 'unsupported_image',
    says: /Expected a JPEG, PNG, WebP, AVIF, TIFF or GIF image but received bytes of no known format/,
  },
  { what: 'text', body: 'Hello', status: 415, code: 'unsupported_image', says: /received plain text/ },
  {
    what: 'an SVG',
    body: '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    status: 415,
    code: 'unsupported_image',
    says: /received an SVG drawing/,
  },
  { what: 'a PDF', body: '%PDF-1.7\n%âãÏÓ\n1 0 obj', status: 415, code: 'unsupported_image', says: /a PDF document/ },
  {
    what: 'an HTML page',
    body: '<!doctype html><p>404',
    status: 415,
    code: 'unsupported_image',
    says: /received an HTML page/,
  },
  {
    what: 'a JPEG cut off in its header',
    body: photo.subarray(0, 100),
    status: 422,
    code: 'corrupt_image',
    says: /Expected a complete JPEG image but received/,
  },
  {
    what: 'a JPEG cut off in its middle',
    body: photo.subarray(0, photo.length / 2),
    status: 422,
    code: 'corrupt_image',
    says: /Expected .*JPEG.* but received/,
  },
  {
    what: 'a PNG cut off in its header',
    body: picture.subarray(0, 20),
    status: 422,
    code: 'corrupt_image',
    says: /Expected a complete PNG image but received/,
  },
  {
    what: 'a PNG cut off in its middle',
    body: picture.subarray(0, picture.length - 40),
    status: 422,
    code: 'corrupt_image',
    says: /Expected .*PNG.* but received/,
  },
  {
    what: 'a PNG that claims more rows than it has',
    body: pngOf(3000, 3000, 10),
    status: 422,
    code: 'corrupt_image',
    says: /Expected .*PNG.* but received/,
  },
  {
    what: 'a PNG whose checksum is wrong',
    body: corrupted(picture),
    status: 422,
    code: 'corrupt_image',
    says: /Expected .*PNG.* but received/,
  },
  {
    what: 'a PNG of no pixels',
    body: pngOf(0, 10, 1),
    status: 422,
    code: 'corrupt_image',
    says: /Expected an image of at least 1×1 pixels but received one whose header says 0×10/,
  },
  {
    what: 'a header that claims 2,000,000,000 × 2,000,000,000 pixels',
    body: pngOf(2_000_000_000, 2_000_000_000, 1),
    status: 413,
    code: 'image_too_large',
    says: /Expected an image of at most 50 megapixels but received \d+ megapixels/,
  },
  {
    what: 'a picture above the limit of bytes',
    body: Buffer.concat([picture, Buffer.alloc(imageBytesMax)]),
    status: 413,
    code: 'body_too_large',
    says: /Expected a picture of at most 2097152 bytes but received \d+/,
  },
  {
    what: 'a body above the limit, announced',
    body: Buffer.alloc(bodyBytesMax + 1),
    status: 413,
    code: 'body_too_large',
    says: /Expected a body of at most 3 MiB but received/,
  },
  {
    what: 'a body above the limit, in chunks',
    body: Buffer.alloc(2 * bodyBytesMax),
    ask: { chunked: true },
    status: 413,
    code: 'body_too_large',
    says: /Expected a body of at most 3 MiB but received more than that/,
  },
  {
    what: 'a body of another type',
    body: picture,
    ask: { headers: { 'content-type': 'text/csv' } },
    status: 415,
    code: 'unsupported_media_type',
    says: /Expected a body of type image\/\*, multipart\/form-data or application\/json but received text\/csv/,
  },
  {
    what: 'a type that is none',
    body: picture,
    ask: { headers: { 'content-type': 'rubbish;;=' } },
    status: 415,
    code: 'unsupported_media_type',
    says: /./,
  },
  {
    what: "curl's own type for --data-binary",
    body: picture,
    ask: { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    status: 415,
    code: 'unsupported_media_type',
    says: /--data-binary/,
  },
  {
    what: 'a compressed body',
    body: picture,
    ask: { headers: { 'content-type': 'image/png', 'content-encoding': 'gzip' } },
    status: 415,
    code: 'unsupported_media_type',
    says: /Expected a body without Content-Encoding but received gzip/,
  },
  {
    what: 'bad base64',
    body: JSON.stringify({ image: 'iVBORw0KGgo!!!!' }),
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /Expected base64 in `image` but received "!" at character 12/,
  },
  {
    what: 'base64 of no image',
    body: JSON.stringify({ image: Buffer.from('just text').toString('base64') }),
    ask: { headers: json },
    status: 415,
    code: 'unsupported_image',
    says: /received plain text/,
  },
  {
    what: 'JSON without a picture',
    body: '{}',
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /Expected the picture as base64 in `image` but received no `image`/,
  },
  {
    what: 'JSON whose picture is a number',
    body: '{"image":5}',
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /Expected `image` to be a string but received a number/,
  },
  {
    what: 'broken JSON',
    body: '{"image": ',
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /JSON/,
  },
  {
    what: 'JSON that is a list',
    body: '[1]',
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /Expected a JSON object but received an array/,
  },
  {
    what: 'JSON with __proto__',
    body: `{"image":"${picture.toString('base64')}","__proto__":{"answer":"stats"}}`,
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /"__proto__" is not allowed/,
  },
  {
    what: 'JSON with an unknown field',
    body: JSON.stringify({ image: picture.toString('base64'), anser: 'alpha' }),
    ask: { headers: json },
    query: '',
    status: 400,
    code: 'invalid_request',
    says: /Unknown field "anser"\. Did you mean "answer"\?/,
  },
  {
    what: 'JSON that nests deeply',
    body: `{"image":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    ask: { headers: json },
    status: 400,
    code: 'invalid_request',
    says: /./,
  },
  {
    what: 'a form without a boundary',
    body: 'x',
    ask: { headers: { 'content-type': 'multipart/form-data' } },
    status: 400,
    code: 'invalid_request',
    says: /boundary/,
  },
  {
    what: 'a form without a picture',
    body: formOf([['opacity', '0.5']]),
    ask: { headers: form },
    status: 400,
    code: 'invalid_request',
    says: /no "image"/,
  },
  {
    what: 'a form with the picture in another field',
    body: formOf([['photo', picture]]),
    ask: { headers: form },
    status: 400,
    code: 'invalid_request',
    says: /"photo"; the picture belongs in "image"/,
  },
  {
    what: 'a form with more pictures than may be',
    body: formOf(Array.from({ length: 17 }, () => ['image', picture] as const)),
    ask: { headers: form },
    status: 400,
    code: 'invalid_request',
    says: /at most 16 pictures in one request/,
  },
  {
    what: 'a form that is cut off',
    body: formOf([['image', picture]]).subarray(0, 150),
    ask: { headers: form },
    status: 400,
    code: 'invalid_request',
    says: /form/,
  },
  {
    what: 'a form with an empty picture',
    body: formOf([['image', Buffer.alloc(0)]]),
    ask: { headers: form },
    status: 400,
    code: 'empty_image',
    says: /empty/,
  },
  {
    what: 'an unknown model',
    model: 'rde',
    body: picture,
    status: 404,
    code: 'unknown_model',
    says: /No model "rde" is served here\. Did you mean "red:1"\? Known: .*red:1/,
  },
  { what: 'an unknown version', model: 'red:7', body: picture, status: 404, code: 'unknown_model', says: /"red:7"/ },
  {
    what: 'a model name that climbs',
    model: '..%2f..%2fetc%2fpasswd',
    body: picture,
    status: 404,
    code: 'unknown_model',
    says: /No model/,
  },
  {
    what: 'an unknown answer',
    query: 'answer=mask',
    body: picture,
    status: 400,
    code: 'unknown_answer',
    says: /Unknown answer "mask"\. Known answers and their formats: labels/,
  },
  {
    what: 'an unknown parameter',
    query: 'anwser=alpha',
    body: picture,
    status: 400,
    code: 'invalid_request',
    says: /Unknown field "anwser"\. Did you mean "answer"\?/,
  },
  {
    what: 'a format that the answer does not have',
    query: 'answer=labels&format=jpeg',
    body: picture,
    status: 400,
    code: 'invalid_request',
    says: /Expected one of png, webp, tiff as the format of labels but received jpeg/,
  },
  {
    what: 'a quality out of range',
    query: 'answer=overlay&quality=0',
    body: picture,
    status: 400,
    code: 'invalid_request',
    says: /Expected `quality` to be a number of at least 1 but received 0/,
  },
  {
    what: 'a threshold that is no number',
    query: 'threshold=half',
    body: picture,
    status: 400,
    code: 'invalid_request',
    says: /Expected `threshold` to be a number but received half/,
  },
  {
    what: 'classes of a matting model',
    query: 'answer=alpha&classes=cat',
    body: picture,
    status: 400,
    code: 'invalid_request',
    says: /alpha matte, not classes/,
  },
  {
    what: 'an Accept that nothing fits',
    body: picture,
    ask: { headers: { 'content-type': 'image/png', accept: 'video/mp4' } },
    status: 406,
    code: 'not_acceptable',
    says: /Expected Accept to allow one of .* but received video\/mp4/,
  },
  {
    what: 'another method',
    ask: { method: 'GET' },
    status: 405,
    code: 'method_not_allowed',
    says: /Expected one of .*POST.* but received GET/,
  },
  {
    what: 'a cookie of 60 KB',
    body: picture,
    ask: { headers: { 'content-type': 'image/png', cookie: 'a'.repeat(60_000) } },
    status: 431,
    code: 'headers_too_large',
    says: /Expected .*headers.* but received more/,
  },
  {
    what: '300 headers',
    body: picture,
    ask: { headers: Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x-h${at}`, '1'])) },
    status: 431,
    code: 'headers_too_large',
    says: /Expected .*headers.* but received more/,
  },
];

describe('Bad input over HTTP', { concurrency: false }, () => {
  let server: RunningServer;
  let workers: number[];

  test('The server starts', async () => {
    server = await start();
    workers = pids(server);
    await askRed(server.address, 'red', 33);
  });

  for (const one of cases) {
    test(`${one.what}: ${one.status} ${one.code}`, async () => {
      const url = segmentUrl(server.address, one.model ?? 'red', one.query ?? 'answer=alpha');
      const headers = { 'content-type': 'image/png', ...one.ask?.headers };
      const reply = await ask(url, { ...one.ask, headers, ...(one.body === undefined ? {} : { body: one.body }) });
      assertProblem(reply, one);
    });
  }

  test('10,000 headers are refused with 431', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `x-${at}: 1\r\n`).join('');
    const text = await exchange(server, `POST /v1/models/red/segment HTTP/1.1\r\nHost: x\r\n${lines}\r\n`);
    assert.match(text, /^HTTP\/1\.1 431 /);
    assert.match(text, /"code":"headers_too_large"/);
  });

  test('Bytes that are not HTTP are refused with 400', async () => {
    const text = await exchange(server, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc');
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /content-type: application\/problem\+json/i);
    assert.match(text, /"code":"invalid_request"/);
  });

  test('A PNG of 20,000 × 20,000 pixels in a few hundred KB is refused by its header, and no worker grows', {
    skip: onLinux,
  }, async () => {
    const bomb = pngOf(20_000, 20_000, 20_000);
    assert.ok(bomb.length < 2 ** 20 && bomb.length > 100_000, `${bomb.length} bytes`);
    const before = pids(server).map(peakRssBytes);
    for (const query of ['answer=alpha', 'answer=cutout,overlay&response=json']) {
      const reply = await ask(segmentUrl(server.address, 'red', query), {
        body: bomb,
        headers: { 'content-type': 'image/png' },
      });
      assertProblem(reply, {
        status: 413,
        code: 'image_too_large',
        says: /Expected an image of at most 50 megapixels but received 400 megapixels \(20000×20000\)/,
      });
    }
    for (const [at, pid] of pids(server).entries()) {
      const grown = peakRssBytes(pid) - before[at]!;
      assert.ok(grown < 200e6, `worker ${pid} grew by ${Math.round(grown / 1e6)} MB`);
    }
  });

  test('After all of that the same workers answer a good request', async () => {
    await askRed(server.address, 'red', 211);
    assert.deepEqual(pids(server), workers);
    const { workerRestarts, ticketsQueued, ticketsRunning, pixelsInFlight } = server.engine.status();
    assert.deepEqual([workerRestarts, ticketsQueued, ticketsRunning, pixelsInFlight], [0, 0, 0, 0]);
    assert.equal(({} as { answer?: unknown }).answer, undefined, 'no prototype was changed');
    await server.close();
  });
});

/** A server for the whole file: it is closed by the last test. */
function start(): Promise<RunningServer> {
  return startHere(
    {
      models: [models],
      engine: { workers: 1, threads: 1 },
      limits: { imageBytesMax },
      listen: { bodyBytesMax },
    },
    { keep: true },
  );
}

function pids({ engine }: RunningServer): number[] {
  return engine.status().workers.map(({ pid }) => pid);
}

function assertProblem(reply: Reply, { status, code, says }: Pick<Case, 'status' | 'code' | 'says'>): void {
  assert.equal(reply.status, status, reply.bytes.toString().slice(0, 300));
  const problem = problemOf(reply);
  assert.equal(problem.code, code);
  assert.match(problem.detail, says);
  if (problem.detail.startsWith('Expected')) {
    assert.ok(problem.expected && problem.received, 'what was expected and received also stand alone');
  }
  assert.equal(problem.instance, reply.headers['x-request-id']);
  assert.doesNotMatch(
    problem.detail,
    /\/work\/|\/tmp\/|\/home\/|node_modules|\.ts\b|\bat \S+:\d+/,
    'no path and no stack',
  );
}

/** Writes bytes as they are and gives all that comes back. */
function exchange(server: RunningServer, text: string): Promise<string> {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    socket.write(Buffer.from(text, 'latin1'));
  });
}

function formOf(fields: readonly (readonly [name: string, value: string | Uint8Array])[]): Buffer {
  const parts = fields.flatMap(([name, value]) => {
    const file = typeof value === 'string' ? '' : '; filename="a.png"';
    return [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
      Buffer.from(value as Uint8Array),
      Buffer.from('\r\n'),
    ];
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

/** A grey PNG whose header says `width` × `height` and whose data holds `rows` rows of at most 30,000 pixels. */
function pngOf(width: number, height: number, rows: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const data = deflateSync(Buffer.alloc(rows * (Math.min(width, 30_000) + 1)), { level: 9 });
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** One byte in the middle of its data is another. */
function corrupted(png: Buffer): Buffer {
  const copy = Buffer.from(png);
  const data = copy.indexOf('IDAT') + 4;
  copy[data + 4] = copy[data + 4]! ^ 0xff;
  return copy;
}
