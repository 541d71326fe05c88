import { Fault } from '../../domain/fault.ts';
import type { RembgSettings } from './settings.ts';

/** rembg's models that ask one question: what stands in front? In the order in which rembg lists them. */
const frontModels = [
  'birefnet-general',
  'birefnet-general-lite',
  'birefnet-general-fp16',
  'birefnet-portrait',
  'birefnet-dis',
  'birefnet-hrsod',
  'birefnet-cod',
  'birefnet-massive',
  'isnet-anime',
  'isnet-general-use',
  'sam',
  'silueta',
  'u2net_human_seg',
  'u2net',
  'u2netp',
  'bria-rmbg',
];

/**
 * Those that ask another one: three garments, a file of the caller's, a service elsewhere that wants a key. They answer
 * only where the operator has named a model for them.
 */
export const otherModels: readonly string[] = [
  'u2net_cloth_seg',
  'dis_custom',
  'u2net_custom',
  'ben_custom',
  'withoutbg',
  'atlascloud',
];

/** Name in a request ↦ model of segserve. */
export interface ModelNames {
  readonly refs: ReadonlyMap<string, string>;
  /** For a request that names none. */
  readonly usual: string;
  /** As rembg tells a caller which names there are. */
  readonly pattern: string;
}

/** Throws Fault `config_invalid` where the usual model is none of those served. */
export function modelNamesOf({ models = {}, defaultModel: usual = 'u2net' }: RembgSettings): ModelNames {
  const refs = new Map([...frontModels.map((name) => [name, 'portrait'] as const), ...Object.entries(models)]);
  const names = [...refs.keys()];
  if (!refs.has(usual)) {
    throw Fault.expected('config_invalid', `one of ${names.join(', ')} as \`defaultModel\``, usual);
  }
  return { refs, usual, pattern: `(${names.join('|')})` };
}
