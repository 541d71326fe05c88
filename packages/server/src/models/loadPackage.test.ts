import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { loadPackage } from './loadPackage.ts';
import { builtInFolders, builtInModels, findModels, resolveModel } from './repository.ts';

const root = await mkdtemp(path.join(os.tmpdir(), 'segserve-models-'));
after(() => rm(root, { recursive: true }));

const graph = Buffer.from('not read here');

async function writePackage(folder: string, more = '', version = '1', name = 'face'): Promise<string> {
  const at = path.join(root, folder);
  await mkdir(at, { recursive: true });
  await writeFile(path.join(at, 'm.onnx'), graph);
  const manifest = `schema: 1
name: ${name}
version: "${version}"
task: matting
licence: CC0-1.0
graph: m.onnx
input: { size: { rule: fixed, width: 8, height: 8 } }
output: { kind: logits }
${more}`;
  await writeFile(path.join(at, 'model.yaml'), manifest);
  return at;
}

test('a package whose digest agrees is loaded with labels and palette in full', async () => {
  const folder = await writePackage('good/face/1', `sha256: { m.onnx: ${hash('sha256', graph)} }`);
  const spec = await loadPackage(folder);
  assert.equal(spec.ref, 'face:1');
  assert.deepEqual(spec.labels, ['background', 'foreground']);
  assert.equal(spec.palette.length, 6);
});

test('a file that changed after its digest was written is refused with both digests', async () => {
  const folder = await writePackage('changed', `sha256: { m.onnx: "${'0'.repeat(64)}" }`);
  await assert.rejects(loadPackage(folder), new RegExp(`expected SHA-256 0{64}, found ${hash('sha256', graph)}`));
});

test('a named file that is not there is refused by its name', async () => {
  const folder = await writePackage('missing', `golden: [{ image: golden/a.jpg, expected: golden/a.png }]`);
  await assert.rejects(loadPackage(folder), /names the file "golden\/a\.(jpg|png)", which is not there/);
});

test('a link that leads out of the package is refused', async () => {
  const folder = await writePackage('link', `sha256: { beside.bin: "${'0'.repeat(64)}" }`);
  await writeFile(path.join(root, 'outside.bin'), 'secret');
  await symlink(path.join(root, 'outside.bin'), path.join(folder, 'beside.bin'));
  await assert.rejects(loadPackage(folder), /leads out of its package folder/);
});

test('a palette with fewer colours than labels is refused with both numbers', async () => {
  const folder = await writePackage('palette', 'palette: [[1, 2, 3]]');
  await assert.rejects(loadPackage(folder), /palette: expected 2 colours, one for each label, found 1/);
});

test('a repository gives every version, and latest is the highest number, not the last word', async () => {
  for (const version of ['9', '10', '2']) await writePackage(`versions/face/${version}`, '', version);
  const specs = await findModels([path.join(root, 'versions')]);
  assert.equal(specs.length, 3);
  assert.equal(resolveModel(specs, 'face').ref, 'face:10');
  assert.equal(resolveModel(specs, 'face:latest').ref, 'face:10');
  assert.equal(resolveModel(specs, 'face:9').ref, 'face:9');
  assert.throws(() => resolveModel(specs, 'face:3'), {
    code: 'unknown_model',
    message: /Known: face:10, face:2, face:9\./,
  });
});

test('one name and version in two folders is an error that names both', async () => {
  const [a, b] = [await writePackage('twice/a'), await writePackage('twice/b')];
  await assert.rejects(findModels([a, b]), /face:1 stands in two folders: .*twice\/a and .*twice\/b/);
});

test('a package of one’s own hides every built-in version of its name, and no other', async () => {
  const own = await writePackage('own/portrait', '', '0.1', 'portrait');
  const specs = await findModels([builtInModels(), own]);
  assert.deepEqual(
    specs.filter(({ manifest }) => manifest.name === 'portrait').map(({ folder }) => folder),
    [own],
  );
  assert.ok(specs.some(({ manifest }) => manifest.name === 'nuclei'));
  assert.equal((await findModels([builtInModels(), path.join(builtInModels(), 'portrait')])).length, specs.length);
});

test('built-in models are chosen by name', async () => {
  const names = async (chosen: readonly string[]) =>
    (await findModels(builtInFolders(chosen))).map(({ manifest }) => manifest.name);
  assert.deepEqual(await names(['portrait']), ['portrait']);
  assert.deepEqual(await names([]), []);
  assert.deepEqual(await names(['all']), await names(await names(['all'])));
  assert.throws(() => builtInFolders(['portrait', '../nuclei']), {
    code: 'config_invalid',
    message: /builtInModels: all, or of .*nuclei, portrait.* but received \.\.\/nuclei/,
  });
});

test('a folder without packages says what was expected there', async () => {
  await mkdir(path.join(root, 'empty'), { recursive: true });
  await assert.rejects(
    findModels([path.join(root, 'empty')]),
    /holds no model package. Expected .*<name>.*<version>.*model\.yaml/,
  );
  await assert.rejects(
    findModels([path.join(root, 'nothing')]),
    /expected a folder of model packages, found nothing there/,
  );
});

test('keys that are right by themselves and wrong together are named together', async () => {
  const folder = await writePackage('contradiction', 'background: 7');
  await assert.rejects(loadPackage(folder), /background: expected a class from 0 to 1, found 7/);
  const text = `schema: 1
name: face
version: "1"
task: matting
licence: CC0-1.0
graph: m.onnx
input: { size: { rule: fixed, width: 8, height: 8 }, resizeIn: graph, fit: letterbox }
output: { kind: labels }
`;
  await writeFile(path.join(folder, 'model.yaml'), text);
  await assert.rejects(
    loadPackage(folder),
    /needs input\.fit: stretch, found letterbox\.\n.*needs output\.kind logits or probabilities, found labels/,
  );
});

test('keys of input that need each other say so', async () => {
  const folder = await writePackage('input', '');
  const file = path.join(folder, 'model.yaml');
  const size = 'size: { rule: fixed, width: 8, height: 8 }';
  const manifest = (task: string, input: string) => `schema: 1
name: face
version: "1"
task: ${task}
licence: CC0-1.0
graph: m.onnx
labels: [a, b]
input: { ${size}, ${input} }
output: { kind: logits }
`;
  const topLeft = (found: string) => new RegExp(`align: topLeft needs input\\.fit: letterbox, .*; found ${found}`);
  for (const [text, message] of [
    [manifest('matting', 'align: topLeft'), topLeft('stretch')],
    [manifest('matting', 'align: topLeft, fit: tile'), topLeft('tile')],
    [manifest('classification', 'align: topLeft, fit: crop'), topLeft('crop')],
    [manifest('semantic', 'trimap: {}'), /input\.trimap needs task: matting, .*; found semantic/],
    [manifest('matting', 'trimap: {}, fit: tile'), /input\.trimap needs .* stretch or letterbox; found fit: tile/],
    [manifest('matting', 'trimap: {}, resizeIn: graph'), /input\.trimap needs .*; found resizeIn: graph/],
  ] as const) {
    await writeFile(file, text);
    await assert.rejects(loadPackage(folder), { code: 'model_invalid', message });
  }
  for (const input of ['align: topLeft, fit: letterbox', 'align: center', 'trimap: {}, fit: letterbox']) {
    await writeFile(file, manifest('matting', input));
    await loadPackage(folder);
  }
});
