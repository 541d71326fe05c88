import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChainManifestSchema, type ChainManifestSource, TensorManifestSchema } from '@segserve/contract';
import { type ChainSpec, isChain, partsBelow } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { instanceSpec } from '../pipeline/testing/instanceGraphs.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { resolveChains } from './resolveChains.ts';

type Stages = ChainManifestSource['stages'];

function named(name: string, spec: ModelSpec, words: object = {}): ModelSpec {
  return { ...spec, ref: `${name}:1`, manifest: { ...spec.manifest, name, ...words } as ModelSpec['manifest'] };
}

const finder = named('finder', instanceSpec({ family: 'mask-rcnn' }, [64, 64], ['cup', 'spoon']));
const matte = named('matte', tinySpec({ task: 'matting' }), { licence: 'MIT' });
const classes = named('classes', tinySpec({ background: 0 }), { nonCommercial: true });
const bare = named('bare', tinySpec());
const namer = named('namer', tinySpec({ task: 'classification' }));
const needy = named('needy', tinySpec({ task: 'matting', input: { trimap: {} } }));
const tensors: ModelSpec = {
  ref: 'tensors:1',
  manifest: TensorManifestSchema.parse({
    schema: 1,
    name: 'tensors',
    version: '1',
    task: 'tensor',
    licence: 'none',
    graph: 'x.onnx',
  }),
  folder: '/nowhere',
  labels: [],
  palette: new Uint8Array(0),
};
const models = [finder, matte, classes, bare, namer, needy, tensors];

function chain(name: string, stages: Stages, words: Partial<ChainManifestSource> = {}): ModelSpec {
  const manifest = ChainManifestSchema.parse({ schema: 1, name, version: '1', task: 'chain', stages, ...words });
  return { ref: `${name}:1`, manifest, folder: `/chains/${name}`, labels: [], palette: new Uint8Array(0) };
}

function resolvedChain(
  stages: Stages,
  words: Partial<ChainManifestSource> = {},
  others: readonly ModelSpec[] = [],
): ChainSpec {
  const spec = resolveChains([chain('c', stages, words), ...others, ...models])[0]!;
  assert.ok(isChain(spec));
  return spec;
}

function complaintOf(
  stages: Stages,
  words: Partial<ChainManifestSource> = {},
  others: readonly ModelSpec[] = [],
): string {
  try {
    resolvedChain(stages, words, others);
  } catch (error) {
    assert.ok(error instanceof Fault);
    assert.equal(error.code, 'model_invalid');
    assert.match(error.message, /^\/chains\/\w+\/model\.yaml: /);
    return error.message.replace(/^\/chains\/\w+\/model\.yaml: /, '');
  }
  return assert.fail('it was accepted');
}

const find = { name: 'found', kind: 'model', model: 'finder' } as const;
const cut = { name: 'cut', kind: 'crops', of: 'found', model: 'matte' } as const;

describe('a chain whose packages are found', () => {
  test('looks like the model of its last stage, under its own name', () => {
    const spec = resolvedChain([find, { ...cut, threshold: 0.25 }]);
    assert.deepEqual([spec.look.ref, spec.look.manifest.task, spec.look.folder], ['c:1', 'matting', '/chains/c']);
    assert.equal(spec.look.manifest.output.threshold, 0.25);
    assert.deepEqual(spec.labels, matte.labels);
    assert.deepEqual(spec.palette, matte.palette);
    assert.deepEqual(
      spec.parts.map(({ ref }) => ref),
      ['finder:1', 'matte:1'],
    );
  });

  test('looks like the stage that `answer` names, with the background that was added to it', () => {
    const spec = resolvedChain([find, { ...cut, paste: 'things', model: 'classes', threshold: 0.75 }]);
    assert.equal(spec.look.manifest.task, 'instance');
    assert.deepEqual(spec.labels, ['cup', 'spoon', 'background']);
    assert.equal(spec.backgroundAdded, true);
    const first = resolvedChain([
      { name: 'a', kind: 'model', model: 'namer' },
      { name: 'b', kind: 'route', by: 'a', cases: { red: 'matte' }, default: 'matte' },
    ]);
    assert.equal(first.look.manifest.task, 'matting');
  });

  test('has the licences of its packages, and is not for commerce as soon as one of them is not', () => {
    const spec = resolvedChain([find, { ...cut, model: 'matte' }]);
    assert.deepEqual([spec.manifest.licence, spec.manifest.nonCommercial], ['none; MIT', false]);
    assert.equal(resolvedChain([{ ...find, model: 'classes' }]).manifest.nonCommercial, true);
    assert.equal(resolvedChain([find], { licence: 'Apache-2.0' }).manifest.licence, 'Apache-2.0');
  });

  test('keeps what it knows when it is resolved again, and without its packages beside it', () => {
    const spec = resolvedChain([find, cut]);
    assert.equal(resolveChains([spec])[0], spec);
  });

  test('may be made of chains, whose packages are its own too', () => {
    const inner = chain('inner', [find, cut]);
    const spec = resolvedChain([{ name: 'a', kind: 'model', model: 'inner' }], {}, [inner]);
    assert.equal(spec.look.manifest.task, 'matting');
    assert.deepEqual(
      partsBelow(spec).map(({ ref }) => ref),
      ['inner:1', 'finder:1', 'matte:1'],
    );
  });

  test('takes the newest version of a package that is named without one', () => {
    const newer = { ...matte, ref: 'matte:2', manifest: { ...matte.manifest, version: '2' } } as ModelSpec;
    assert.deepEqual(
      resolvedChain([{ ...find, model: 'matte' }], {}, [newer]).parts.map(({ ref }) => ref),
      ['matte:2'],
    );
    assert.deepEqual(
      resolvedChain([{ ...find, model: 'matte:1' }], {}, [newer]).parts.map(({ ref }) => ref),
      ['matte:1'],
    );
  });
});

describe('a chain that cannot work says where and why when it is loaded', () => {
  test('where a package is not there', () => {
    assert.equal(
      complaintOf([{ ...find, model: 'fnder' }]),
      'stages.found: expected a package that is here (finder:1, matte:1, classes:1, bare:1, namer:1, needy:1, tensors:1), found "fnder".',
    );
  });

  test('where packages lead in a circle', () => {
    assert.equal(
      complaintOf([{ ...find, model: 'c' }]),
      'stages: expected packages that do not lead back, found c:1 → c:1.',
    );
    const back = chain('back', [{ ...find, model: 'c' }]);
    assert.equal(
      complaintOf([{ ...find, model: 'back' }], {}, [back]),
      'stages: expected packages that do not lead back, found c:1 → back:1 → c:1.',
    );
  });

  test('where chains lie too deep in each other', () => {
    const deeper = ['d1', 'd2', 'd3'].map((name, at) =>
      chain(name, [{ ...find, model: at === 0 ? 'matte' : `d${at}` }]),
    );
    assert.ok(resolvedChain([{ ...find, model: 'd2' }], {}, deeper.slice(0, 2)));
    assert.equal(
      complaintOf([{ ...find, model: 'd3' }], {}, deeper),
      'stages: expected chains in chains at most 3 deep, found 4.',
    );
  });

  test('where a stage takes from one that is not before it', () => {
    assert.equal(
      complaintOf([cut, find]),
      'stages.cut: expected of: a stage before it (there is none), found "found", which does not come before it.',
    );
    assert.equal(
      complaintOf([find, { ...cut, of: 'cut' }]),
      'stages.cut: expected of: a stage before it (found), found "cut", which does not come before it.',
    );
    assert.equal(
      complaintOf([find, { ...cut, of: 'fund' }]),
      'stages.cut: expected of: a stage before it (found), found "fund".',
    );
  });

  test('where two stages share a name, one leads nowhere, or the answer is no stage', () => {
    assert.equal(complaintOf([find, find]), 'stages: expected a name of its own for each stage, found "found" twice.');
    assert.equal(
      complaintOf([find, { ...find, name: 'idle' }, { ...cut }]),
      'stages.idle: expected a stage that another one takes from or that is the answer (cut), found neither.',
    );
    assert.equal(complaintOf([find], { answer: 'cut' }), 'answer: expected one of its stages (found), found "cut".');
  });

  test('where a stage’s model does not give what the stage is for', () => {
    assert.equal(
      complaintOf([find, { ...cut, model: 'namer' }]),
      'stages.cut: expected a semantic, matting or instance model for the crops, found namer:1 (task: classification).',
    );
    assert.equal(
      complaintOf([find, { ...cut, model: 'bare' }]),
      'stages.cut: expected a model with a background, which stands around the crops, found bare:1 without one.',
    );
    assert.equal(
      complaintOf([{ ...find, model: 'tensors' }]),
      'stages.found: expected a model that needs nothing but pictures, found tensors:1 (task: tensor).',
    );
    assert.equal(
      complaintOf([{ ...find, model: 'namer' }, cut]),
      'stages.cut: expected a stage with masks to take from, found "found" (task: classification).',
    );
    assert.equal(
      complaintOf([
        { ...find, model: 'classes' },
        { ...cut, paste: 'things' },
      ]),
      'stages.cut: expected of: a stage of instances, whose classes and scores paste: things keeps, found "found" (task: semantic).',
    );
  });

  test('where prompts have no boxes, or no promptable model', () => {
    const prompts = { name: 'b', kind: 'prompts', of: 'found', model: 'matte' } as const;
    assert.equal(
      complaintOf([find, prompts]),
      'stages.b: expected a model of task promptable, found matte:1 (task: matting).',
    );
    const clicks = { ...matte, ref: 'clicks:1', manifest: { ...matte.manifest, name: 'clicks', task: 'promptable' } };
    const others = [clicks as unknown as ModelSpec];
    assert.equal(
      complaintOf(
        [
          { ...find, model: 'classes' },
          { ...prompts, model: 'clicks' },
        ],
        {},
        others,
      ),
      'stages.b: expected of: a stage of instances, found "found" (task: semantic).',
    );
    assert.equal(
      complaintOf([{ ...find, model: 'clicks' }], {}, others),
      'stages.found: expected a model that needs nothing but pictures, found clicks:1 (task: promptable).',
    );
    const spec = resolvedChain([find, { ...prompts, model: 'clicks' }], {}, others);
    assert.deepEqual([spec.look.manifest.task, spec.labels], ['instance', ['cup', 'spoon', 'background']]);
  });

  test('where things and stuff do not mean the same classes', () => {
    const map = { name: 'map', kind: 'model', model: 'classes' } as const;
    const all = { name: 'all', kind: 'panoptic', semantic: 'map', instances: 'found' } as const;
    assert.equal(
      complaintOf([find, map, all]),
      'stages.all: expected classes: for "cup" one out of red, green, blue, found "cup".',
    );
    const same = { cup: 'red', spoon: 'green' };
    assert.equal(
      complaintOf([find, map, { ...all, classes: { ...same, fork: 'blue' } }]),
      'stages.all: expected classes: names out of cup, spoon, background, found fork.',
    );
    assert.equal(
      complaintOf([find, map, { ...all, semantic: 'found', classes: same }]),
      'stages.all: expected semantic: a stage that answers like a model of task semantic, found "found" (task: instance).',
    );
    const { look } = resolvedChain([find, map, { ...all, classes: same }]);
    assert.deepEqual([look.manifest.task, look.things, look.labels], ['panoptic', [0, 1], ['red', 'green', 'blue']]);
    assert.equal(look.manifest.background, 0, 'the model’s own background stays one');
    const { stages } = resolvedChain([find, map, { ...all, classes: same }, { ...cut, of: 'all' }]);
    const [last] = stages.slice(-1);
    assert.deepEqual(last && 'things' in last && last.things, { of: 'all', classes: [0, 1] }, 'stuff is not cropped');
    const bareLook = resolvedChain([find, { ...map, model: 'bare' }, { ...all, classes: same }]).look;
    assert.deepEqual(
      [bareLook.labels.at(-1), bareLook.manifest.background, bareLook.backgroundAdded],
      ['background', 3, true],
    );
    assert.equal(bareLook.palette.length, 12);
  });

  test('where classes are meant that are not there, or none says what a thing is', () => {
    assert.equal(
      complaintOf([find, { ...cut, classes: ['cup', 'fork'] }]),
      'stages.cut: expected classes: classes out of cup, spoon, background, found "fork".',
    );
    assert.equal(
      complaintOf([find, { ...cut, classes: [3] }]),
      'stages.cut: expected classes: classes out of cup, spoon, background, found 3.',
    );
    assert.equal(
      complaintOf([{ ...find, model: 'bare' }, cut]),
      'stages.cut: expected classes, since no class of "found" is a background (red, green, blue), found nothing.',
    );
    assert.ok(
      resolvedChain([
        { ...find, model: 'bare' },
        { ...cut, classes: ['red', 2] },
      ]),
    );
  });

  test('where numbers are said that mean nothing to the model', () => {
    assert.equal(
      complaintOf([{ ...find, model: 'matte', maxInstances: 3 }]),
      'stages.found: expected no "maxInstances", since matte:1 finds no instances, found 3.',
    );
    assert.equal(
      complaintOf([{ ...find, refine: 'guided' }]),
      'stages.found: expected no "refine", since finder:1 gives no opacity, found guided.',
    );
  });

  test('where a trimap is missing, or nobody wants it', () => {
    assert.equal(
      complaintOf([{ ...find, model: 'needy' }]),
      'stages.found: expected a trimap, which needy:1 needs, found nothing.',
    );
    assert.equal(
      complaintOf([find, { name: 'b', kind: 'model', model: 'matte', trimap: { of: 'found' } }]),
      'stages.b: expected no trimap, since matte:1 takes none, found one.',
    );
    assert.equal(
      complaintOf([{ name: 'b', kind: 'model', model: 'needy', trimap: { of: 'found' } }]),
      'stages.b: expected trimap.of: a stage before it (there is none), found "found".',
    );
    assert.ok(resolvedChain([find, { name: 'b', kind: 'model', model: 'needy', trimap: { of: 'found' } }]));
  });

  test('where a route’s models are not alike, or its classes not the classifier’s', () => {
    const decide = { name: 'a', kind: 'model', model: 'namer' } as const;
    const route = { name: 'b', kind: 'route', by: 'a', cases: { red: 'matte' }, default: 'matte' } as const;
    assert.equal(
      complaintOf([decide, { ...route, cases: { red: 'classes' } }]),
      'stages.b: expected models that give the same task and classes, as matte:1 does (matting of background, foreground), found classes:1 (semantic of red, green, blue).',
    );
    assert.equal(
      complaintOf([decide, { ...route, cases: { cat: 'matte' } }]),
      'stages.b: expected cases: classes of namer:1 (red, green, blue), found cat.',
    );
    assert.equal(
      complaintOf([find, { ...route, by: 'found' }]),
      'stages.b: expected by: a stage of a classification model, found "found" (task: instance).',
    );
  });

  test('where one picture could cost too many runs', () => {
    const inner = chain('inner', [find, { ...cut, most: 64 }]);
    assert.equal(
      complaintOf([find, { ...cut, model: 'inner', most: 16 }], {}, [inner]),
      'stages: expected at most 1024 runs of models for a picture, found 1041.',
    );
  });
});
