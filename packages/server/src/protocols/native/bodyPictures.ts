import { Fault } from '../../domain/fault.ts';
import type { Extras } from '../../domain/request.ts';
import type { FormBody } from '../wire/formBody.ts';
import type { JsonBody } from '../wire/jsonBody.ts';

/** What a body's pictures are called, in forms and in JSON. */
export const pictureFields = ['image', 'trimap', 'backgroundImage'] as const;
/** JSON alone: several pictures. In a form `image` is repeated. */
export const imagesField = 'images';

/** One picture of a request and what stands beside it: its bytes, or how its body names them. */
export interface PictureInput {
  readonly image: Uint8Array;
  readonly extras?: Extras<Uint8Array>;
}

/** Pictures of one body, as they lie there. */
export interface BodyPictures {
  /** Empty where the body has none. */
  readonly images: readonly Uint8Array[];
  /** One for each image, in their order, or none at all. */
  readonly trimaps: readonly Uint8Array[];
  /** One for all of them. */
  readonly background: Uint8Array | undefined;
  /** Whether the reply is one of several pictures, however many there are. */
  readonly isSeveral: boolean;
}

/** Throws Fault where there are too many, or where they do not belong together. */
export function picturesOfForm({ files }: FormBody, imagesMax: number): BodyPictures {
  const { image: images = [], trimap: trimaps = [], backgroundImage: backgrounds = [] } = files;
  return checked({ images, trimaps, backgrounds, isSeveral: images.length > 1 }, imagesMax);
}

/** The texts are still base64, a `data:` URL, or the name of a kept picture. */
export function picturesOfJson({ long }: JsonBody, imagesMax: number): BodyPictures {
  const { image, images, trimap = [], backgroundImage = [] } = long;
  if (image !== undefined && images !== undefined) {
    throw new Fault('invalid_request', '`image` is one picture and `images` are several. Keep one of them.');
  }
  if (images?.length === 0) throw Fault.expected('invalid_request', 'at least one picture in `images`', 'none');
  const isSeveral = images !== undefined;
  return checked(
    { images: images ?? image ?? [], trimaps: trimap, backgrounds: backgroundImage, isSeveral },
    imagesMax,
  );
}

type Found = Pick<BodyPictures, 'images' | 'trimaps' | 'isSeveral'> & { readonly backgrounds: readonly Uint8Array[] };

function checked({ images, trimaps, backgrounds, isSeveral }: Found, imagesMax: number): BodyPictures {
  if (images.length > imagesMax) {
    const expected = `at most ${imagesMax} pictures in one request (limits.imagesPerRequestMax)`;
    throw Fault.expected('invalid_request', expected, `${images.length}`);
  }
  if (trimaps.length > 0 && trimaps.length !== Math.max(1, images.length)) {
    const expected = `one \`trimap\` for each of ${images.length} pictures`;
    throw Fault.expected('invalid_request', expected, `${trimaps.length}`);
  }
  if (backgrounds.length > 1) {
    throw Fault.expected('invalid_request', 'one `backgroundImage` for all pictures', `${backgrounds.length}`);
  }
  return { images, trimaps, background: backgrounds[0], isSeveral };
}

/** Each picture with what belongs to it. Throws Fault `empty_image` for what holds no bytes. */
export function pictureInputs({ images, trimaps, background }: Omit<BodyPictures, 'isSeveral'>): PictureInput[] {
  return images.map((image, index) => {
    const trimap = trimaps[index];
    for (const [name, bytes] of Object.entries({ trimap, backgroundImage: background })) {
      if (bytes?.length === 0) throw new Fault('empty_image', `\`${name}\` holds no bytes.`);
    }
    if (!trimap && !background) return { image };
    return { image, extras: { ...(trimap && { trimap }), ...(background && { background }) } };
  });
}
