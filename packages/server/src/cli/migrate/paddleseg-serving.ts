import path from 'node:path';
import type { ManifestSource } from '@segserve/contract';
import { parse } from 'yaml';
import type { ConfigSource } from '../../config/configSchema.ts';
import { Fault } from '../../domain/fault.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';
import { modelNameOf, modelSkeleton } from './modelSkeleton.ts';
import { readTextProto } from './textProto.ts';

type WireSource = Extract<NonNullable<ConfigSource['wires']>[number], { name: 'paddleseg-serving' }>;

const segConf = 'seg_conf.yaml';

/** PaddleSegServing's folder `conf`, or the seg_conf.yaml in it. */
export const paddlesegServingReader: OldConfigReader = {
  title: `PaddleSegServing folder conf (${segConf})`,
  async recognises(old) {
    if (!old.isFolder) return isSegConf(old.text);
    if (isSegConf((await old.read(segConf)) ?? '')) return true;
    const service = (await old.read('service.prototxt')) ?? '';
    return /\bImageSegService\b/.test(service);
  },
  migrate: async (old) => migrate(old),
};

function isSegConf(text: string): boolean {
  return /^CHANNELS\s*:/m.test(text) && /^MODEL_NAME\s*:/m.test(text);
}

type Note = (key: string, says: string) => void;

async function migrate(old: OldConfig): Promise<Migration> {
  const notes: MigrationNote[] = [];
  const note: Note = (key, says) => notes.push({ key, says });
  const wire: WireSource = { name: 'paddleseg-serving', host: '0.0.0.0' };
  const flags = await readFlags(old, wire, note);
  await readService(old, wire, note);
  const conf = await segConfOf(old, flags);
  const model = modelNameOf(conf.modelName);
  wire.channels = conf.channels;
  wire.models = { [conf.modelName]: 'portrait' };
  note(`${segConf} SIZE, MEAN, STD, CLASS_NUM`, advice(model, conf));
  if (conf.channels === 4) {
    note(
      `${segConf} CHANNELS`,
      'pictures of four channels are taken, but a model sees three of them: the opacity is left out.',
    );
  }
  await readEngines(old, conf.modelName, note);
  note(
    'profile',
    '`release` gives 255 × the probability of class 1, as every release did; for a server that gave labels set it to `seed`.',
  );
  return { config: { wires: [wire] }, notes };
}

const planned = 'workers and threads are planned from the cores; see `engine` in segserve.yaml.';
const flagNotes: Readonly<Record<string, string>> = {
  num_threads: planned,
  bthread_concurrency: planned,
  bthread_min_concurrency: planned,
  max_concurrency: 'waiting requests are bounded by limits.queueTicketsMax.',
  reload_interval_s: 'a model is replaced by a new version in its own folder.',
  idle_timeout_s: 'listen.keepAliveTimeoutMs.',
  el_log_level: 'log.level.',
};
/** Flags that only say where the other files are, or that turn on what is always on. */
const silentFlags = /^(enable_model_toolkit|enable_protocol_list|g|flagfile|\w+_(path|file))$/;

/** gflags.conf: `--name=value` or `--name` on each line. */
async function readFlags(old: OldConfig, wire: WireSource, note: Note): Promise<ReadonlyMap<string, string>> {
  const flags = new Map<string, string>();
  for (const line of ((await old.read('gflags.conf')) ?? '').split('\n')) {
    const [, name, value = 'true'] = /^\s*--?([\w]+)(?:=(.*?))?\s*$/.exec(line) ?? [];
    if (name === undefined) continue;
    flags.set(name, value);
    if (name === 'port') wire.port = portOf(Number(value), 'gflags.conf --port');
    else if (!silentFlags.test(name)) note(`gflags.conf --${name}`, flagNotes[name] ?? 'has no meaning here.');
  }
  return flags;
}

async function readService(old: OldConfig, wire: WireSource, note: Note): Promise<void> {
  const text = await old.read('service.prototxt');
  if (text === undefined) return;
  const conf = readTextProto(text, 'service.prototxt');
  const port = conf.number('port');
  if (port !== undefined) wire.port = portOf(port, 'service.prototxt port');
  for (const service of conf.messages('services')) {
    const name = service.string('name') ?? '';
    if (name !== 'ImageSegService') note(`services "${name}"`, 'only ImageSegService is spoken here.');
    for (const { name: key } of service.fields) {
      if (key !== 'name' && key !== 'workflows') note(`services.${key}`, 'one service with one workflow runs here.');
    }
  }
}

interface SegConf {
  readonly size: readonly [width: number, height: number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channels: 3 | 4;
  readonly classes: number;
  readonly modelName: string;
}

async function segConfOf(old: OldConfig, flags: ReadonlyMap<string, string>): Promise<SegConf> {
  // The flag's path starts from the program's folder, one above this one.
  const file = old.isFolder ? path.basename(flags.get('seg_conf_file') ?? segConf) : path.basename(old.path);
  const text = old.isFolder ? await old.read(file) : old.text;
  if (text === undefined) throw Fault.expected('config_invalid', `${file} in ${old.path}`, 'no such file');
  const values = yamlOf(text, file);
  const numbers = (key: string, count: (length: number) => boolean, expected: string): number[] => {
    const value = values[key];
    const list = Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item));
    if (list && count(value.length)) return value;
    throw wrong(file, key, expected, value);
  };
  const whole = (key: string, accept: (value: number) => boolean, expected: string): number => {
    const value = values[key];
    if (typeof value === 'number' && Number.isInteger(value) && accept(value)) return value;
    throw wrong(file, key, expected, value);
  };
  const channels = whole('CHANNELS', (value) => value === 3 || value === 4, '3 or 4') as 3 | 4;
  const name = values.MODEL_NAME;
  if (typeof name !== 'string' || name === '') throw wrong(file, 'MODEL_NAME', 'a text', name);
  const [width = 0, height = 0] = numbers('SIZE', (length) => length === 2, 'a list of width and height');
  return {
    size: [width, height],
    mean: numbers('MEAN', (length) => length === channels, `a list of ${channels} numbers`),
    std: numbers('STD', (length) => length === channels, `a list of ${channels} numbers`),
    channels,
    classes: whole('CLASS_NUM', (value) => value >= 1, 'a number of classes'),
    modelName: name,
  };
}

/** OpenCV's first line, `%YAML:1.0`, is no YAML. */
function yamlOf(text: string, file: string): Record<string, unknown> {
  try {
    const values: unknown = parse(text.replace(/^\uFEFF?%YAML[^\n]*\n/, ''));
    if (typeof values === 'object' && values !== null) return values as Record<string, unknown>;
  } catch (cause) {
    throw new Fault('config_invalid', `${file}: not valid YAML: ${(cause as Error).message}`, { cause });
  }
  throw Fault.expected('config_invalid', `${file} to hold keys`, 'none');
}

function advice(model: string, { size: [width, height], mean, std, classes }: SegConf): string {
  const three = (list: readonly number[]): [number, number, number] => [list[0]!, list[1]!, list[2]!];
  const common = {
    schema: 1,
    name: model,
    version: '1',
    licence: 'fill in',
    graph: 'model.onnx',
    input: { channels: 'bgr', size: { rule: 'fixed', width, height }, scale: 1, mean: three(mean), std: three(std) },
  } as const;
  const names = Array.from({ length: classes }, (_, index) => (index === 0 ? 'background' : `class ${index}`));
  // Of two classes the second is an opacity, and its probability comes through; of more only the winner does.
  const manifest: ManifestSource =
    classes === 2
      ? { ...common, task: 'matting', output: { kind: 'probabilities', foreground: 1 } }
      : { ...common, task: 'semantic', output: { kind: 'probabilities' }, labels: names, background: 0 };
  return [
    'belong to the model. Until it is converted the built-in portrait answers. Convert it with paddle2onnx, put it into',
    `models/${model}/1/model.onnx, and beside it this model.yaml:`,
    modelSkeleton(manifest),
    `Then write "models: [models]" into this file and ${model} in the place of portrait.`,
  ].join('\n');
}

async function readEngines(old: OldConfig, modelName: string, note: Note): Promise<void> {
  const text = await old.read('model_toolkit.prototxt');
  if (text === undefined) return;
  const engines = readTextProto(text, 'model_toolkit.prototxt').messages('engines');
  const names = engines.map((engine) => engine.string('name') ?? '');
  if (!names.includes(modelName)) {
    note('engines', `none is called "${modelName}" (${names.join(', ')}); the original then fails every request.`);
  }
  for (const engine of engines) {
    const name = engine.string('name') ?? '';
    if (name !== modelName) note(`engines "${name}"`, 'not served: MODEL_NAME names another one.');
    else {
      const from = engine.string('model_data_path');
      if (from !== undefined) note('engines.model_data_path', `${from} is the model to convert.`);
      if (/GPU/.test(engine.enumName('type') ?? ''))
        note('engines.type', 'put cuda before cpu in `providers` of model.yaml.');
      if ((engine.number('runtime_thread_num') ?? 0) > 0) note('engines.runtime_thread_num', planned);
      if ((engine.number('batch_infer_size') ?? 0) > 0)
        note('engines.batch_infer_size', 'batching.maxSize in model.yaml.');
    }
  }
}

function portOf(port: number, key: string): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw Fault.expected('config_invalid', `${key} from 1 to 65535`, String(port));
}

function wrong(file: string, key: string, expected: string, found: unknown): Fault {
  return Fault.expected('config_invalid', `${file}: ${key} to be ${expected}`, JSON.stringify(found) ?? 'nothing');
}
