import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PanopticManifest, PanopticManifestSchema, type thingPresets } from '@segserve/contract';
import { presets } from './presets.ts';
import { readThings } from './things.ts';

function manifest(words: object): PanopticManifest {
  const size = { rule: 'fixed', width: 8, height: 8 };
  const base = { schema: 1, name: 'm', version: '1', task: 'panoptic', licence: 'none', graph: 'm.onnx' };
  return PanopticManifestSchema.parse({ ...base, input: { size }, output: { family: 'queries' }, ...words });
}

function namesOf(preset: keyof typeof presets): string[] {
  return presets[preset].map(([label]) => label);
}

test('the presets’ things are those that their data sets count one by one', () => {
  const things = (preset: (typeof thingPresets)[number]) => {
    const labels = namesOf(preset);
    return readThings(manifest({ labels: preset }), labels, 'model.yaml').map((index) => labels[index]!);
  };
  assert.deepEqual(things('coco133'), namesOf('coco80'));
  assert.deepEqual(
    things('coco250').filter((label) => !label.startsWith('unused')),
    namesOf('coco80'),
  );
  assert.equal(things('ade20k150').length, 100);
  assert.ok(things('ade20k150').includes('person') && !things('ade20k150').includes('sky'));
  assert.deepEqual(things('cityscapes19'), [
    'person',
    'rider',
    'car',
    'truck',
    'bus',
    'train',
    'motorcycle',
    'bicycle',
  ]);
});

test('COCO’s panoptic classes stand at the numbers that models give them', () => {
  const [contiguous, ids] = [namesOf('coco133'), namesOf('coco250')];
  assert.deepEqual(
    [contiguous.length, contiguous[0], contiguous[80], contiguous[132]],
    [133, 'person', 'banner', 'rug-merged'],
  );
  assert.deepEqual(
    [ids.length, ids[1], ids[12], ids[90], ids[92], ids[187], ids[200], ids[249]],
    [250, 'person', 'unused 12', 'toothbrush', 'banner', 'sky-other-merged', 'rug-merged', 'unused 249'],
  );
  for (const [label, ...color] of presets.coco133) {
    const [, ...same] = presets.coco250.find(([name]) => name === label)!;
    assert.deepEqual(same, color, label);
  }
  assert.deepEqual(
    ids.slice(0, 91).map((label) => label.replace(/^unused 0$/, 'background')),
    namesOf('coco91'),
  );
});

test('things are classes by name or index, each once, and an empty list is a model of stuff', () => {
  const labels = ['road', 'car', 'person'];
  assert.deepEqual(readThings(manifest({ labels, things: ['person', 1, 'car'] }), labels, 'm'), [1, 2]);
  assert.deepEqual(readThings(manifest({ labels, things: [] }), labels, 'm'), []);
  assert.deepEqual(readThings(manifest({ labels: 'coco133', things: ['car'] }), namesOf('coco133'), 'm'), [2]);
});
