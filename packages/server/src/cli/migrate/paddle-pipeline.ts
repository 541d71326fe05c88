import { parse } from 'yaml';
import type { ConfigSource } from '../../config/configSchema.ts';
import { Fault } from '../../domain/fault.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';

type Section = Readonly<Record<string, unknown>>;
type WireSource = Extract<NonNullable<ConfigSource['wires']>[number], { name: 'paddle-pipeline' }>;

/** Paddle Serving's pipeline configuration, `config.yml`. */
export const paddlePipelineReader: OldConfigReader = {
  title: 'Paddle Serving pipeline config.yml',
  recognises: ({ text, isFolder }) =>
    !isFolder && /^(rpc_port|http_port)\s*:/m.test(text) && /^(op|dag)\s*:/m.test(text),
  migrate: async (old) => migrate(old),
};

/** Keys that only say how the predecessor spreads its work; ours is planned from the cores. */
const planned = 'workers and threads are planned from the cores; see `engine` in segserve.yaml.';
const noteOf: Readonly<Record<string, string>> = {
  worker_num: planned,
  build_dag_each_worker: planned,
  grpc_gateway_port: 'there is no process between HTTP and the models.',
  'dag.is_thread_op': planned,
  'dag.client_type': 'there is no engine process behind a second wire.',
  'dag.channel_size': 'waiting requests are bounded by limits.queueTicketsMax.',
  'dag.channel_recv_frist_arrive': 'operators run one after the other within a request.',
  'dag.tracer': 'the same numbers are at /metrics of the native port.',
  'dag.enable_prometheus': '/metrics of the native port is always there.',
  'dag.prometheus_port': '/metrics is on the native port.',
};

const opNotes: Readonly<Record<string, string>> = {
  concurrency: planned,
  batch_size: 'batching.maxSize in the model’s own model.yaml.',
  auto_batching_timeout: 'batching.delayMs in the model’s own model.yaml.',
  server_endpoints: 'models run here; there is no remote engine.',
  client_config: 'the graph itself says its inputs and outputs.',
  client_type: 'models run here; there is no remote engine.',
  use_encryption_model: 'encrypted models cannot be read.',
  encryption_key: 'encrypted models cannot be read.',
  fetch_list: 'the answer is chosen by `answer` of the operator.',
};

const serviceNotes: Readonly<Record<string, string>> = {
  model_config:
    'a Paddle model: convert it with paddle2onnx, write a model.yaml beside it, name its folder under `models` and the model in the operator. Until then the built-in portrait answers.',
  workdir: 'nothing is written.',
  thread_num: planned,
  fetch_list: 'the answer is chosen by `answer` of the operator.',
};
const deviceNote = '`providers` in the model’s own model.yaml.';
const tuningNote = 'the runtime is another one; it has no such setting.';

function migrate(old: OldConfig): Migration {
  const document = sectionOf(parseYaml(old), old, 'the file');
  const notes: MigrationNote[] = [
    {
      key: 'service name',
      says: 'stands in the predecessor’s Python code, not here: set `service` where it is not "matting".',
    },
  ];
  const note = (key: string, says: string) => notes.push({ key, says });
  const wire: WireSource = { name: 'paddle-pipeline' };
  for (const [key, value] of Object.entries(document)) {
    if (key === 'http_port') wire.port = portOf(value, key, old);
    else if (key === 'rpc_port') wire.grpcPort = portOf(value, key, old);
    else if (key === 'dag') readDag(sectionOf(value, old, 'dag'), wire, note);
    else if (key === 'op') wire.ops = readOps(sectionOf(value, old, 'op'), old, note);
    else note(key, noteOf[key] ?? 'unknown here.');
  }
  if (wire.port === undefined && wire.grpcPort === undefined) {
    throw Fault.expected('config_invalid', `${old.path}: rpc_port or http_port`, 'neither');
  }
  // Without an HTTP port the predecessor has no gateway; ours then speaks both on the one port that there is.
  if (wire.port === undefined) wire.port = wire.grpcPort;
  if (wire.port === wire.grpcPort) delete wire.grpcPort;
  return { config: { wires: [{ ...wire, host: '0.0.0.0' }] }, notes };
}

function readDag(dag: Section, wire: WireSource, note: (key: string, says: string) => void): void {
  for (const [key, value] of Object.entries(dag)) {
    if (key === 'use_profile') wire.useProfile = value === true;
    else if (key === 'retry') note('dag.retry', 'set `retry` of each operator.');
    else note(`dag.${key}`, noteOf[`dag.${key}`] ?? 'unknown here.');
  }
}

function readOps(
  ops: Section,
  old: OldConfig,
  note: (key: string, says: string) => void,
): NonNullable<WireSource['ops']> {
  const made: NonNullable<WireSource['ops']> = {};
  for (const [name, value] of Object.entries(ops)) {
    const settings: NonNullable<WireSource['ops']>[string] = {};
    for (const [key, item] of Object.entries(sectionOf(value ?? {}, old, `op.${name}`))) {
      const at = `op.${name}.${key}`;
      if (key === 'timeout') Object.assign(settings, typeof item === 'number' && item > 0 ? { timeoutMs: item } : {});
      else if (key === 'retry')
        Object.assign(settings, typeof item === 'number' ? { retry: Math.min(10, Math.max(1, item)) } : {});
      else if (key === 'local_service_conf') readService(sectionOf(item ?? {}, old, at), at, note);
      else note(at, opNotes[key] ?? 'unknown here.');
    }
    made[name] = settings;
  }
  if (Object.keys(made).length > 1) {
    note('op', 'which operator takes what from which stands in the predecessor’s Python code: set `input` of each.');
  }
  return made;
}

function readService(conf: Section, at: string, note: (key: string, says: string) => void): void {
  for (const key of Object.keys(conf)) {
    const isDevice = key === 'devices' || key === 'device_type' || key === 'precision';
    if (key === 'client_type') continue; // how the predecessor reaches its own library
    note(`${at}.${key}`, serviceNotes[key] ?? (isDevice ? deviceNote : tuningNote));
  }
}

function parseYaml(old: OldConfig): unknown {
  try {
    return parse(old.text);
  } catch (cause) {
    throw new Fault('config_invalid', `${old.path}: not valid YAML: ${(cause as Error).message}`, { cause });
  }
}

function sectionOf(value: unknown, old: OldConfig, name: string): Section {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Section;
  throw Fault.expected('config_invalid', `${old.path}: ${name} to hold keys`, JSON.stringify(value) ?? 'nothing');
}

function portOf(value: unknown, key: string, old: OldConfig): number {
  const isPort = typeof value === 'number' && Number.isInteger(value) && value >= 1024 && value <= 65_535;
  if (isPort) return value;
  throw Fault.expected('config_invalid', `${old.path}: ${key} from 1024 to 65535`, JSON.stringify(value) ?? 'nothing');
}
