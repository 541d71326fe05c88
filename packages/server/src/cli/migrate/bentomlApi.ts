import type { ConfigSource } from '../../config/configSchema.ts';
import { Fault } from '../../domain/fault.ts';
import type { MigrationNote } from './migration.ts';

type BentomlEntry = Extract<NonNullable<ConfigSource['wires']>[number], { name: 'bentoml' }>;
type ApiEntry = NonNullable<BentomlEntry['apis']>[number];
type Input = NonNullable<ApiEntry['input']>;
type Yaml = Readonly<Record<string, unknown>>;

const inputs: Readonly<Record<string, Input>> = {
  FileInput: 'FileInput',
  ImageInput: 'ImageInput',
  LegacyImageInput: 'ImageInput',
  FastaiImageInput: 'ImageInput',
  MultiFileInput: 'MultiFileInput',
  MultiImageInput: 'MultiImageInput',
  JsonInput: 'JsonInput',
  StrictJsonInput: 'StrictJsonInput',
};
const outputs = new Set(['DefaultOutput', 'JsonOutput', 'JsonSerializableOutput']);
const carried = new Set([
  'name',
  'docs',
  'route',
  'batch',
  'input_type',
  'output_type',
  'input_config',
  'output_config',
  'mb_max_batch_size',
  'mb_max_latency',
]);

/** One entry of `apis` in bentoml.yml as one of ours; what cannot be carried over is noted. */
export function bentomlApi(api: Yaml, index: number, artifacts: readonly string[], notes: MigrationNote[]): ApiEntry {
  const at = (key: string) => `apis[${index}].${key}`;
  const note = (key: string, says: string) => void notes.push({ key: at(key), says });
  if (typeof api.name !== 'string') {
    throw Fault.expected('config_invalid', `\`${at('name')}\` of bentoml.yml to be a text`, typeof api.name);
  }
  const input = inputs[String(api.input_type ?? 'FileInput')];
  if (input === undefined) {
    note(
      'input_type',
      `${String(api.input_type)} takes no pictures and is not spoken here; FileInput stands in its place.`,
    );
  }
  if (api.output_type !== undefined && !outputs.has(String(api.output_type))) {
    note('output_type', `${String(api.output_type)} is not spoken here; replies are JSON as of DefaultOutput.`);
  }
  for (const key of Object.keys(api)) if (!carried.has(key)) note(key, 'Has no meaning here.');
  if (typeof api.mb_max_batch_size === 'number') {
    note('mb_max_batch_size', 'Told to clients, but batches are formed by `batching` of the model package.');
  }
  const [model] = artifacts;
  return {
    name: api.name,
    ...(typeof api.route === 'string' && api.route !== api.name ? { route: api.route } : {}),
    input: input ?? 'FileInput',
    ...inputConfig(mapAt(api.input_config), input, note),
    ...(model === undefined || model === 'net' ? {} : { model }),
    ...(typeof api.batch === 'boolean' ? { batch: api.batch } : {}),
    ...(typeof api.mb_max_batch_size === 'number' ? { mbMaxBatchSize: api.mb_max_batch_size } : {}),
    ...(typeof api.mb_max_latency === 'number' ? { mbMaxLatencyMs: api.mb_max_latency } : {}),
    ...outputConfig(mapAt(api.output_config), note),
    ...(typeof api.docs === 'string' ? { docs: api.docs } : {}),
  };
}

type Note = (key: string, says: string) => void;

function inputConfig(config: Yaml, input: Input | undefined, note: Note): Partial<ApiEntry> {
  const isMulti = input === 'MultiImageInput' || input === 'MultiFileInput';
  const formats = textsAt(config.accept_image_formats)?.map((ending) => ending.toLowerCase());
  const names = textsAt(config.input_names);
  for (const key of Object.keys(config)) {
    if (key === 'accept_image_formats' || key === 'input_names') continue;
    if (key === 'pilmode' && config[key] === 'RGB') continue;
    note(`input_config.${key}`, 'Pictures reach the model as its package says.');
  }
  if (isMulti && names === undefined)
    note('input_config', 'Says no `input_names`; one part called "image" is expected.');
  return {
    ...(formats === undefined || formats.length === 0 ? {} : { acceptImageFormats: formats }),
    ...(isMulti ? { inputNames: names ?? ['image'] } : {}),
  };
}

function outputConfig(config: Yaml, note: Note): Partial<ApiEntry> {
  for (const key of Object.keys(config)) {
    if (key === 'cors' || (key === 'ensure_ascii' && config[key] === false)) continue;
    note(`output_config.${key}`, 'Has no meaning here; how non-ASCII is written follows `version`.');
  }
  return typeof config.cors === 'string' && config.cors !== '' ? { cors: config.cors } : {};
}

function textsAt(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function mapAt(value: unknown): Yaml {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Yaml) : {};
}
