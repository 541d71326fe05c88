import type { ModelDetail } from '@segserve/contract';
import { type ChainStage, isChain, taskOf } from '../domain/chainSpec.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { answersOf, isPromptable, takesPictures } from '../domain/modelSpec.ts';
import { colorOf } from '../domain/palette.ts';
import type { LoadReport } from './runner.ts';

/** A model, and what the latest runner said of it; undefined until one has tried to load it. */
export interface ModelStanding {
  readonly spec: ModelSpec;
  /**
   * `loaded`: every runner has it, or opens it as it starts. `loading`: runners are being told, one after the other.
   * `emptying`: nothing new is taken, what was accepted still runs. `unloaded`: no runner has it.
   */
  phase: 'loaded' | 'loading' | 'emptying' | 'unloaded';
  report: LoadReport | undefined;
}

export function stateOf({ phase, report }: ModelStanding): ModelDetail['state'] {
  if (phase === 'unloaded' || phase === 'emptying') return 'unloaded';
  if (phase === 'loading' || report === undefined) return 'loading';
  return report.error === undefined ? 'ready' : 'failed';
}

/** What the outside may know of a model. Paths of this machine are not among it. */
export function describeModel(standing: ModelStanding): ModelDetail {
  const { spec, report } = standing;
  const { manifest, labels, palette } = spec;
  return {
    name: manifest.name,
    version: manifest.version,
    task: taskOf(spec),
    state: stateOf(standing),
    description: manifest.description,
    licence: manifest.licence,
    nonCommercial: manifest.nonCommercial,
    answers: [...answersOf(spec)],
    error: report?.error ?? null,
    labels: labels.map((label, id) => ({ id, label, color: colorOf(palette, id) })),
    input: inputOf(spec),
    fused: report?.fused ?? false,
    fusion: report?.note ?? '',
    providers: report?.provider === undefined ? [] : [report.provider],
    batching: takesPictures(spec) || isPromptable(spec) ? spec.manifest.batching : alone,
    ...(isChain(spec) ? { stages: spec.stages.map(stageOf) } : {}),
  };
}

function stageOf(one: ChainStage): NonNullable<ModelDetail['stages']>[number] {
  const { name, kind } = one.stage;
  const models = 'part' in one ? [one.part] : 'cases' in one ? [...one.cases.values(), one.otherwise] : [];
  return { name, kind, models: [...new Set(models)] };
}

/** Requests with raw tensors share no run, and those of chains none. */
const alone = { maxSize: 1, delayMs: 0, run: 'single' };

function inputOf(spec: ModelSpec): ModelDetail['input'] {
  if (isChain(spec)) return { width: null, height: null, rule: 'free', fit: 'stretch' };
  if (!takesPictures(spec) && !isPromptable(spec)) return { width: null, height: null, rule: 'none', fit: 'none' };
  const { size, fit, trimap } = spec.manifest.input;
  const fixed = size.rule === 'fixed' ? size : { width: null, height: null };
  return { width: fixed.width, height: fixed.height, rule: size.rule, fit, ...(trimap && { trimap: true }) };
}
