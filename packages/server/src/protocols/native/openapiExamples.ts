import { type FaultCode, faultCodes, type Problem, type Stats } from '@segserve/contract';
import { errorsPath, faultMeanings } from './faults.ts';

export const statsExample: Stats = {
  width: 1920,
  height: 1080,
  classes: [
    {
      id: 0,
      label: 'background',
      color: '#000000',
      pixels: 1451520,
      share: 0.7,
      box: { x: 0, y: 0, width: 1920, height: 1080 },
      centroid: { x: 960.2, y: 512.9 },
      score: 0.998,
    },
    {
      id: 1,
      label: 'person',
      color: '#c00000',
      pixels: 622080,
      share: 0.3,
      box: { x: 610, y: 84, width: 720, height: 996 },
      centroid: { x: 958.4, y: 640.1 },
      score: 0.987,
    },
  ],
};

export const jsonReplyExample = {
  model: 'portrait:1',
  width: 1920,
  height: 1080,
  answers: [
    { answer: 'cutout', contentType: 'image/png', data: 'iVBORw0KGgo…' },
    { answer: 'stats', contentType: 'application/json', data: statsExample },
  ],
  timings: { queue: 0.4, decode: 9.1, preprocess: 0.3, infer: 31.2, postprocess: 2.8, encode: 22.5 },
};

export function problemExample(code: FaultCode): Problem {
  const { status, title } = faultMeanings[code];
  return {
    type: `${errorsPath}/${code}`,
    title,
    status,
    detail: faultCodes[code],
    code,
    instance: '8f14e45f-ceea-467f-9f2c-5d1f4e2b7a10',
    ...(status === 503 ? { retryAfterMs: 1000 } : {}),
  };
}
