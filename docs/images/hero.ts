import { readFile } from 'node:fs/promises';
import type { AnswerKind } from '@segserve/contract';
import sharp from 'sharp';
import { onBoard } from './draw/frame.ts';
import type { ExampleServer } from './exampleServer.ts';

const side = 320;
const gap = 12;
const kinds: readonly AnswerKind[] = ['cutout', 'alpha', 'overlay', 'composite'];
const options = 'refine=guided&decontaminate=true&background=%230a84ff';

/** docs/images/answers.png, the first picture of the README: one photo, and what the built-in model makes of it. */
export async function drawHero({ ask }: ExampleServer): Promise<void> {
  const photo = 'astronaut.jpg';
  const made = kinds.map((kind) => ask({ photo, model: 'portrait', query: `answer=${kind}&${options}` }));
  const tiles = [await readFile(new URL(`../../examples/${photo}`, import.meta.url)), ...(await Promise.all(made))];
  const layers = tiles.map(async (tile, index) => {
    const input = await onBoard(tile, side);
    return { input, left: index * (side + gap), top: 0 };
  });
  const width = tiles.length * (side + gap) - gap;
  await sharp({ create: { width, height: side, channels: 3, background: '#fff' } })
    .composite(await Promise.all(layers))
    .png({ compressionLevel: 9, palette: true, quality: 90 })
    .toFile(new URL('answers.png', import.meta.url).pathname);
}
