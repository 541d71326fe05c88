import type { Profile } from './settings.ts';

type Texts = Readonly<Record<number, string>>;

/** Codes that mean the same in every era; `code_status.h` of the predecessor. 0 is `OK` there and `success` on the wire. */
const common: Texts = {
  0: 'success',
  1: 'model init failed',
  2: 'model run session failed',
  3: 'model input empty',
  4: 'model run timeout',
  11: 'server init failed',
};

const eraA: Texts = {
  ...common,
  12: 'server run failed',
  30: 'file read error',
  31: 'file write error',
  32: 'file not exist error',
  40: 'compress not support',
  41: 'uncompress error',
  50: 'decode json error',
  51: 'encode sson error', // sic
};

const eraB: Texts = {
  ...eraA,
  60: 'init mysql connection failed',
  61: 'exec select sql failed',
  62: 'exec insert sql failed',
  63: 'exec update sql failed',
  64: 'exec delete sql failed',
  70: 'add handler to router table failed',
  71: 'get handler from router table failed',
};

const eraC: Texts = {
  ...common,
  5: 'model output empty',
  50: 'decode json error',
  60: 'unsupported media type',
  61: 'request entity too large',
  62: 'method not allowed',
  63: 'not found',
  64: 'internal server error',
  65: 'service not ready',
  80: 'unknown token',
  90: 'tensorrt cuda error',
  91: 'tensorrt allocate memory failed',
  92: 'convert onnx model to trt failed',
  93: 'tensorrt allocate dynamic shape memory failed',
  401: 'unauthorized',
  429: 'too many requests',
};

const texts: Readonly<Record<Profile, Texts>> = { a: eraA, b: eraB, c: eraC };

/** `msg` of a `code`. */
export function statusText(profile: Profile, code: number): string {
  return texts[profile][code] ?? 'Unknown';
}
