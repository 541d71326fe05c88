import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type AnswerKind, answerFacts, answerKinds, mediaTypes, StatsSchema } from '@segserve/contract';
import sharp from 'sharp';
import { z } from 'zod';
import type { RunningServer } from '../packages/server/src/server.ts';
import { ask, problemOf, type Reply, segment } from './support/ask.ts';
import { repository } from './support/repository.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeTinySemantic } from './support/tinyPackages.ts';

const models = temporaryFolder();
const labels = ['nothing', 'sky', 'road', 'tree', 'house'];
writeTinySemantic(models, 'tiny', labels);
/** A photo that says "turn me": its answers have the size of the upright picture. */
const photo = readFileSync(path.join(repository, 'examples/astronaut-phone.jpg'));

type Json = Readonly<Record<string, unknown>>;
interface Response {
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, { readonly schema?: Json }>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}
interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
  readonly components: { readonly schemas: Json };
}

interface Visit {
  /** As the document writes it. */
  readonly path: string;
  readonly method: 'get' | 'post';
  /** What is asked; the path itself when absent. */
  readonly at?: string;
  readonly status: number;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const jpeg = { 'content-type': 'image/jpeg' };
const toSegment = '/v1/models/{model}/segment';
const post = { path: toSegment, method: 'post', body: photo, headers: jpeg } as const;
const get = (documented: string, status = 200, at?: string): Visit => ({
  path: documented,
  method: 'get',
  status,
  ...(at === undefined ? {} : { at }),
});

const visits: readonly Visit[] = [
  { ...post, at: '/v1/models/tiny/segment', status: 200 },
  { ...post, at: '/v1/models/tiny:1/segment?answer=stats', status: 200 },
  { ...post, at: '/v1/models/tiny:latest/segment?answer=alpha,labels', status: 200 },
  { ...post, at: '/v1/models/tiny/segment?answer=alpha,stats&response=json', status: 200 },
  { ...post, at: '/v1/models/tiny/segment?answer=nonsense', status: 400 },
  { ...post, at: '/v1/models/none/segment', status: 404 },
  { ...post, at: '/v1/models/tiny/segment', headers: { ...jpeg, accept: 'audio/ogg' }, status: 406 },
  { ...post, at: '/v1/models/tiny/segment', headers: { 'content-type': 'text/plain' }, status: 415 },
  { ...post, at: '/v1/models/tiny/segment', body: photo.subarray(0, 200), status: 422 },
  { ...post, at: '/v1/models/tiny/segment?deadlineMs=1', status: 504 },
  get('/v1/models'),
  get('/v1/models/{model}', 200, '/v1/models/tiny'),
  get('/v1/models/{model}', 404, '/v1/models/none'),
  get('/livez'),
  get('/readyz'),
  get('/metrics'),
  get('/openapi.json'),
  get('/errors'),
  get('/errors/{code}', 200, '/errors/overloaded'),
  get('/errors/{code}', 404, '/errors/none'),
];

/** Addresses that exist beside the document. */
const pages = ['/', '/docs'];

describe('The native API is as its OpenAPI document says', { concurrency: false }, () => {
  let server: RunningServer;
  let document: OpenApi;

  before(async () => {
    server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } }, { keep: true });
    document = JSON.parse((await ask(`${server.address}/openapi.json`)).bytes.toString());
  });
  after(() => server.close());

  test('every documented operation is visited here', () => {
    assert.match(document.openapi, /^3\.1\./);
    const documented = Object.entries(document.paths).flatMap(([address, { get, post }]) => [
      ...(get ? [`get ${address}`] : []),
      ...(post ? [`post ${address}`] : []),
    ]);
    const visited = new Set(visits.map((visit) => `${visit.method} ${visit.path}`));
    assert.deepEqual(
      documented.filter((operation) => !visited.has(operation)),
      [],
    );
  });

  for (const visit of visits) {
    const { method, status, at = visit.path } = visit;
    const said = visit.headers?.accept ? ` (Accept: ${visit.headers.accept})` : '';
    test(`${method.toUpperCase()} ${at}${said} answers ${status} in a documented form`, async () => {
      const reply = await ask(`${server.address}${at}`, {
        method: method.toUpperCase(),
        ...(visit.body ? { body: visit.body } : {}),
        headers: { ...visit.headers, 'x-request-id': 'visit-1' },
      });
      assert.equal(reply.status, status, reply.bytes.toString('latin1').slice(0, 300));
      assert.equal(reply.headers['x-request-id'], 'visit-1');
      const response = document.paths[visit.path]?.[method]?.responses[status];
      assert.ok(response, `${status} is documented`);
      for (const name of Object.keys(response.headers ?? {})) {
        if (name === 'Segserve-Image') continue; // there with prompts alone, of which these requests have none
        assert.ok(reply.headers[name.toLowerCase()], `the documented header ${name} is there`);
      }
      assertContent(reply, response, document);
      if (status >= 400) assert.equal(problemOf(reply).instance, 'visit-1');
    });
  }

  for (const address of [...new Set(visits.filter(({ status }) => status === 200).map(({ path }) => path)), ...pages]) {
    test(`HEAD and OPTIONS of ${address} are answered`, async () => {
      const url = server.address + address.replace('{model}', 'tiny').replace('{code}', 'internal');
      const options = await ask(url, { method: 'OPTIONS' });
      assert.equal(options.status, 204);
      assert.equal(options.bytes.length, 0);
      const allowed = String(options.headers.allow).split(', ');
      const isPost = address === toSegment;
      assert.deepEqual(allowed, isPost ? ['OPTIONS', 'POST'] : ['GET', 'HEAD', 'OPTIONS']);

      const head = await ask(url, { method: 'HEAD' });
      assert.equal(head.bytes.length, 0);
      assert.ok(head.headers['x-request-id']);
      if (isPost) {
        assert.equal(head.status, 405);
        assert.equal(head.headers.allow, 'OPTIONS, POST');
        return;
      }
      const whole = await ask(url);
      assert.equal(head.status, whole.status);
      assert.equal(head.headers['content-type'], whole.headers['content-type']);
    });
  }

  test('a request without an id gets one, another one each time', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await ask(`${server.address}/livez`)).headers['x-request-id']),
    );
    assert.equal(new Set(ids).size, 3);
    assert.ok(ids.every((id) => typeof id === 'string' && id.length >= 16));
  });

  for (const model of ['tiny', 'portrait']) {
    // topk is an answer of models that look at whole pictures, instances and panoptic of those that find things or segments.
    for (const kind of answerKinds.filter((one) => !['topk', 'instances', 'panoptic'].includes(one))) {
      for (const format of answerFacts[kind].formats) {
        test(`${kind} of ${model} as ${format} has the size of the upright photo and its own channels`, async () => {
          const classes1 = kind === 'scores' && format === 'png' ? '&classes=1' : '';
          const query = `answer=${kind}${format === answerFacts[kind].formats[0] ? '' : `&format=${format}`}${classes1}`;
          const reply = await segment(server.address, model, photo, query, { headers: jpeg });
          assert.equal(reply.status, 200, reply.bytes.toString('latin1').slice(0, 300));
          const [type, ...facts] = String(reply.headers['content-type']).split('; ');
          assert.equal([type, ...(format === 'raw' ? [] : facts)].join('; '), mediaTypes[format]);
          assert.match(String(reply.headers['content-disposition']), new RegExp(`filename="${kind}\\.\\w+"`));
          assert.match(String(reply.headers['x-segserve-model']), new RegExp(`^${model}:\\S+$`));
          assertTimings(reply);
          const upright = await sharp(photo).autoOrient().toBuffer({ resolveWithObject: true });
          const { width, height } = upright.info;
          const classes = model === 'tiny' ? labels.length : 2;
          switch (format) {
            case 'json':
            case 'geojson':
              assertContent(reply, document.paths['/v1/models/{model}/segment']!.post!.responses[200]!, document);
              if (kind === 'stats') assertStats(reply, width, height);
              return;
            case 'npy':
              return assertTensor(reply.bytes, width, height);
            case 'raw':
              return assertRaw(facts, reply.bytes, width, height);
            case 'txt':
              return assertYolo(reply.bytes.toString(), classes);
            default:
              await assertPicture(kind, reply.bytes, width, height, classes);
          }
        });
      }
    }
  }
});

function assertContent(reply: Reply, { content = {} }: Response, document: OpenApi): void {
  const type = String(reply.headers['content-type']).split(';', 1)[0]!;
  const documented = content[type];
  assert.ok(documented, `${type} is documented (${Object.keys(content).join(', ')})`);
  if (!type.endsWith('json') || !documented.schema) return;
  const schema = JSON.parse(
    JSON.stringify({ ...documented.schema, $defs: document.components.schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  );
  z.fromJSONSchema(schema).parse(JSON.parse(reply.bytes.toString()));
}

function assertTimings(reply: Reply): void {
  const timings = new Map(
    String(reply.headers['server-timing'])
      .split(', ')
      .map((entry) => /^(\w+);dur=(\d+\.\d)$/.exec(entry)?.slice(1, 3) as [string, string]),
  );
  assert.deepEqual([...timings.keys()], ['queue', 'decode', 'preprocess', 'infer', 'postprocess', 'encode', 'total']);
  assert.ok(Number(timings.get('infer')) <= Number(timings.get('total')));
}

function assertStats(reply: Reply, width: number, height: number): void {
  const stats = StatsSchema.parse(JSON.parse(reply.bytes.toString()));
  assert.deepEqual([stats.width, stats.height], [width, height]);
  const pixels = stats.classes.reduce((sum, one) => sum + one.pixels, 0);
  assert.equal(pixels, width * height);
}

/** NPY 1.0: magic, version, length and text of the header, then the numbers. */
function assertRaw(facts: readonly string[], bytes: Uint8Array, width: number, height: number): void {
  const [, dtype = ''] = /^dtype=(\w+)$/.exec(facts[0] ?? '') ?? [];
  const [, sides = ''] = /^shape="([\d,]+)"$/.exec(facts[1] ?? '') ?? [];
  const shape = sides.split(',').map(Number);
  assert.deepEqual(shape.slice(-2), [height, width]);
  const size = { uint8: 1, uint16: 2, float32: 4 }[dtype];
  assert.equal(
    bytes.length,
    shape.reduce((product, side) => product * side, size ?? Number.NaN),
  );
}

function assertTensor(bytes: Buffer, width: number, height: number): void {
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\u0093NUMPY\u0001\u0000');
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.subarray(10, start).toString('latin1');
  const [, classes = '1'] =
    new RegExp(`'shape': \\((?:(\\d+), )?${height}, ${width}\\)`).exec(header) ?? assert.fail(header);
  const size = { '|u1': 1, '<u2': 2, '<f4': 4 }[/'descr': '([^']+)'/.exec(header)?.[1] ?? ''];
  assert.equal(bytes.length - start, Number(classes) * width * height * size!);
}

function assertYolo(text: string, classes: number): void {
  for (const line of text.trimEnd().split('\n').filter(Boolean)) {
    const [label, ...points] = line.split(' ').map(Number);
    assert.ok(Number.isInteger(label) && label! >= 0 && label! < classes, line);
    assert.ok(points.length >= 6 && points.length % 2 === 0, line);
    assert.ok(
      points.every((share) => share >= 0 && share <= 1),
      line,
    );
  }
}

async function assertPicture(kind: AnswerKind, bytes: Buffer, width: number, height: number, classes: number) {
  const metadata = await sharp(bytes).metadata();
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [width, height]);
  assert.equal(metadata.orientation ?? 1, 1, 'it stands upright by itself');
  // WebP has no grey pictures: three equal channels.
  const grey = metadata.format === 'webp' ? 3 : 1;
  switch (kind) {
    case 'labels':
      assert.equal(metadata.channels, grey);
      assert.ok(data.every((value) => value < classes));
      return;
    case 'alpha':
    case 'scores':
    case 'uncertainty':
      assert.equal(metadata.channels, grey);
      return;
    case 'color':
      if (metadata.format === 'png') assert.ok(metadata.isPalette, 'a palette PNG');
      else assert.equal(metadata.channels, 3);
      return;
    case 'overlay':
      assert.equal(metadata.channels, 3);
      return;
    case 'cutout':
      assert.equal(metadata.channels, 4);
      return;
    case 'composite':
      assert.ok(metadata.channels === 3 || metadata.channels === 4);
      return;
    case 'trimap':
      assert.ok(data.every((value) => value === 0 || value === 128 || value === 255));
      return;
    case 'svg':
      assert.equal(metadata.format, 'svg');
      return;
    default:
      assert.fail(`${kind} is no picture`);
  }
}
