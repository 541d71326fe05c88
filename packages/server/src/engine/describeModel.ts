import type { ModelDetail } from '@segserve/contract';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { answersOf } from '../domain/modelSpec.ts';
import { colorOf } from '../domain/palette.ts';
import type { LoadReport } from './runner.ts';

/** A model, and what the latest runner said of it; undefined until one has tried to load it. */
export interface ModelStanding {
  readonly spec: ModelSpec;
  report: LoadReport | undefined;
}

/** What the outside may know of a model. Paths of this machine are not among it. */
export function describeModel({ spec, report }: ModelStanding): ModelDetail {
  const { manifest, labels, palette } = spec;
  const { size, fit } = manifest.input;
  return {
    name: manifest.name,
    version: manifest.version,
    task: manifest.task,
    state: report === undefined ? 'loading' : report.error === undefined ? 'ready' : 'failed',
    description: manifest.description,
    licence: manifest.licence,
    nonCommercial: manifest.nonCommercial,
    answers: [...answersOf(spec)],
    error: report?.error ?? null,
    labels: labels.map((label, id) => ({ id, label, color: colorOf(palette, id) })),
    input: {
      width: size.rule === 'fixed' ? size.width : null,
      height: size.rule === 'fixed' ? size.height : null,
      rule: size.rule,
      fit,
    },
    fused: report?.fused ?? false,
    fusion: report?.note ?? '',
    providers: report?.provider === undefined ? [] : [report.provider],
    batching: manifest.batching,
  };
}
