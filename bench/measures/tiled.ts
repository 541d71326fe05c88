import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { open } from '../../packages/server/src/index.ts';
import { childrenOf, peakRssBytesOf } from '../processes/procfs.ts';
import { atMost, type Row, row } from '../report/row.ts';
import { packageName, writePackage } from '../workload/packages.ts';
import type { Workload } from '../workload/workload.ts';

const network = { side: 512, classes: 4 };

/**
 * Pictures in tiles through a worker process: megapixels a second, and the most memory that the worker ever had. The second picture
 * has four times the pixels of the first; its answer is made row by row.
 */
export async function tiled(workload: Workload): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'segserve-bench-'));
  const side = workload.times(3) < 3 ? 2000 : 4000;
  try {
    await writePackage(folder, network);
    const small = await through(folder, side, side / 2);
    const large = await through(folder, side, side * 2);
    const size = `${side}×${side * 2}`;
    return [
      row(`${size} in tiles of 512², ${network.classes} classes`, {
        value: large.speed,
        unit: 'MP/s',
        note: `${large.seconds.toFixed(1)} s`,
      }),
      row(`worker's peak memory, ${size}`, { value: large.peakBytes / 2 ** 20, unit: 'MiB' }),
      atMost(`peak memory against a picture of a quarter of the height`, 1.5, {
        value: large.peakBytes / small.peakBytes,
        unit: '×',
        note: `${(small.peakBytes / 2 ** 20).toFixed(0)} MiB there`,
      }),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function through(folder: string, width: number, height: number) {
  const image = await picture(width, height);
  await using server = await open({
    folders: [folder],
    model: packageName(network),
    workers: 1,
    limits: { imagePixelsMax: 1_000_000, deadlineMsMax: 3_600_000 },
  });
  const begun = performance.now();
  await server.segment(image, { answer: ['labels', 'stats'], tile: 'auto', deadlineMs: 3_600_000 });
  const seconds = (performance.now() - begun) / 1000;
  const peakBytes = Math.max(...childrenOf(process.pid).map(peakRssBytesOf));
  return { seconds, speed: (width * height) / 1e6 / seconds, peakBytes };
}

/** A smooth picture with structure of some pixels, made without holding it. */
async function picture(width: number, height: number): Promise<Buffer> {
  const [columns, rows] = [Math.ceil(width / 8), Math.ceil(height / 8)];
  const data = Buffer.alloc(columns * rows * 3);
  for (let at = 0; at < data.length; at++) data[at] = (at * 7919) % 251;
  const raw = { width: columns, height: rows, channels: 3 } as const;
  return sharp(data, { raw }).resize(width, height, { fit: 'fill' }).jpeg({ quality: 80 }).toBuffer();
}
