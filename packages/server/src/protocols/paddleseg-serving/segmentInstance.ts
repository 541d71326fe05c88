import type { Engine } from '../../domain/engineDoor.ts';
import type { Size } from '../../domain/geometry.ts';
import type { AnswerRequest, SegmentRequest, SegmentResult } from '../../domain/request.ts';
import { engineFailureOf, operatorFailure } from '../wire/brpc/brpcFailure.ts';
import { pictureFacts } from './pictureFacts.ts';
import type { Profile } from './settings.ts';

export interface InstancePlan {
  readonly model: string;
  readonly profile: Profile;
  readonly channels: number;
}

type CallFacts = Pick<SegmentRequest, 'signal' | 'requestId' | 'deadlineMs'>;

/**
 * The mask of one picture as a one-channel PNG whose width is the picture's height and whose height is its width: stretched,
 * not turned. The original mixes the two up, and its clients undo it.
 */
export async function segmentInstance(
  engine: Engine,
  image: Uint8Array,
  { model, profile, channels }: InstancePlan,
  call: CallFacts,
): Promise<Uint8Array> {
  if (image.length === 0) throw operatorFailure('Expected an image but received no bytes.');
  const facts = pictureFacts(image);
  if (facts !== undefined && facts.channels !== channels) {
    throw operatorFailure(`Expected an image of ${channels} channels but received ${facts.channels}.`);
  }
  try {
    const request = { ...call, model, image, answers: [answerOf(engine, model, profile)] };
    if (facts !== undefined) return mask(await engine.segment({ ...request, size: swapped(facts) }));
    // Only the engine reads the headers of other formats, and tells what it read in an answer of the picture's own size.
    const result = await engine.segment(request);
    if (result.width === result.height) return mask(result);
    return mask(await engine.segment({ ...request, size: swapped(result) }));
  } catch (error) {
    throw engineFailureOf(error);
  }
}

function answerOf(engine: Engine, model: string, profile: Profile): AnswerRequest {
  if (profile === 'seed') return { kind: 'labels', format: 'png' };
  // A matting model has one class, whose opacity is its probability; a semantic one tells where class 1 wins.
  const classes = engine.model(model).task === 'semantic' ? { classes: [1] } : {};
  return { kind: 'alpha', format: 'png', ...classes };
}

function swapped({ width, height }: Size): Size {
  return { width: height, height: width };
}

function mask({ answers }: SegmentResult): Uint8Array {
  return answers[0]!.bytes;
}
