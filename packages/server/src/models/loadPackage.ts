import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Manifest, PackageManifest, PictureManifest } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { InstanceSpec, ModelSpec, PanopticSpec } from '../domain/modelSpec.ts';
import { vocPalette } from '../domain/palette.ts';
import { allInOrder } from './allInOrder.ts';
import { loadChain } from './loadChain.ts';
import { loadPromptable } from './loadPromptable.ts';
import { presets } from './presets.ts';
import { readLabels } from './readLabels.ts';
import { manifestFile, readManifest } from './readManifest.ts';
import { readThings } from './things.ts';

/**
 * A package folder as a checked ModelSpec: manifest valid, every named file present inside the folder, digests equal,
 * labels and palette in full. Throws Fault `model_invalid` that names the file and what is wrong with it.
 */
export async function loadPackage(folder: string): Promise<ModelSpec> {
  const manifest = await readManifest(folder);
  const ref = `${manifest.name}:${manifest.version}`;
  if (manifest.task === 'tensor') {
    await checkFiles(folder, manifest, []);
    return Object.freeze({ ref, manifest, folder: path.resolve(folder), labels: [], palette: new Uint8Array(0) });
  }
  if (manifest.task === 'chain') return loadChain(folder, manifest, checkFiles);
  if (manifest.task === 'promptable') return loadPromptable(folder, manifest, checkFiles);
  const labelFile = labelFileOf(manifest);
  const goldens = manifest.golden.flatMap(({ image, trimap, expected }) => [
    image,
    expected,
    ...(trimap === undefined ? [] : [trimap]),
  ]);
  await checkFiles(folder, manifest, labelFile === undefined ? goldens : [...goldens, labelFile]);
  checkContradictions(manifest, path.join(folder, manifestFile));
  const labels =
    labelFile === undefined
      ? labelsOf(manifest, path.join(folder, manifestFile))
      : await readLabels(path.join(folder, labelFile));
  if (manifest.background !== undefined && manifest.background >= labels.length) {
    const found = `background: expected a class from 0 to ${labels.length - 1}, found ${manifest.background}`;
    throw new Fault('model_invalid', `${path.join(folder, manifestFile)}: ${found}.`);
  }
  const palette = paletteOf(manifest, labels.length, path.join(folder, manifestFile));
  const spec = { ref, manifest, folder: path.resolve(folder), labels, palette };
  if (manifest.task === 'panoptic') {
    const things = readThings(manifest, labels, path.join(folder, manifestFile));
    return Object.freeze(withBackground({ ...spec, manifest, things }));
  }
  if (manifest.task === 'instance') return Object.freeze(withBackground({ ...spec, manifest }));
  return Object.freeze({ ...spec, manifest: withGrowth(manifest) });
}

/** Masks of queries have a quarter of the input's sides: their scores grow where fusion makes it possible, unless the manifest says otherwise. */
function withGrowth(manifest: Manifest): Manifest {
  const { output, fusion } = manifest;
  const upsample = output.upsample ?? (fusion === 'off' ? 'nearest' : 'linear');
  return output.queries === undefined ? manifest : { ...manifest, output: { ...output, upsample } };
}

/**
 * A class map needs a class where there is no instance. Where the model counts none among its own, one more stands behind
 * the last label, so that every other class keeps the model's number.
 */
function withBackground(spec: InstanceSpec | PanopticSpec): ModelSpec {
  const { manifest, labels, palette } = spec;
  if (manifest.background !== undefined) return spec;
  const colors = new Uint8Array(palette.length + 3);
  colors.set(palette);
  const named = { ...manifest, background: labels.length };
  return { ...spec, manifest: named, labels: [...labels, 'background'], palette: colors, backgroundAdded: true };
}

/** The graph, whatever has a digest, and these others: each must be there, in the folder, and as its digest says. */
async function checkFiles(folder: string, manifest: PackageManifest, others: readonly string[]): Promise<void> {
  const graph = 'graph' in manifest ? [manifest.graph] : [];
  const files = new Set([...graph, ...Object.keys(manifest.sha256), ...others]);
  await allInOrder([...files].map((file) => checkFile(folder, file, manifest.sha256[file])));
}

/** Keys that are right by themselves and wrong together. */
function checkContradictions(manifest: PictureManifest, file: string): void {
  const { input, task, golden } = manifest;
  const kind = 'kind' in manifest.output ? manifest.output.kind : undefined;
  const queries = 'queries' in manifest.output ? manifest.output.queries : undefined;
  const inGraph = input.resizeIn === 'graph';
  const contradictions: readonly (readonly [boolean, string])[] = [
    [
      inGraph && input.size.rule !== 'fixed',
      `input.resizeIn: graph needs input.size.rule: fixed, found ${input.size.rule}`,
    ],
    [inGraph && input.fit !== 'stretch', `input.resizeIn: graph needs input.fit: stretch, found ${input.fit}`],
    [
      inGraph && input.kernel === 'lanczos',
      'input.resizeIn: graph needs a nearest, linear or cubic kernel, found lanczos',
    ],
    [task === 'matting' && kind === 'labels', 'task: matting needs output.kind logits or probabilities, found labels'],
    [
      task === 'classification' && kind === 'labels',
      'task: classification needs output.kind logits or probabilities, found labels',
    ],
    [
      task === 'classification' && golden.length > 0,
      'golden: expected none, since a classification model has no answer that is a picture; prove it with pictures of your own',
    ],
    [
      golden.some(({ compare }) => compare === 'instances') && task !== 'instance' && task !== 'panoptic',
      `golden: compare: instances needs task: instance or panoptic, which find things one by one; found ${task}`,
    ],
    [
      (task === 'instance' || task === 'panoptic') && inGraph,
      `task: ${task} needs input.resizeIn: pipeline, since boxes and masks are counted in pixels of the input; found graph`,
    ],
    [
      input.fit === 'tile' && task !== 'semantic' && task !== 'matting',
      `input.fit: tile needs task: semantic or matting, whose scores can be blended; found ${task}`,
    ],
    [
      input.fit === 'crop' && task !== 'classification',
      `input.fit: crop needs task: classification, since the rest of the picture would have no ${task === 'matting' ? 'opacity' : task === 'instance' ? 'instances' : task === 'panoptic' ? 'segments' : 'class'}; found ${task}`,
    ],
    [
      input.align === 'topLeft' && input.fit !== 'letterbox',
      `input.align: topLeft needs input.fit: letterbox, which alone leaves room around the picture; found ${input.fit}`,
    ],
    [
      queries !== undefined && (task !== 'semantic' || kind !== 'probabilities'),
      `output.queries needs task: semantic and output.kind: probabilities, which their sums are; found ${task} and ${kind}`,
    ],
    [
      queries !== undefined && 'name' in manifest.output && manifest.output.name !== undefined,
      'output.queries names two outputs itself (classes, masks): leave output.name out',
    ],
    [
      input.trimap !== undefined && task !== 'matting',
      `input.trimap needs task: matting, whose opacity it bounds; found ${task}`,
    ],
    [
      input.trimap !== undefined && (inGraph || input.fit === 'tile'),
      `input.trimap needs input.resizeIn: pipeline and input.fit: stretch or letterbox; found ${inGraph ? 'resizeIn: graph' : 'fit: tile'}`,
    ],
    [
      golden.some(({ trimap }) => (trimap === undefined) !== (input.trimap === undefined)),
      `golden: expected ${input.trimap ? 'a trimap beside each picture, since the model takes one' : 'no trimap, since the model takes none (input.trimap)'}; found ${input.trimap ? 'none' : 'one'}`,
    ],
    [
      input.fit === 'crop' && input.size.rule !== 'fixed',
      `input.fit: crop needs input.size.rule: fixed, found ${input.size.rule}`,
    ],
  ];
  const found = contradictions.filter(([wrong]) => wrong).map(([, sentence]) => `${file}: ${sentence}.`);
  if (found.length > 0) throw new Fault('model_invalid', found.join('\n'));
}

async function checkFile(folder: string, file: string, sha256: string | undefined): Promise<void> {
  const full = path.join(folder, file);
  const isFile = await stat(full).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) {
    throw new Fault(
      'model_invalid',
      `${path.join(folder, manifestFile)}: names the file "${file}", which is not there.`,
    );
  }
  const inside = path.relative(await realpath(folder), await realpath(full));
  if (inside.startsWith('..') || path.isAbsolute(inside)) {
    throw new Fault('model_invalid', `${full}: leads out of its package folder; links may only point inside it.`);
  }
  if (sha256 === undefined) return;
  const hash = createHash('sha256');
  await pipeline(createReadStream(full), hash);
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new Fault(
      'model_invalid',
      `${full}: expected SHA-256 ${sha256}, found ${found}. The file changed after the manifest was written; restore it, or put the new digest into ${manifestFile}.`,
      { expected: sha256, received: found },
    );
  }
}

function labelsOf(manifest: PictureManifest, file: string): readonly string[] {
  const preset = presetOf(manifest);
  if (preset) return presets[preset].map(([label]) => label);
  if (Array.isArray(manifest.labels)) return manifest.labels;
  if (manifest.task === 'matting') return ['background', 'foreground'];
  throw new Fault(
    'model_invalid',
    `${file}: labels: expected a list, a preset or a .txt file, since the task is ${manifest.task}; found nothing.`,
  );
}

function paletteOf(manifest: PictureManifest, classes: number, file: string): Uint8Array {
  const { palette } = manifest;
  const preset = presetOf(manifest);
  if (palette === undefined && preset) return presetPalette(preset);
  // VOC's first colour is black, which is for the background: things of a model that has none begin behind it.
  const isBehind = (manifest.task === 'instance' || manifest.task === 'panoptic') && manifest.background === undefined;
  if (palette === undefined || palette === 'voc') {
    return isBehind ? vocPalette(classes + 1).slice(3) : vocPalette(classes);
  }
  const colors = typeof palette === 'string' ? presetPalette(palette) : Uint8Array.from(palette.flat());
  if (colors.length < classes * 3) {
    throw new Fault(
      'model_invalid',
      `${file}: palette: expected ${classes} colours, one for each label, found ${colors.length / 3}.`,
    );
  }
  return colors.slice(0, classes * 3);
}

function presetOf({ labels }: PictureManifest): keyof typeof presets | undefined {
  return typeof labels === 'string' && Object.hasOwn(presets, labels) ? (labels as keyof typeof presets) : undefined;
}

/** The package's own file of class names, where the manifest names one. */
function labelFileOf(manifest: PictureManifest): string | undefined {
  const { labels } = manifest;
  return typeof labels === 'string' && presetOf(manifest) === undefined ? labels : undefined;
}

function presetPalette(name: keyof typeof presets): Uint8Array {
  return Uint8Array.from(presets[name].flatMap(([, ...color]) => color));
}
