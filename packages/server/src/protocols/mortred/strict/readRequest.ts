import { randomBytes } from 'node:crypto';
import { Fault } from '../../../domain/fault.ts';
import { decodePicture } from '../decodePicture.ts';
import { parseBody } from '../parse.ts';
import { Refusal } from './strictReply.ts';

export interface StrictRequest {
  readonly requestId: string;
  /** Not empty. Rejects with Fault `empty_image` otherwise. */
  readonly image: () => Promise<Buffer>;
}

/** The body under the strict contract. Rejects with code 50 when it is no JSON object at all. */
export async function readRequest(body: Buffer | undefined): Promise<StrictRequest> {
  const parsed = await parseBody(body);
  if (parsed.form !== 'object') throw new Refusal(400, 50);
  const { picture } = parsed;
  return {
    // An empty id is none.
    requestId: parsed.requestId || randomBytes(8).toString('hex'),
    async image() {
      const image = picture === undefined ? undefined : await decodePicture(picture);
      if (image === undefined || image.length === 0) {
        throw Fault.expected('empty_image', 'base64 of a picture in `img_data`', 'none');
      }
      return image;
    },
  };
}
