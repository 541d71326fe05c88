import type { ModelNames } from './modelNames.ts';

export interface Parameter {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** For whoever reads `/api`. */
  readonly says: string;
}

const flag = { type: 'boolean', default: false };
const byte = { type: 'integer', minimum: 0, maximum: 255 };

/** What requests may say, in rembg's order. */
export function parametersOf({ refs, usual }: ModelNames): readonly Parameter[] {
  const models = { type: 'string', enum: [...refs.keys()], default: usual };
  return [
    { name: 'model', schema: models, says: 'Which model looks for the foreground' },
    { name: 'a', schema: flag, says: 'Edges follow the photo, and lose the colour of the old background' },
    { name: 'af', schema: { ...byte, default: 240 }, says: 'Taken and without effect' },
    { name: 'ab', schema: { ...byte, default: 10 }, says: 'Taken and without effect' },
    { name: 'ae', schema: { type: 'integer', minimum: 0, default: 10 }, says: 'Taken and without effect' },
    { name: 'om', schema: flag, says: 'The mask alone, one channel' },
    {
      name: 'ppm',
      schema: flag,
      says: 'Pixels are foreground or background, and nothing between; not together with a or vm',
    },
    { name: 'dc', schema: flag, says: 'Half-transparent pixels lose the colour of the old background' },
    { name: 'vm', schema: flag, says: 'The same as a' },
    {
      name: 'bgc',
      schema: { type: 'string' },
      says: 'Colour behind the foreground: red,green,blue,opacity from 0 to 255',
    },
    {
      name: 'extras',
      schema: { type: 'string' },
      says: 'JSON object; {"putalpha": true} keeps the colours of what is transparent',
    },
  ];
}
