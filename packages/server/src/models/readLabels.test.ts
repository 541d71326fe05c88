import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { loadPackage } from './loadPackage.ts';
import { parseManifest } from './readManifest.ts';

const root = await mkdtemp(path.join(os.tmpdir(), 'segserve-labels-'));
after(() => rm(root, { recursive: true }));
let made = 0;

const manifestText = (task: string, labels: string, more = '') => `schema: 1
name: things
version: "1"
task: ${task}
licence: CC0-1.0
graph: m.onnx
labels: ${labels}
input: { size: { rule: fixed, width: 8, height: 8 } }
output: { kind: logits }
${more}`;

async function packageWith(text: string | Uint8Array, task = 'classification', labels = 'labels.txt', more = '') {
  const folder = path.join(root, String(++made));
  await mkdir(folder);
  await writeFile(path.join(folder, 'm.onnx'), 'not read here');
  await writeFile(path.join(folder, 'labels.txt'), text);
  await writeFile(path.join(folder, 'model.yaml'), manifestText(task, labels, more));
  return folder;
}

test('class names stand in a file of the package, one on each line, for every task', async () => {
  for (const task of ['semantic', 'classification', 'matting']) {
    const spec = await loadPackage(await packageWith('cat\ntabby, tabby cat\nvoc21\n', task));
    assert.deepEqual(spec.labels, ['cat', 'tabby, tabby cat', 'voc21']);
    assert.equal(spec.palette.length, 9);
  }
});

test('line ends of Windows, a byte order mark and empty lines at the end are no part of names', async () => {
  const spec = await loadPackage(await packageWith('\ufeffcat\r\nWüste\r\n\r\n\n'));
  assert.deepEqual(spec.labels, ['cat', 'Wüste']);
});

test('a file that is no list of names is refused with what is wrong, and where', async () => {
  for (const [text, expected] of [
    ['cat\n\ndog\n', /labels\.txt:2: expected a class name, found an empty line/],
    ['\n \n', /expected a class name on each line, found an empty file/],
    [Uint8Array.of(0x63, 0xff, 0x0a), /expected text in UTF-8, found other bytes/],
    ['a\n'.repeat(65_537), /expected at most 65536 class names, found 65537/],
    [new Uint8Array(4 * 1024 * 1024 + 1), /expected at most 4194304 bytes, found 4194305/],
  ] as const) {
    await assert.rejects(packageWith(text).then(loadPackage), { code: 'model_invalid', message: expected });
  }
});

test('the file of names is a file of the package: it has to be there, inside, and as its digest says', async () => {
  const folder = await packageWith('cat', 'classification', 'others.txt');
  await assert.rejects(loadPackage(folder), /names the file "others\.txt", which is not there/);
  const changed = await packageWith(
    'cat',
    'classification',
    'labels.txt',
    `sha256: { labels.txt: "${'0'.repeat(64)}" }`,
  );
  await assert.rejects(loadPackage(changed), /labels\.txt: expected SHA-256/);
  const parse = (labels: string) => parseManifest(manifestText('semantic', labels), 'model.yaml');
  assert.throws(() => parse('../labels.txt'), /labels: expected .*without "\.\."/);
  assert.throws(
    () => parse('voc22'),
    /labels: expected a list, a preset \(voc21, .*\), or a path inside the package ending in "\.txt", found "voc22"/,
  );
});

test('what a classification model cannot have is refused by its name', async () => {
  for (const [more, expected] of [
    ['golden: [{ image: labels.txt, expected: labels.txt }]', /golden: expected none, since a classification model/],
  ] as const) {
    await assert.rejects(packageWith('cat', 'classification', 'labels.txt', more).then(loadPackage), expected);
  }
  const crop = (task: string, size: string) =>
    manifestText(task, 'voc21').replace(/input: .*/, `input: { size: ${size}, fit: crop }`);
  for (const [text, expected] of [
    [crop('semantic', '{ rule: fixed, width: 8, height: 8 }'), /input\.fit: crop needs task: classification/],
    [crop('classification', '{ rule: shortSide, pixels: 8 }'), /crop needs input\.size\.rule: fixed, found shortSide/],
    [manifestText('classification', 'voc21').replace('logits', 'labels'), /needs output\.kind logits or probabilities/],
    [
      manifestText('classification', 'voc21').replace(/labels: .*\n/, ''),
      /since the task is classification; found nothing/,
    ],
  ] as const) {
    const folder = await packageWith('cat');
    await writeFile(path.join(folder, 'model.yaml'), text);
    await assert.rejects(loadPackage(folder), expected);
  }
});
