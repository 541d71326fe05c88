/**
 * Draws every picture of the documentation, from the photos in examples/ through a real server: answers.png for the
 * README, cards/*.webp for the model cards, and answers/*.webp with the examples in docs/reference/answers.md. Run: npm run docs:images
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type AnswerKind, answerKinds } from '@segserve/contract';
import sharp from 'sharp';
import { answerExamples } from './answerExamples.ts';
import { answersPage, pageWith } from './answersPage.ts';
import { drawCards } from './cards.ts';
import { startExampleServer } from './exampleServer.ts';
import { drawHero } from './hero.ts';
import { writeTones } from './tones.ts';

/** The lowest quality that suits; a picture above the limit is an error and not a blur. */
const bytesMax = 40 * 1024;
const pictures = new URL('answers/', import.meta.url);

const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-docs-'));
try {
  await writeTones(folder);
  await mkdir(pictures, { recursive: true });
  await using server = await startExampleServer(folder);
  await drawHero(server);
  await drawCards(server);
  const texts = new Map<AnswerKind, Buffer>();
  for (const kind of answerKinds) {
    const { textQuery, ...example } = answerExamples[kind];
    const answer = await server.ask(example);
    await drawExample(kind, answer);
    texts.set(kind, textQuery === undefined ? answer : await server.ask({ ...example, query: textQuery }));
  }
  await writeFile(answersPage, pageWith(await readFile(answersPage, 'utf8'), texts));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function drawExample(kind: AnswerKind, answer: Buffer): Promise<void> {
  const { photo, draw } = answerExamples[kind];
  const original = await readFile(new URL(`../../examples/${photo}`, import.meta.url));
  const drawn = sharp(await draw(answer, original));
  const { data, info } = await drawn
    .webp({ quality: 80, effort: 6, smartSubsample: true })
    .toBuffer({ resolveWithObject: true });
  if (data.length > bytesMax) throw new Error(`${kind}: expected at most ${bytesMax} bytes but made ${data.length}.`);
  await writeFile(new URL(`${kind}.webp`, pictures), data);
  console.log(`${kind.padEnd(12)} ${info.width}×${info.height}, ${(data.length / 1024).toFixed(1)} KB`);
}
