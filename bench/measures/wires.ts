import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { median, spread } from '../numbers/summary.ts';
import { Load, type LoadReport } from '../processes/load.ts';
import { ServerProcess } from '../processes/serverProcess.ts';
import { type Row, row } from '../report/row.ts';
import { segmentUrl, type Workload } from '../workload/workload.ts';

/** The same work, the opacity of one picture by the built-in model, asked for in one server's words. */
interface Asked {
  readonly name: string;
  readonly wire: string | undefined;
  readonly path: string;
  readonly contentType: string;
  readonly bodyOf: (picture: Buffer) => Buffer;
}

const json = (value: (base64: string) => unknown) => (picture: Buffer) =>
  Buffer.from(JSON.stringify(value(picture.toString('base64'))));

const boundary = 'x-bench-boundary';
const form = (field: string) => (picture: Buffer) =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    picture,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

const applicationJson = 'application/json';
const formType = `multipart/form-data; boundary=${boundary}`;

const asked: readonly Asked[] = [
  {
    name: 'native, base64 in JSON',
    wire: undefined,
    path: '/v1/models/portrait/segment',
    contentType: applicationJson,
    bodyOf: json((image) => ({ image, answer: 'alpha', response: 'json' })),
  },
  {
    name: 'mortred',
    wire: 'mortred',
    path: '/mortred_ai_server_v1/matting/modnet',
    contentType: applicationJson,
    bodyOf: json((image) => ({ img_data: image, req_id: 'bench' })),
  },
  {
    name: 'paddleseg-serving',
    wire: 'paddleseg-serving',
    path: '/ImageSegService/inference',
    contentType: applicationJson,
    bodyOf: json((image) => ({ instances: [{ image_length: image.length, image_binary: image }] })),
  },
  {
    name: 'paddlehub (JPEG back)',
    wire: 'paddlehub',
    path: '/predict/humanseg_server',
    contentType: applicationJson,
    bodyOf: json((image) => ({ images: [image] })),
  },
  {
    name: 'paddle-pipeline (cut-out back)',
    wire: 'paddle-pipeline',
    path: '/matting/prediction',
    contentType: applicationJson,
    bodyOf: json((image) => ({ key: ['image'], value: [image] })),
  },
  {
    name: 'oip, picture in a BYTES tensor',
    wire: 'oip',
    path: '/v2/models/portrait/infer',
    contentType: applicationJson,
    bodyOf: json((image) => ({
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [image], parameters: { content_type: 'base64' } }],
      parameters: { answer: 'alpha' },
    })),
  },
  {
    name: 'rembg (mask back)',
    wire: 'rembg',
    path: '/api/remove?om=true',
    contentType: formType,
    bodyOf: form('file'),
  },
  {
    name: 'huggingface (masks back)',
    wire: 'huggingface',
    path: '/models/segserve/portrait',
    contentType: 'image/jpeg',
    bodyOf: (picture) => picture,
  },
];

/**
 * What a wire costs: requests a second of the same work through each, against the raw body of the native API, in turn in
 * one run. Wires that give more or another encoding than an alpha PNG say so; the native API is asked for the same then.
 */
export async function wires(workload: Workload): Promise<Row[]> {
  const { pictures, quick } = workload;
  const names = [...new Set(asked.flatMap(({ wire }) => wire ?? []))];
  await using server = await ServerProcess.start({ wires: names });
  using load = new Load();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-bench-wires-'));
  try {
    const picture = await readFile(pictures.hd);
    const seconds = quick ? 0.5 : 2;
    const rounds = quick ? 1 : 4;
    const rows: Row[] = [];
    for (const one of asked) {
      const body = path.join(folder, `${one.name.replace(/\W+/g, '-')}.body`);
      await writeFile(body, one.bodyOf(picture));
      const url = (one.wire === undefined ? server.url : server.wireUrl(one.wire)) + one.path;
      const native = segmentUrl(server.url, 'portrait', one.wire === 'paddle-pipeline' ? 'cutout' : 'alpha');
      const order = { do: 'closed', concurrency: 4, seconds } as const;
      const ratios: number[] = [];
      const perSecond: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const plain = await load.run({ ...order, url: native, pictures: [pictures.hd] });
        const wired = await load.run({ ...order, url, pictures: [body], contentType: one.contentType });
        if (round === 0) continue; // warmed up
        ratios.push(rate(wired, url) / rate(plain, native));
        perSecond.push(rate(wired, url));
      }
      const note = `${median(perSecond).toFixed(1)} requests a second; ratios ${spread(ratios)}`;
      rows.push(row(`${one.name}, against the native raw body`, { value: median(ratios), unit: '×', digits: 2, note }));
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rate({ ok, seconds, strange }: LoadReport, url: string): number {
  if (ok === 0) throw new Error(`${url} gave no answer: ${JSON.stringify(strange)}`);
  return ok / seconds;
}
