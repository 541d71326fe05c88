import path from 'node:path';
import type { ConfigSource } from '../../config/configSchema.ts';
import { Fault } from '../../domain/fault.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';
import { modelNameOf, modelSkeleton } from './modelSkeleton.ts';
import { readTextProto, type TextProtoMessage } from './textProto.ts';

type WireSource = Extract<NonNullable<ConfigSource['wires']>[number], { name: 'paddle-rpc' }>;

const modelConf = 'serving_server_conf.prototxt';
const serviceConf = 'infer_service.prototxt';
/** Element types that a request may carry: https://github.com/PaddlePaddle/Serving, core/configure. */
const takenTypes = [0, 1, 2, 5, 7, 8, 20];

/** What `paddle_serving_server.serve` is given (a converted model), or the work folder that it writes. */
export const paddleRpcReader: OldConfigReader = {
  title: `Paddle Serving model or work folder (${modelConf}, ${serviceConf})`,
  async recognises(old) {
    if (!old.isFolder) return /^\s*feed_var\s*[:{<]/m.test(old.text) && /\bfetch_var\s*[:{<]/.test(old.text);
    if (old.files.includes(modelConf)) return true;
    return old.files.includes(serviceConf) && /\bGeneralModelService\b/.test((await old.read(serviceConf)) ?? '');
  },
  migrate: async (old) => migrate(old),
};

type Note = (key: string, says: string) => void;

async function migrate(old: OldConfig): Promise<Migration> {
  const notes: MigrationNote[] = [];
  const note: Note = (key, says) => notes.push({ key, says });
  const wire: WireSource = { name: 'paddle-rpc', host: '0.0.0.0' };
  const folder = old.isFolder ? old.path : path.dirname(old.path);
  let model = modelNameOf(path.basename(folder));
  let engine = 'GeneralInferOp_0';
  if (old.isFolder && old.files.includes(serviceConf)) {
    await readService(old, wire, note);
    engine = (await readWorkflow(old, note)) ?? engine;
    await readResource(old, note);
    model = modelNameOf((await modelPathOf(old, engine, note)) ?? model);
  } else {
    note('--port', 'stands on the command line of the original; set `port` where it is not 9393.');
  }
  const found = await modelConfOf(old, engine);
  if (found === undefined) note(modelConf, 'not found: inputs and outputs keep the names that the graph gives them.');
  else readVariables(found, wire, note);
  wire.models = { [engine]: model };
  note('model', advice(model));
  return { config: { models: ['models'], wires: [wire] }, notes };
}

function advice(model: string): string {
  const manifest = {
    schema: 1,
    name: model,
    version: '1',
    task: 'tensor',
    licence: 'fill in',
    graph: 'model.onnx',
  } as const;
  return [
    'a Paddle model: convert it with paddle2onnx (variables keep their names), put it into',
    `models/${model}/1/model.onnx, and beside it this model.yaml:`,
    modelSkeleton(manifest),
  ].join('\n');
}

/** The variables of the model: beside it, in the work folder, or in the folder above that people usually name. */
async function modelConfOf(old: OldConfig, engine: string): Promise<TextProtoMessage | undefined> {
  if (!old.isFolder) return readTextProto(old.text, path.basename(old.path));
  const places = [modelConf, `${engine}/general_model.prototxt`, `serving_server/${modelConf}`];
  for (const place of places) {
    const text = await old.read(place);
    if (text !== undefined) return readTextProto(text, place);
  }
  return undefined;
}

function readVariables(conf: TextProtoMessage, wire: WireSource, note: Note): void {
  wire.feed = aliases(conf, 'feed', note);
  wire.fetch = aliases(conf, 'fetch', note);
}

function aliases(conf: TextProtoMessage, kind: 'feed' | 'fetch', note: Note): Record<string, string> {
  const variables = conf.messages(`${kind}_var`);
  if (variables.length === 0) {
    throw Fault.expected('config_invalid', `${conf.file}: at least one ${kind}_var`, 'none');
  }
  const made: Record<string, string> = {};
  for (const variable of variables) {
    const name = variable.string('name');
    if (name === undefined) {
      throw Fault.expected('config_invalid', `${conf.file}:${variable.line}: a name in ${kind}_var`, 'none');
    }
    const alias = variable.string('alias_name') ?? name;
    if (Object.hasOwn(made, alias)) {
      throw Fault.expected('config_invalid', `${conf.file}:${variable.line}: an alias of its own`, `"${alias}" again`);
    }
    made[alias] = name;
    const type = variable.number(`${kind}_type`) ?? 0;
    const key = `${kind}_var "${alias}"`;
    if (variable.boolean('is_lod_tensor')) note(`${key}.is_lod_tensor`, 'ONNX graphs know no lod; it is read past.');
    if (!takenTypes.includes(type))
      note(`${key}.${kind}_type`, `tensors of type ${type} are not taken, as in the original.`);
  }
  return made;
}

async function readService(old: OldConfig, wire: WireSource, note: Note): Promise<void> {
  const conf = readTextProto((await old.read(serviceConf)) ?? '', serviceConf);
  const port = conf.number('port');
  if (port === undefined)
    note('--port', 'stands on the command line of the original; set `port` where it is not 9393.');
  else wire.port = port;
  for (const service of conf.messages('services')) {
    const name = service.string('name') ?? '';
    if (name !== 'GeneralModelService') note(`services "${name}"`, 'only GeneralModelService is spoken here.');
    for (const { name: key } of service.fields) {
      if (key !== 'name' && key !== 'workflows') note(`services.${key}`, 'one service with one workflow runs here.');
    }
  }
}

/** The name of the last inference operator, which replies carry. */
async function readWorkflow(old: OldConfig, note: Note): Promise<string | undefined> {
  const text = await old.read('workflow.prototxt');
  if (text === undefined) return undefined;
  const nodes = readTextProto(text, 'workflow.prototxt')
    .messages('workflows')
    .flatMap((workflow) => workflow.messages('nodes'));
  const inference = nodes.filter((node) => !/(Reader|Response)Op$/.test(node.string('type') ?? ''));
  if (inference.length > 1) {
    const names = inference.map((node) => node.string('name')).join(', ');
    note(
      'workflow.prototxt',
      `several operators (${names}) run one after the other there; one graph runs here, named for the last.`,
    );
  }
  return inference.at(-1)?.string('name');
}

async function readResource(old: OldConfig, note: Note): Promise<void> {
  const text = await old.read('resource.prototxt');
  if (text === undefined) return;
  for (const { name } of readTextProto(text, 'resource.prototxt').fields) {
    if (!/^(model_toolkit|general_model)_(path|file)$/.test(name)) {
      note(`resource.prototxt ${name}`, 'has no meaning here.');
    }
  }
}

async function modelPathOf(old: OldConfig, engine: string, note: Note): Promise<string | undefined> {
  const file = `${engine}/model_toolkit.prototxt`;
  const text = (await old.read(file)) ?? (await old.read('model_toolkit.prototxt'));
  if (text === undefined) return undefined;
  const [first] = readTextProto(text, file).messages('engines');
  if (first === undefined) return undefined;
  if (first.boolean('use_gpu') || (first.numbers('gpu_ids').length > 0 && first.boolean('use_gpu') !== false)) {
    note('engines.use_gpu', 'put cuda before cpu in `providers` of model.yaml.');
  }
  for (const { name } of first.fields) {
    const says = engineNotes[name];
    if (says !== undefined) note(`engines.${name}`, says);
  }
  const where = first.string('model_dir') ?? first.string('model_data_path');
  return where === undefined ? undefined : path.basename(where);
}

const planned = 'workers and threads are planned from the cores; see `engine` in segserve.yaml.';
const otherRuntime = 'the runtime is another one; it has no such setting.';
const engineNotes: Readonly<Record<string, string>> = {
  runtime_thread_num: planned,
  batch_infer_size: 'requests with tensors run one by one.',
  enable_batch_align: 'requests with tensors run one by one.',
  reloadable_meta: 'a model is replaced by a new version in its own folder.',
  reloadable_type: 'a model is replaced by a new version in its own folder.',
  encrypted_model: 'encrypted models cannot be read.',
  use_trt: 'put tensorrt first in `providers` of model.yaml.',
  use_lite: otherRuntime,
  use_xpu: otherRuntime,
  use_ascend_cl: otherRuntime,
  enable_ir_optimization: otherRuntime,
  enable_memory_optimization: otherRuntime,
};
