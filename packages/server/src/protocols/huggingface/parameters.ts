import { Fault } from '../../domain/fault.ts';
import type { JsonObject, JsonValue } from '../wire/jsonDocument.ts';
import { asObject, kindOf } from '../wire/jsonFields.ts';

export const subtasks = ['semantic', 'instance', 'panoptic'] as const;
export type Subtask = (typeof subtasks)[number];

/** What a request may say of its masks. */
export interface SegmentationParameters {
  /** Segments with a lower score are left out. */
  readonly threshold?: number;
  /** Opacity from which a pixel belongs to the mask. */
  readonly maskThreshold?: number;
  readonly subtask?: Subtask;
}

/**
 * `parameters` of a request; null is as good as absent, and names that the task does not know are passed over, as its
 * pipeline does. Throws Fault `invalid_request`.
 */
export function readParameters(value: JsonValue | undefined): SegmentationParameters {
  const given = value === undefined || value === null ? {} : asObject(value, '`parameters`');
  const threshold = shareOf(given, 'threshold');
  const maskThreshold = shareOf(given, 'mask_threshold');
  const subtask = subtaskOf(given);
  // Our masks are the model's own, so that there is nothing to merge; a wrong one is still told.
  shareOf(given, 'overlap_mask_area_threshold');
  return {
    ...(threshold === undefined ? {} : { threshold }),
    ...(maskThreshold === undefined ? {} : { maskThreshold }),
    ...(subtask === undefined ? {} : { subtask }),
  };
}

function shareOf(given: JsonObject, name: string): number | undefined {
  const value = given[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  const received = typeof value === 'number' ? String(value) : kindOf(value);
  throw Fault.expected('invalid_request', `\`parameters.${name}\` to be a number from 0 to 1`, received);
}

function subtaskOf({ subtask }: JsonObject): Subtask | undefined {
  const found = subtasks.find((known) => known === subtask);
  if (found !== undefined || subtask === undefined || subtask === null) return found;
  const received = typeof subtask === 'string' ? subtask.slice(0, 60) || 'an empty text' : kindOf(subtask);
  throw Fault.expected('invalid_request', `\`parameters.subtask\` to be one of ${subtasks.join(', ')}`, received);
}
