import type { AnswerRequest, SegmentRequest, SegmentResult } from '../../domain/request.ts';
import type { HubPicture } from './readPictures.ts';

/** Pictures of one request that wait for the engine at the same time; more would only fill the queue of everybody. */
const atOnce = 8;

export interface PicturesRequest extends Pick<SegmentRequest, 'model' | 'signal' | 'requestId'> {
  readonly pictures: readonly HubPicture[];
  readonly answers: readonly AnswerRequest[];
}

/** One result for each picture, in order. Throws what the first picture that fails throws, once nothing runs any more. */
export async function segmentPictures(
  { pictures, ...common }: PicturesRequest,
  segment: (request: SegmentRequest) => Promise<SegmentResult>,
): Promise<SegmentResult[]> {
  const results: SegmentResult[] = [];
  const failures = new Map<number, unknown>();
  let next = 0;
  const lane = async () => {
    while (next < pictures.length && failures.size === 0) {
      const index = next++;
      try {
        results[index] = await segment({ ...common, image: pictures[index]!.bytes });
      } catch (error) {
        failures.set(index, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, pictures.length) }, lane));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
  return results;
}
