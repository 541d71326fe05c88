/** Draws docs/images/answers.png: one example photo, and what the built-in model makes of it. Run: node docs/images/make.ts */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { type AnswerKind, open } from '../../packages/server/src/index.ts';

const side = 320;
const gap = 12;
const kinds: readonly AnswerKind[] = ['cutout', 'alpha', 'overlay', 'composite'];

const photo = await readFile(new URL('../../examples/astronaut.jpg', import.meta.url));
await using segserve = await open();
const { answers } = await segserve.segment(photo, {
  answer: kinds,
  refine: 'guided',
  decontaminate: true,
  background: '#0a84ff',
});
const tiles = [photo, ...answers.map(({ bytes }) => Buffer.from(bytes))];

const board = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><pattern id="p" width="32" height="32" patternUnits="userSpaceOnUse"><rect width="32" height="32" fill="#fff"/><path d="M0 0h16v16H0zM16 16h16v16H16z" fill="#d8d8d8"/></pattern><rect width="100%" height="100%" fill="url(#p)"/></svg>`,
);
const layers = tiles.map(async (tile, index) => {
  const picture = await sharp(tile).resize(side, side).png().toBuffer();
  const input = await sharp(board)
    .composite([{ input: picture }])
    .png()
    .toBuffer();
  return { input, left: index * (side + gap), top: 0 };
});
const width = tiles.length * (side + gap) - gap;
await sharp({ create: { width, height: side, channels: 3, background: '#fff' } })
  .composite(await Promise.all(layers))
  .png({ compressionLevel: 9, palette: true, quality: 90 })
  .toFile(new URL('answers.png', import.meta.url).pathname);
