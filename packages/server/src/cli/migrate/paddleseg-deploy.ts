import path from 'node:path';
import type { ManifestSource } from '@segserve/contract';
import { parse } from 'yaml';
import { Fault } from '../../domain/fault.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';
import { modelNameOf, modelSkeleton } from './modelSkeleton.ts';
import { inputOf, type Note, type Section, type Transform, wrong } from './paddlesegTransforms.ts';

/** What PaddleSeg writes beside an exported model: how pictures are prepared for it. It becomes a model.yaml, in a note. */
export const paddlesegDeployReader: OldConfigReader = {
  title: 'PaddleSeg deploy.yaml',
  recognises: ({ isFolder, text, files }) =>
    isFolder ? files.includes('deploy.yaml') : /^Deploy\s*:/m.test(text) && /^\s+transforms\s*:/m.test(text),
  migrate: async (old) => migrate(old),
};

async function migrate(old: OldConfig): Promise<Migration> {
  const file = old.isFolder ? 'deploy.yaml' : path.basename(old.path);
  const text = old.isFolder ? ((await old.read(file)) ?? '') : old.text;
  const deploy = sectionOf(sectionOf(yamlOf(text, file), file, 'the file').Deploy, file, 'Deploy');
  const notes: MigrationNote[] = [];
  const note: Note = (key, says) => notes.push({ key, says });
  const transforms = transformsOf(deploy.transforms, file);
  const matting = transforms.some(({ type }) => type === 'LoadImages');
  const name = modelNameOf(path.basename(old.isFolder ? old.path : path.dirname(old.path)));
  const manifest: ManifestSource = {
    schema: 1,
    name,
    version: '1',
    task: matting ? 'matting' : 'semantic',
    licence: 'fill in',
    graph: 'model.onnx',
    input: inputOf(transforms, deploy.input_shape, file, note),
    output: { kind: matting ? 'probabilities' : outputKindOf(deploy, note) },
    ...(matting ? {} : { labels: 'labels.txt', background: 0 }),
  };
  const lines = [
    `convert ${String(deploy.model ?? 'model.pdmodel')} and ${String(deploy.params ?? 'model.pdiparams')} with paddle2onnx,`,
    `put the result into models/${name}/1/model.onnx, and beside it this model.yaml:`,
    modelSkeleton(manifest),
  ];
  if (!matting)
    lines.push('labels.txt holds the name of a class on each line; leave `background` out where no class is one.');
  note('Deploy', lines.join('\n'));
  for (const key of Object.keys(deploy)) if (!known.has(key)) note(`Deploy.${key}`, 'unknown here.');
  return { config: { models: ['models'] }, notes };
}

const known = new Set(['model', 'params', 'transforms', 'input_shape', 'output_op', 'output_dtype']);

function outputKindOf(deploy: Section, note: Note): 'labels' | 'probabilities' | 'logits' {
  switch (deploy.output_op) {
    case 'argmax':
      return 'labels';
    case 'softmax':
      return 'probabilities';
    case 'none':
      return 'logits';
    default:
      note(
        'Deploy.output_op',
        'is not there: `labels` is what an export gives unless told otherwise; `logits` after --without_argmax.',
      );
      return 'labels';
  }
}

function transformsOf(value: unknown, file: string): Transform[] {
  if (!Array.isArray(value)) throw wrong(file, 'Deploy.transforms', 'a list', value);
  return value.map((item: unknown, index) => {
    const section = sectionOf(item, file, `Deploy.transforms[${index}]`);
    if (typeof section.type === 'string') return section as Transform;
    throw wrong(file, `Deploy.transforms[${index}].type`, 'the name of a transform', section.type);
  });
}

function yamlOf(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new Fault('config_invalid', `${file}: not valid YAML: ${(cause as Error).message}`, { cause });
  }
}

function sectionOf(value: unknown, file: string, name: string): Section {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Section;
  throw wrong(file, name, 'keys and values', value);
}
