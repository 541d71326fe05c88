/** What the OpenAPI document says of the pictures of a request, and of replies to several. */

const file = (description: string) => ({
  type: 'string',
  format: 'binary',
  contentMediaType: 'image/*',
  description,
});

/** The parts of a form that are pictures. */
export const formPictures = {
  image: {
    type: 'array',
    items: file('The picture, or the digest of one that is kept'),
    minItems: 1,
    description: 'The picture; several are answered in one reply',
  },
  trimap: {
    type: 'array',
    items: file('black: background, grey: unknown, white: foreground'),
    description: 'Matting models that need a trimap: one for each picture, in their order',
  },
  backgroundImage: file('What stands behind the foreground of `composite`, of every picture'),
};

export const severalExample = {
  images: [
    {
      index: 1,
      model: 'portrait:1',
      width: 1920,
      height: 1080,
      answers: [{ answer: 'cutout', contentType: 'image/png', data: 'iVBORw0KGgo…' }],
      timings: { queue: 0.4, decode: 9.1, preprocess: 0.3, infer: 31.2, postprocess: 2.8, encode: 22.5 },
    },
    {
      index: 2,
      problem: {
        type: '/errors/corrupt_image',
        title: 'Corrupt image',
        status: 422,
        detail: 'Expected a complete JPEG image but received one that ends too early.',
        code: 'corrupt_image',
        instance: '8f14e45f-ceea-467f-9f2c-5d1f4e2b7a10',
        index: 2,
      },
    },
  ],
};

export const severalSays =
  'Several pictures (`image` more than once in a form, `images` in JSON) are answered together, each as a request of its own: as multipart/mixed with parts `1-cutout`, `1-stats`, `2-cutout` …, or as JSON. One that fails is a part `2-problem` (application/problem+json), or has `problem` in JSON; the status is 200 as long as one has an answer, and otherwise that of the first.';
