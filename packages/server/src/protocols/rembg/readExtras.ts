import { Fault } from '../../domain/fault.ts';

export interface Extras {
  /** What is transparent keeps its colours. */
  readonly putalpha: boolean;
}

/** Keywords of rembg's function that its server gives already; in `extras` they make it crash. */
const ownOptions: Readonly<Record<string, string>> = {
  alpha_matting: 'a',
  alpha_matting_foreground_threshold: 'af',
  alpha_matting_background_threshold: 'ab',
  alpha_matting_erode_size: 'ae',
  only_mask: 'om',
  post_process_mask: 'ppm',
  decontaminate: 'dc',
  vitmatte: 'vm',
  bgcolor: 'bgc',
};

/**
 * `extras`, a JSON object; what is none is passed over, as rembg does it. Throws Fault `invalid_request` for what asks for
 * another picture than the one that would come back.
 */
export function readExtras(text: string | undefined): Extras {
  const fields = fieldsOf(text);
  if (fields.sam_prompt !== undefined) {
    throw refused('sam_prompt', 'no model here takes points or boxes; leave it out for the whole foreground');
  }
  if (fields.model_path !== undefined) {
    throw refused('model_path', 'the operator names models, under `models` of this wire; requests cannot');
  }
  for (const [keyword, option] of Object.entries(ownOptions)) {
    if (fields[keyword] !== undefined) throw refused(keyword, `it is the parameter \`${option}\` of the request`);
  }
  return { putalpha: Boolean(fields.putalpha) };
}

function refused(name: string, why: string): Fault {
  return new Fault('invalid_request', `Expected \`extras\` without "${name}": ${why}.`);
}

function fieldsOf(text = ''): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
