import path from 'node:path';
import type { ChainManifest, Stage, StageOf } from '@segserve/contract';
import { type ChainForeground, type ChainStage, isChain, type SeeingStage } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import { isPromptable, type ModelSpec, type PictureSpec, takesPictures, trimapOf } from '../domain/modelSpec.ts';
import { panopticStage } from './panopticStage.ts';
import { manifestFile } from './readManifest.ts';

type Chain = ModelSpec<ChainManifest>;
type Earlier = ReadonlyMap<string, ChainStage>;
type Find = (stage: string, model: string) => ModelSpec;
type Seeing = StageOf<'model' | 'crops' | 'route'>;
type MaskWords = Pick<Seeing, 'trimap' | 'threshold' | 'scoreThreshold' | 'maxInstances' | 'refine'>;

/** A stage with its models found and its classes looked up, checked against the stages before it. Throws Fault. */
export function chainStage(chain: Chain, stage: Stage, earlier: Earlier, find: Find): ChainStage {
  switch (stage.kind) {
    case 'model': {
      const part = find(stage.name, stage.model);
      return { stage, part: part.ref, ...seen(chain, stage, part, earlier) };
    }
    case 'crops':
      return crops(chain, stage, earlier, find(stage.name, stage.model));
    case 'route':
      return route(chain, stage, earlier, find);
    case 'prompts':
      return prompts(chain, stage, earlier, find(stage.name, stage.model));
    case 'panoptic': {
      const [map, found] = (['semantic', 'instances'] as const).map((key) =>
        taken(chain, stage, key, stage[key], earlier),
      );
      return panopticStage(stage, map!.look, found!.look, (expected, got) => complaint(chain, stage, expected, got));
    }
  }
}

/** Where and what is wrong, as one Fault. */
export function chainComplaint({ folder }: Pick<ModelSpec, 'folder'>, what: string, cause?: unknown): Fault {
  return new Fault('model_invalid', `${path.join(folder, manifestFile)}: ${what}.`, { cause });
}

function complaint(chain: Chain, { name }: Stage, expected: string, found: string): Fault {
  return chainComplaint(chain, `stages.${name}: expected ${expected}, found ${found}`);
}

function crops(chain: Chain, stage: StageOf<'crops'>, earlier: Earlier, part: ModelSpec): ChainStage {
  const source = taken(chain, stage, 'of', stage.of, earlier);
  const things = foreground(chain, stage, 'classes', source, stage.classes);
  const made = seen(chain, stage, part, earlier);
  const { task, background } = made.look.manifest;
  if (task === 'classification' || task === 'panoptic') {
    throw complaint(chain, stage, 'a semantic, matting or instance model for the crops', `${part.ref} (task: ${task})`);
  }
  if (task === 'semantic' && background === undefined) {
    throw complaint(
      chain,
      stage,
      'a model with a background, which stands around the crops',
      `${part.ref} without one`,
    );
  }
  if (stage.paste === 'whole') return { stage, part: part.ref, things, ...made };
  if (source.look.manifest.task !== 'instance') {
    const expected = `of: a stage of instances, whose classes and scores paste: things keeps`;
    throw complaint(chain, stage, expected, `"${stage.of}" (task: ${source.look.manifest.task})`);
  }
  return { stage, part: part.ref, things, ...made, look: source.look };
}

function prompts(chain: Chain, stage: StageOf<'prompts'>, earlier: Earlier, part: ModelSpec): ChainStage {
  const source = taken(chain, stage, 'of', stage.of, earlier);
  if (!isPromptable(part)) {
    throw complaint(chain, stage, 'a model of task promptable', `${part.ref} (task: ${part.manifest.task})`);
  }
  if (source.look.manifest.task !== 'instance') {
    throw complaint(chain, stage, 'of: a stage of instances', `"${stage.of}" (task: ${source.look.manifest.task})`);
  }
  const things = foreground(chain, stage, 'classes', source, stage.classes);
  const threshold = stage.threshold ?? part.manifest.output.threshold;
  return { stage, part: part.ref, things, look: source.look, threshold };
}

function route(chain: Chain, stage: StageOf<'route'>, earlier: Earlier, find: Find): ChainStage {
  const decides = taken(chain, stage, 'by', stage.by, earlier).look;
  if (decides.manifest.task !== 'classification') {
    const found = `"${stage.by}" (task: ${decides.manifest.task})`;
    throw complaint(chain, stage, 'by: a stage of a classification model', found);
  }
  const cases = new Map<number, string>();
  const other = find(stage.name, stage.default);
  const made = seen(chain, stage, other, earlier);
  for (const [label, model] of Object.entries(stage.cases)) {
    const index = decides.labels.indexOf(label);
    if (index < 0) throw complaint(chain, stage, `cases: classes of ${decides.ref} (${listed(decides.labels)})`, label);
    const part = find(stage.name, model);
    checkAlike(chain, stage, [other.ref, made.look], [part.ref, seen(chain, stage, part, earlier).look]);
    cases.set(index, part.ref);
  }
  return { stage, cases, otherwise: other.ref, ...made };
}

/** Whichever model sees the picture, the answer must be of one kind, with one list of classes. */
function checkAlike(
  chain: Chain,
  stage: Stage,
  [one, a]: readonly [string, PictureSpec],
  [other, b]: readonly [string, PictureSpec],
): void {
  const facts = ({ manifest, labels }: PictureSpec) => JSON.stringify([manifest.task, labels, manifest.background]);
  if (facts(a) === facts(b)) return;
  const words = ({ manifest, labels }: PictureSpec) => `${manifest.task} of ${listed(labels)}`;
  throw complaint(
    chain,
    stage,
    `models that give the same task and classes, as ${one} does (${words(a)})`,
    `${other} (${words(b)})`,
  );
}

/** What a model gives in a stage: its own spec, with the numbers that the stage puts in place. */
function seen(chain: Chain, stage: Seeing, part: ModelSpec, earlier: Earlier) {
  const look = lookOf(chain, stage, part);
  const trimap = trimapFor(chain, stage, part, earlier);
  const { task } = look.manifest;
  for (const word of ['scoreThreshold', 'maxInstances'] as const) {
    if (stage[word] !== undefined && task !== 'instance') {
      throw complaint(chain, stage, `no "${word}", since ${part.ref} finds no instances`, String(stage[word]));
    }
  }
  if (stage.refine !== 'none' && task !== 'matting') {
    throw complaint(chain, stage, `no "refine", since ${part.ref} gives no opacity`, stage.refine);
  }
  const numbered = withNumbers(look, stage);
  return { look: numbered, threshold: numbered.manifest.output.threshold, ...trimap };
}

function lookOf(chain: Chain, stage: Stage, part: ModelSpec): PictureSpec {
  if (isChain(part)) return part.look;
  if (takesPictures(part)) return part;
  throw complaint(chain, stage, 'a model that needs nothing but pictures', `${part.ref} (task: ${part.manifest.task})`);
}

function withNumbers(look: PictureSpec, { threshold, scoreThreshold, maxInstances }: MaskWords): PictureSpec {
  const output = {
    ...look.manifest.output,
    ...(threshold === undefined ? {} : { threshold }),
    ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
    ...(maxInstances === undefined ? {} : { maxInstances }),
  };
  return { ...look, manifest: { ...look.manifest, output } as PictureSpec['manifest'] };
}

function trimapFor(chain: Chain, stage: Seeing, part: ModelSpec, earlier: Earlier): Pick<SeeingStage, 'trimap'> {
  const { trimap } = stage;
  const takes = takesPictures(part) && trimapOf(part.manifest) !== undefined;
  if (takes && !trimap) throw complaint(chain, stage, `a trimap, which ${part.ref} needs`, 'nothing');
  if (!trimap) return {};
  if (!takes) throw complaint(chain, stage, `no trimap, since ${part.ref} takes none`, 'one');
  const source = taken(chain, stage, 'trimap.of', trimap.of, earlier);
  return { trimap: { ...foreground(chain, stage, 'trimap.classes', source, trimap.classes), band: trimap.band } };
}

function taken(chain: Chain, stage: Stage, key: string, name: string, earlier: Earlier): ChainStage {
  const found = earlier.get(name);
  if (found) return found;
  const later = chain.manifest.stages.some((other) => other.name === name);
  const expected = `${key}: a stage before it (${[...earlier.keys()].join(', ') || 'there is none'})`;
  throw complaint(chain, stage, expected, later ? `"${name}", which does not come before it` : `"${name}"`);
}

/** What of a stage is a thing. Classes without a background do not say it by themselves. */
function foreground(
  chain: Chain,
  stage: Stage,
  key: string,
  { stage: { name }, look }: ChainStage,
  classes: readonly (string | number)[] | undefined,
): ChainForeground {
  const { task, background } = look.manifest;
  if (task === 'classification') {
    throw complaint(chain, stage, `a stage with masks to take from`, `"${name}" (task: ${task})`);
  }
  if (classes === undefined) {
    if (task === 'panoptic') return { of: name, classes: look.things };
    if (task !== 'semantic' || background !== undefined) return { of: name, classes: undefined };
    const expected = `${key}, since no class of "${name}" is a background (${listed(look.labels)})`;
    throw complaint(chain, stage, expected, 'nothing');
  }
  const indices = new Set(classes.map((one) => classIndex(chain, stage, key, look, one)));
  return { of: name, classes: [...indices].toSorted((a, b) => a - b) };
}

function classIndex(chain: Chain, stage: Stage, key: string, { labels }: PictureSpec, one: string | number): number {
  const index = typeof one === 'number' ? one : labels.indexOf(one);
  if (index >= 0 && index < labels.length) return index;
  throw complaint(chain, stage, `${key}: classes out of ${listed(labels)}`, JSON.stringify(one));
}

function listed(labels: readonly string[]): string {
  const shown = labels.slice(0, 12).join(', ');
  return labels.length > 12 ? `${shown}, … ${labels.length} in all` : shown;
}
