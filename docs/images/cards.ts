import { mkdir, readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { onBoard } from './draw/frame.ts';
import type { ExampleServer } from './exampleServer.ts';

const side = 200;
const gap = 8;
const folder = new URL('cards/', import.meta.url);

interface Shown {
  readonly photo: string;
  readonly query: string;
}

/** What the model cards show of each built-in model: the good answers first, then those that are not. */
const cards: Readonly<Record<string, readonly Shown[]>> = {
  portrait: ['astronaut', 'camera', 'rocket', 'coffee', 'chelsea'].map((name) => ({
    photo: `${name}.jpg`,
    query: 'answer=cutout',
  })),
  nuclei: ['nuclei-fluorescence', 'nuclei-stained'].map((name) => ({ photo: `${name}.png`, query: 'answer=svg' })),
  click: [
    { photo: 'astronaut.jpg', query: 'answer=overlay&points=180,360' },
    { photo: 'camera.jpg', query: 'answer=overlay&points=190,250' },
    { photo: 'nuclei-fluorescence.png', query: 'answer=overlay&points=54,71' },
    { photo: 'coffee.jpg', query: 'answer=overlay&points=300,110' },
  ],
};

/** docs/images/cards/*.webp: photos in the upper row, what the model makes of them below. */
export async function drawCards({ ask }: ExampleServer): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [model, shown] of Object.entries(cards)) {
    const columns = shown.map(async ({ photo, query }, index) => {
      const original = await readFile(new URL(`../../examples/${photo}`, import.meta.url));
      const upright = await sharp(original).autoOrient().png().toBuffer();
      const answer = await ask({ photo, model, query });
      const seen = query.includes('svg') ? await overPhoto(upright, answer) : answer;
      const left = index * (side + gap);
      return [
        { input: await tile(upright), left, top: 0 },
        { input: await tile(seen), left, top: side + gap },
      ];
    });
    const width = shown.length * (side + gap) - gap;
    const picture = await sharp({ create: { width, height: 2 * side + gap, channels: 3, background: '#fff' } })
      .composite((await Promise.all(columns)).flat())
      .webp({ quality: 80, effort: 6, smartSubsample: true })
      .toBuffer();
    await writeFile(new URL(`${model}.webp`, folder), picture);
    console.log(`card ${model.padEnd(9)} ${(picture.length / 1024).toFixed(1)} KB`);
  }
}

async function tile(picture: Buffer): Promise<Buffer> {
  const square = await sharp(picture).resize(side, side, { fit: 'contain', background: '#fff' }).png().toBuffer();
  return onBoard(square, side);
}

async function overPhoto(photo: Buffer, drawing: Buffer): Promise<Buffer> {
  const { width, height } = await sharp(photo).metadata();
  const input = await sharp(drawing).resize(width, height).png().toBuffer();
  return sharp(photo).composite([{ input }]).png().toBuffer();
}
