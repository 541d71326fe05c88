import { PanopticOutputSchema, type StageOf } from '@segserve/contract';
import type { ChainStageOf } from '../domain/chainSpec.ts';
import type { Fault } from '../domain/fault.ts';
import type { PanopticSpec, PictureSpec } from '../domain/modelSpec.ts';

type Complain = (expected: string, found: string) => Fault;

/** Two stages that become one panoptic answer: they must mean the same classes. */
export function panopticStage(
  stage: StageOf<'panoptic'>,
  semantic: PictureSpec,
  instances: PictureSpec,
  complain: Complain,
): ChainStageOf<'panoptic'> {
  for (const [key, look, task] of [
    ['semantic', semantic, 'semantic'],
    ['instances', instances, 'instance'],
  ] as const) {
    if (look.manifest.task === task) continue;
    throw complain(
      `${key}: a stage that answers like a model of task ${task}`,
      `"${stage[key]}" (task: ${look.manifest.task})`,
    );
  }
  const classes = classesBetween(stage, semantic, instances, complain);
  const look = lookOf(
    semantic,
    [...new Set(classes.values())].toSorted((a, b) => a - b),
  );
  return { stage, look, classes, threshold: look.manifest.output.threshold };
}

function classesBetween(
  { classes }: StageOf<'panoptic'>,
  semantic: PictureSpec,
  instances: PictureSpec,
  complain: Complain,
): Map<number, number> {
  const unknown = Object.keys(classes).find((name) => !instances.labels.includes(name));
  if (unknown !== undefined) throw complain(`classes: names out of ${shown(instances.labels)}`, unknown);
  const between = new Map<number, number>();
  for (const [index, label] of instances.labels.entries()) {
    if (index === instances.manifest.background) continue;
    const wanted = classes[label] ?? label;
    const found = semantic.labels.indexOf(wanted);
    if (found < 0) throw complain(`classes: for "${label}" one out of ${shown(semantic.labels)}`, `"${wanted}"`);
    between.set(index, found);
  }
  return between;
}

/** Where neither a thing nor stuff is, the class map shows the background: the model's own, or one behind its labels. */
function lookOf(semantic: PictureSpec, things: readonly number[]): PanopticSpec {
  const { manifest, labels, palette } = semantic;
  const { background = labels.length } = manifest;
  const isAdded = background === labels.length;
  const colors = new Uint8Array(palette.length + (isAdded ? 3 : 0));
  colors.set(palette);
  const output = PanopticOutputSchema.parse({ family: 'queries' });
  return {
    ref: semantic.ref,
    folder: semantic.folder,
    manifest: { ...manifest, task: 'panoptic', output, background },
    labels: isAdded ? [...labels, 'background'] : labels,
    palette: colors,
    things,
    ...(isAdded ? { backgroundAdded: true } : {}),
  };
}

function shown(labels: readonly string[]): string {
  const first = labels.slice(0, 12).join(', ');
  return labels.length > 12 ? `${first}, … ${labels.length} in all` : first;
}
