import type { ModelDetail, Task } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { AnswerRequest, SegmentRequest } from '../../domain/request.ts';
import type { SegmentationParameters, Subtask } from './parameters.ts';

/** What a model does in the words of the Hub; the other tasks have no masks. */
const subtaskOf: Readonly<Partial<Record<Task, Subtask>>> = {
  semantic: 'semantic',
  matting: 'semantic',
  instance: 'instance',
  panoptic: 'panoptic',
};

/** A matte is the one class of its foreground. */
const foregroundIndex = 1;

type Segmentation = Pick<SegmentRequest, 'answers' | 'threshold' | 'scoreThreshold'>;

/** What the engine is asked of a model. Throws Fault `invalid_request` where the model does something else. */
export function segmentationOf(
  model: Pick<ModelDetail, 'name' | 'task'>,
  { subtask, threshold, maskThreshold }: SegmentationParameters,
): Segmentation {
  const { name, task } = model;
  const does = subtaskOf[task];
  if (does === undefined) {
    throw Fault.expected('invalid_request', 'a model for image-segmentation', `${name}, which is for ${task}`);
  }
  if (subtask !== undefined && subtask !== does) {
    throw Fault.expected('invalid_request', `\`parameters.subtask\` of ${name} to be ${does}`, subtask);
  }
  const masks: AnswerRequest = { kind: 'masks', ...(task === 'matting' ? { classes: [foregroundIndex] } : {}) };
  // Of classes the likeliest wins, whatever its number: there is nothing to cut off.
  const cuts = maskThreshold !== undefined && task !== 'semantic';
  return {
    answers: [masks],
    ...(cuts ? { threshold: maskThreshold } : {}),
    ...(threshold !== undefined && (task === 'instance' || task === 'panoptic') ? { scoreThreshold: threshold } : {}),
  };
}
