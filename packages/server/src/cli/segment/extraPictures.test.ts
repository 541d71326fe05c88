import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { backgroundFits } from '@segserve/contract';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { backgroundFitWords } from './answerWords.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

/** Makes files whose bytes are their names. */
async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    const file = path.join(cwd, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, name);
  }
}

async function segment(...words: string[]) {
  const context = fakeContext({ cwd });
  const code = await run(['segment', ...words], context);
  const extras = context.requests.map(({ extras }) =>
    Object.fromEntries(Object.entries(extras ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString()])),
  );
  return { code, context, extras };
}

async function refused(...words: string[]): Promise<string> {
  const { code, context } = await segment(...words);
  assert.equal(code, 2, context.stderr.text);
  assert.equal(context.requests.length, 0);
  return context.stderr.text;
}

test('The words for a background’s fit are those of the contract', () => {
  assert.deepEqual(backgroundFitWords, backgroundFits);
});

test('--background takes the file of a picture, for every input', async () => {
  await files('a.jpg', 'b.jpg', 'beach.png');
  const { code, context, extras } = await segment(
    ...['a.jpg', 'b.jpg', '--as', 'composite', '--background', 'beach.png', '--background-fit', 'contain'],
  );
  assert.equal(code, 0, context.stderr.text);
  assert.deepEqual(extras, [{ background: 'beach.png' }, { background: 'beach.png' }]);
  const [answer] = context.requests[0]!.answers;
  assert.deepEqual([answer?.background, answer?.backgroundFit], ['image', 'contain']);
});

test('--background as a colour reads no file', async () => {
  await files('a.jpg');
  const { extras, context } = await segment('a.jpg', '--as', 'composite', '--background', '#102030');
  assert.deepEqual(extras, [{}]);
  assert.equal(context.requests[0]!.answers[0]?.background, '#102030');
});

test('--trimap takes a file for one picture, and a folder for several', async () => {
  await files('a.jpg', 'b.png', 'tri/a.png', 'tri/b.webp', 'tri/notes.txt');
  assert.deepEqual((await segment('a.jpg', '--trimap', 'tri/b.webp')).extras, [{ trimap: 'tri/b.webp' }]);
  const { extras, code } = await segment('a.jpg', 'b.png', '--trimap', 'tri');
  assert.equal(code, 0);
  assert.deepEqual(extras.map(({ trimap }) => trimap).toSorted(), ['tri/a.png', 'tri/b.webp']);
});

test('What is missing is said before any work', async () => {
  await files('a.jpg', 'b.jpg', 'tri/a.png');
  assert.match(await refused('a.jpg', '--as', 'composite', '--background', 'none.png'), /"none\.png" cannot be read/);
  assert.match(await refused('a.jpg', '--as', 'composite', '--background', 'image'), /found "image"/);
  assert.match(await refused('a.jpg', '--trimap', 'none'), /--trimap: "none" does not exist/);
  assert.match(await refused('a.jpg', 'b.jpg', '--trimap', 'tri/a.png'), /one file is for one picture, found 2/);
  assert.match(await refused('a.jpg', 'b.jpg', '--trimap', 'tri'), /no trimap named like b\.jpg/);
});
