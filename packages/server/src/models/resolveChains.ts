import { chainDepthMax, chainRunsMax } from '@segserve/contract';
import { type ChainSpec, type ChainStage, isChain } from '../domain/chainSpec.ts';
import type { ModelSpec, PictureSpec } from '../domain/modelSpec.ts';
import { chainComplaint, chainStage } from './chainStage.ts';
import { resolveModel } from './resolveModel.ts';

/**
 * The same specs, in which every chain knows its packages: found among the specs, of fitting tasks and classes, without
 * circles. A chain whose packages are known already stays as it is. Throws Fault `model_invalid` that names chain and stage.
 */
export function resolveChains(specs: readonly ModelSpec[]): ModelSpec[] {
  const made = new Map<string, ChainSpec>();
  return specs.map((spec) => resolved(spec, { specs, made, above: [] }));
}

interface Resolving {
  readonly specs: readonly ModelSpec[];
  readonly made: Map<string, ChainSpec>;
  /** Chains that name each other down to this one. */
  readonly above: readonly string[];
}

function resolved(spec: ModelSpec, { specs, made, above }: Resolving): ModelSpec {
  const { manifest, ref } = spec;
  if (manifest.task !== 'chain' || isChain(spec)) return spec;
  const known = made.get(ref);
  if (known) return known;
  const chain = { ...spec, manifest };
  if (above.includes(ref)) {
    throw chainComplaint(
      chain,
      `stages: expected packages that do not lead back, found ${[...above, ref].join(' → ')}`,
    );
  }
  const find = (stage: string, model: string): ModelSpec =>
    resolved(found(chain, stage, model, specs), { specs, made, above: [...above, ref] });
  const whole = assembled(chain, find);
  made.set(ref, whole);
  return whole;
}

type UnresolvedChain = ModelSpec<ChainSpec['manifest']>;

function found(chain: UnresolvedChain, stage: string, model: string, specs: readonly ModelSpec[]): ModelSpec {
  try {
    return resolveModel(specs, model);
  } catch (error) {
    const known = specs.filter(({ ref }) => ref !== chain.ref).map(({ ref }) => ref);
    const expected = `a package that is here (${known.join(', ') || 'there is none'})`;
    throw chainComplaint(chain, `stages.${stage}: expected ${expected}, found "${model}"`, error);
  }
}

function assembled(chain: UnresolvedChain, find: (stage: string, model: string) => ModelSpec): ChainSpec {
  const { manifest } = chain;
  const stages = new Map<string, ChainStage>();
  const parts = new Map<string, ModelSpec>();
  const part = (stage: string, model: string) => {
    const spec = find(stage, model);
    parts.set(spec.ref, spec);
    return spec;
  };
  for (const stage of manifest.stages) {
    if (stages.has(stage.name)) {
      throw chainComplaint(chain, `stages: expected a name of its own for each stage, found "${stage.name}" twice`);
    }
    stages.set(stage.name, chainStage(chain, stage, stages, part));
  }
  const answered = manifest.answer ?? manifest.stages.at(-1)!.name;
  const answering = stages.get(answered);
  if (!answering) {
    const names = [...stages.keys()].join(', ');
    throw chainComplaint(chain, `answer: expected one of its stages (${names}), found "${answered}"`);
  }
  const { labels, palette, backgroundAdded, things } = answering.look;
  const spec: ChainSpec = {
    ...chain,
    manifest: { ...manifest, ...licencesOf(chain, [...parts.values()]), answer: answered },
    labels,
    palette,
    ...(backgroundAdded ? { backgroundAdded } : {}),
    ...(things ? { things } : {}),
    parts: [...parts.values()],
    stages: [...stages.values()],
    look: lookOf(chain, answering),
  };
  checkUse(spec, answered);
  checkCost(spec);
  return Object.freeze(spec);
}

/** The answering stage's under the chain's own name. Pictures come in whole and at their own size. */
function lookOf({ ref, folder, manifest }: UnresolvedChain, { look, threshold }: ChainStage): PictureSpec {
  const { name, version, golden, description } = manifest;
  const input = { ...look.manifest.input, size: { rule: 'free' as const, multiple: 1, maxSide: 16384 } };
  const { trimap: _, ...plain } = { ...input, fit: 'stretch' as const, resizeIn: 'pipeline' as const };
  const output = { ...look.manifest.output, threshold };
  const words = { name, version, description, golden, input: plain, output };
  return { ...look, ref, folder, manifest: { ...look.manifest, ...words } as PictureSpec['manifest'] };
}

/** The chain's own word, or its packages'; not for commerce as soon as one of them is not. */
function licencesOf({ manifest }: UnresolvedChain, parts: readonly ModelSpec[]) {
  const own = manifest.licence !== 'those of its models';
  const licence = own ? manifest.licence : [...new Set(parts.map((part) => part.manifest.licence))].join('; ');
  return { licence, nonCommercial: manifest.nonCommercial || parts.some((part) => part.manifest.nonCommercial) };
}

/** A stage that leads to no answer would cost its time on every picture. */
function checkUse(spec: ChainSpec, answered: string): void {
  const used = new Set([answered, ...spec.stages.flatMap(takenBy)]);
  const idle = spec.stages.find(({ stage }) => !used.has(stage.name));
  if (!idle) return;
  const { name } = idle.stage;
  throw chainComplaint(
    spec,
    `stages.${name}: expected a stage that another one takes from or that is the answer (${answered}), found neither`,
  );
}

/** Names of the stages that a stage takes from. */
function takenBy(one: ChainStage): readonly string[] {
  const { stage } = one;
  const trimap = 'trimap' in one && one.trimap ? [one.trimap.of] : [];
  switch (stage.kind) {
    case 'model':
      return trimap;
    case 'crops':
      return [stage.of, ...trimap];
    case 'route':
      return [stage.by, ...trimap];
    case 'prompts':
      return [stage.of];
    case 'panoptic':
      return [stage.semantic, stage.instances];
  }
}

function checkCost(spec: ChainSpec): void {
  const depth = depthOf(spec);
  if (depth > chainDepthMax) {
    throw chainComplaint(spec, `stages: expected chains in chains at most ${chainDepthMax} deep, found ${depth}`);
  }
  const runs = runsOf(spec);
  if (runs > chainRunsMax) {
    throw chainComplaint(spec, `stages: expected at most ${chainRunsMax} runs of models for a picture, found ${runs}`);
  }
}

function depthOf(spec: ModelSpec): number {
  return isChain(spec) ? 1 + Math.max(0, ...spec.parts.map(depthOf)) : 0;
}

/** The most runs of models that one picture can cost. */
function runsOf(spec: ModelSpec): number {
  if (!isChain(spec)) return 1;
  const costOf = (ref: string) => runsOf(spec.parts.find((part) => part.ref === ref)!);
  const runs = spec.stages.map((one): number => {
    if ('part' in one) return costOf(one.part) * (one.stage.kind === 'crops' ? one.stage.most : 1);
    if (!('cases' in one)) return 0;
    return Math.max(costOf(one.otherwise), ...[...one.cases.values()].map(costOf));
  });
  return runs.reduce((sum, one) => sum + one, 0);
}
