import { imageHeader } from './pictureRefs.ts';

/** What the OpenAPI document says of prompts and of pictures that are named by their digest. */

export const digestExample = 'sha256:9b0f62fe1c7b2d1f6f7d8b4a4e8b6a52f3d1e4c0a7b95d8e2c3f1a6b7c8d9e0f';
const digestSchema = { type: 'string', pattern: '^sha256:[0-9a-fA-F]{64}$' };

export const keptImageHeader = {
  description: 'The SHA-256 of the picture of a request with prompts; while it is kept, `image` may say this instead',
  schema: digestSchema,
  example: digestExample,
};

/** Of the query; a picture itself goes into the body. */
export const digestParameter = {
  name: 'image',
  in: 'query',
  description: `A picture that is kept: what ${imageHeader} said. The body then has none, and may be empty`,
  schema: digestSchema,
};

/** Of a form; JSON has it in `prompts`. */
export const maskPart = {
  type: 'string',
  format: 'binary',
  contentMediaType: 'image/*',
  description: 'Promptable models: the mask to start from, of the picture’s size, white where the thing is',
};

export const jsonExamples = {
  picture: {
    summary: 'A picture and two answers',
    value: { image: 'data:image/jpeg;base64,/9j/4AAQSkZJRg…', answer: ['cutout', 'stats'], response: 'json' },
  },
  click: {
    summary: 'The thing at a point of a picture that was sent before',
    value: { image: digestExample, points: '120,80;200,90,0', answer: 'cutout' },
  },
  prompts: {
    summary: 'The best mask in a box, and all other candidates',
    value: {
      image: 'data:image/jpeg;base64,/9j/4AAQSkZJRg…',
      prompts: { boxes: [{ x0: 10, y0: 10, x1: 200, y1: 300 }], multimask: true },
      answer: 'instances',
    },
  },
};
