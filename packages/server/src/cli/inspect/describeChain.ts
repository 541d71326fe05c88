import type { ChainSpec, ChainStage } from '../../domain/chainSpec.ts';
import { table } from '../table.ts';

/** A chain stage by stage: as a table for people, or as JSON for programs. */
export function describeChain(spec: ChainSpec, json: boolean): string {
  const { ref, manifest, look, folder } = spec;
  if (json) {
    const stages = spec.stages.map(({ stage, look }) => ({ ...stage, task: look.manifest.task }));
    const { licence } = manifest;
    return `${JSON.stringify({ folder, model: ref, task: 'chain', answersLike: look.manifest.task, licence, stages }, null, 2)}\n`;
  }
  const licence = manifest.nonCommercial ? `${manifest.licence} (non-commercial)` : manifest.licence;
  return table([
    ['model', `${ref}, a chain that answers like a ${look.manifest.task} model, licence ${licence}`],
    ['folder', folder],
    ...spec.stages.map((stage) => [`stage ${stage.stage.name}`, sentenceOf(stage)]),
    ['classes', look.labels.slice(0, 12).join(', ') + (look.labels.length > 12 ? ', …' : '')],
  ]);
}

function sentenceOf(one: ChainStage): string {
  const { stage } = one;
  switch (stage.kind) {
    case 'model':
      return `${stage.model} on the whole picture`;
    case 'crops':
      return `${stage.model} on crops of ${stage.of}, ${stage.most} at most, pasted: ${stage.paste}`;
    case 'route': {
      const cases = Object.entries(stage.cases).map(([label, model]) => `${label} ${model}`);
      return `by ${stage.by}: ${cases.join(', ')}; else ${stage.default}`;
    }
    case 'prompts':
      return `${stage.model} shown the boxes of ${stage.of}, ${stage.most} at most`;
    case 'panoptic':
      return `stuff of ${stage.semantic}, things of ${stage.instances}`;
  }
}
