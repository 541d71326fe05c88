import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { configOf } from '../../config/loadConfig.ts';
import { Fault } from '../../domain/fault.ts';
import type { Migration, OldConfig } from './migration.ts';
import { mortredReader } from './mortred.ts';

/** A file in a tree of files, all of them by absolute path. */
function oldFile(name: string, text: string, tree: Readonly<Record<string, string>> = {}): OldConfig {
  return {
    path: name,
    isFolder: false,
    text,
    files: [path.posix.basename(name)],
    read: async (relative) => tree[path.posix.resolve(path.posix.dirname(name), relative)],
  };
}

const eraA = `
[BISENETV2_SERVER]
host="localhost"
port=8091
max_connections=500
peer_resp_timeout=15
compute_threads=-1
handler_threads=50
worker_nums=12
model_run_timeout=1000  # ms
server_url="/mortred_ai_server_v1/scene_segmentation/bisenetv2"

[BISENETV2]
model_config_file_path="../conf/model/scene_segmentation/bisenetv2/bisenetv2_cityscapes_config.ini"
`;
const modelFile = `
[BISENETV2]
model_file_path="../weights/bisenetv2_cityscapes.mnn"
model_threads_num=4
compute_backend="cuda"
model_input_image_size=[512,1024]
odd_key="x"
`;
const tree = { '/old/conf/model/scene_segmentation/bisenetv2/bisenetv2_cityscapes_config.ini': modelFile };
const fileA = '/old/conf/server/scene_segmentation/bisenetv2/server.ini';

const migrate = (name: string, text: string, files = {}): Promise<Migration> =>
  mortredReader.migrate(oldFile(name, text, files));
const wireOf = ({ config }: Migration) => config.wires![0];
const noteOn = ({ notes }: Migration, key: string) => notes.find((note) => note.key === key)?.says;

describe('mortredReader', () => {
  test('recognises a file by its server section and address', () => {
    assert.equal(mortredReader.recognises(oldFile(fileA, eraA)), true);
    assert.equal(mortredReader.recognises(oldFile('/x.toml', '[X_SERVER]\nserver_uri = "/x"')), true);
    assert.equal(mortredReader.recognises(oldFile('/x.toml', '[X]\nserver_uri = "/x"')), false);
    assert.equal(mortredReader.recognises(oldFile('/x.toml', '[X_SERVER]\nport = 1')), false);
    assert.equal(mortredReader.recognises({ ...oldFile('/x', eraA), isFolder: true }), false);
  });

  test('era A becomes profile a, with the size of the class map out of the model’s file', async () => {
    const migration = await migrate(fileA, eraA, tree);
    assert.deepEqual(wireOf(migration), {
      name: 'mortred',
      profile: 'a',
      host: '0.0.0.0',
      port: 8091,
      uris: {
        '/mortred_ai_server_v1/scene_segmentation/bisenetv2': {
          task: 'scene_segmentation',
          size: { width: 1024, height: 512 },
        },
      },
      runTimeoutMs: 1000,
    });
    assert.equal(configOf(migration.config).wires[0]?.name, 'mortred');
  });

  test('every key without a place here has a note, in the order of the files', async () => {
    const { notes } = await migrate(fileA, eraA, tree);
    assert.deepEqual(
      notes.map(({ key }) => key),
      [
        '[BISENETV2_SERVER].max_connections',
        '[BISENETV2_SERVER].peer_resp_timeout',
        '[BISENETV2_SERVER].compute_threads',
        '[BISENETV2_SERVER].handler_threads',
        '[BISENETV2_SERVER].worker_nums',
        '[BISENETV2].model_file_path',
        '[BISENETV2].model_threads_num',
        '[BISENETV2].compute_backend',
        '[BISENETV2].model_input_image_size',
        '[BISENETV2].odd_key',
        '[BISENETV2_SERVER].host',
      ],
    );
  });

  test('the weights have to be brought as ONNX', async () => {
    const migration = await migrate(fileA, eraA, tree);
    assert.match(noteOn(migration, '[BISENETV2].model_file_path') ?? '', /bisenetv2_cityscapes\.mnn is MNN: .* ONNX/);
  });

  test('a model’s file that is not there is a note, and its size that of the network', async () => {
    const migration = await migrate(fileA, eraA);
    assert.match(noteOn(migration, '[BISENETV2].model_config_file_path') ?? '', /not found/);
    assert.match(JSON.stringify(wireOf(migration)), /"size":"model"/);
  });

  test('era B is known by server_uri; its body limit never was one', async () => {
    const text = `[MODNET_SERVER]
port = 9030
request_size_limit = -1
model_run_timeout = -1
worker_nums = 1
server_uri = "/mortred_ai_server_v1/matting/modnet"
[MODNET]
model_config_file_path = "./nowhere.ini"`;
    const migration = await migrate('/old/modnet.ini', text);
    assert.deepEqual(wireOf(migration), {
      name: 'mortred',
      profile: 'b',
      host: '0.0.0.0',
      port: 9030,
      uris: { '/mortred_ai_server_v1/matting/modnet': { task: 'matting' } },
      runTimeoutMs: 0,
    });
    assert.match(noteOn(migration, '[MODNET_SERVER].request_size_limit') ?? '', /never reaches/);
    configOf(migration.config);
  });

  const eraC = `[PPHUMAN_SEG_SERVER]
port = 9072
host = "127.0.0.1"
max_connections = 500
peer_resp_timeout = 15
request_size_limit = 64
worker_nums = 1
model_run_timeout = 3000
server_uri = "/people"
max_queue_depth = 32
rate_limit_qps = 5
auth_token = "secret"
async_enabled = true
async_timeout = 600000
async_max_queue = 8
async_job_ttl = 1000
async_max_completed = 3
max_batch_size = 8
stuck_worker_action = "log"
`;

  test('era C becomes profile c with its limits, its token and its jobs', async () => {
    const migration = await migrate('/old/pphuman_seg.toml', eraC);
    assert.deepEqual(wireOf(migration), {
      name: 'mortred',
      profile: 'c',
      host: '127.0.0.1',
      port: 9072,
      uris: { '/people': { task: 'scene_segmentation', model: 'portrait' } },
      runTimeoutMs: 3000,
      strict: {
        authToken: 'secret',
        rateLimitQps: 5,
        queueDepthMax: 32,
        bodyBytesMax: 64 * 2 ** 20,
        jobs: { enabled: true, timeoutMs: 600_000, queueMax: 8, ttlMs: 1000, completedMax: 3 },
      },
    });
    assert.match(noteOn(migration, 'MORTRED_AUTH_TOKEN, MORTRED_LISTEN_HOST, MORTRED_LISTEN_PORT') ?? '', /not read/);
    assert.ok(noteOn(migration, '[PPHUMAN_SEG_SERVER].max_batch_size'));
    assert.ok(noteOn(migration, '[PPHUMAN_SEG_SERVER].stuck_worker_action'));
    configOf(migration.config);
  });

  test('era C is known by its keys too, and by the older name of its address', async () => {
    const asIni = await migrate('/old/x.ini', eraC);
    const aliased = await migrate('/old/x.toml', eraC.replace('server_uri', 'server_url'));
    assert.deepEqual(
      [wireOf(asIni), wireOf(aliased)].map((wire) => (wire as { profile: string }).profile),
      ['c', 'c'],
    );
  });

  test('era C is known by the ending alone, and a body limit of −1 is the largest that can be', async () => {
    const text = '[HRNET_SERVER]\nport = 9071\nserver_uri = "/x"\nrequest_size_limit = -1\nmodel_run_timeout = 1';
    const migration = await migrate('/old/x.toml', text);
    assert.match(JSON.stringify(wireOf(migration)), /"profile":"c".*"bodyBytesMax":2147483648/);
    configOf(migration.config);
  });

  test('era C without a token is not opened to others', async () => {
    const open = eraC.replace('127.0.0.1', '0.0.0.0');
    const token = await migrate('/old/x.toml', open);
    assert.match(JSON.stringify(wireOf(token)), /"host":"0\.0\.0\.0"/);
    const bare = await migrate('/old/x.toml', open.replace('auth_token = "secret"', ''));
    assert.match(JSON.stringify(wireOf(bare)), /"host":"127\.0\.0\.1"/);
    assert.match(noteOn(bare, '[PPHUMAN_SEG_SERVER].host') ?? '', /authToken/);
    configOf(bare.config);
  });

  test('a key that is nearly one of the predecessor’s is told so', async () => {
    const migration = await migrate(
      '/old/x.toml',
      eraC.replace('worker_nums', 'worker_num').replace('port =', 'colour = 7\nport ='),
    );
    assert.match(noteOn(migration, '[PPHUMAN_SEG_SERVER].worker_num') ?? '', /Did you mean "worker_nums"\?/);
    assert.match(noteOn(migration, '[PPHUMAN_SEG_SERVER].colour') ?? '', /no meaning here\.$/);
  });

  test('a missing model_run_timeout is the 500 ms of the predecessor', async () => {
    const migration = await migrate(fileA, eraA.replace(/model_run_timeout.*\n/, ''), tree);
    assert.match(JSON.stringify(wireOf(migration)), /"runTimeoutMs":500/);
    assert.match(noteOn(migration, '[BISENETV2_SERVER].model_run_timeout') ?? '', /500 ms/);
  });

  const kinds: readonly (readonly [section: string, uri: string, task: string])[] = [
    ['RESNET_CLASSIFICATION_SERVER', '/mortred_ai_server_v1/classification/densenet', 'classification'],
    ['HRNET_SERVER', '/x', 'scene_segmentation'],
    ['PP_MATTING_SERVER', '/x', 'matting'],
    ['YOLOV5_DETECTION_SERVER', '/x', 'obj_detection'],
    ['LIBFACE_DETECTION_SERVER', '/x', 'obj_detection'],
    ['DBNET_SERVER', '/x', 'ocr'],
    ['METRIC3D_ESTIMATION_SERVER', '/x', 'mono_depth_estimation'],
    ['LLAMA3_CHAT_SERVER', '/x', 'llm'],
  ];
  for (const [section, uri, task] of kinds) {
    test(`[${section}] at ${uri} is a server for ${task}`, async () => {
      const migration = await migrate(
        '/old/x.ini',
        `[${section}]\nport = 1\nmodel_run_timeout = 1\nserver_url = "${uri}"`,
      );
      assert.match(JSON.stringify(wireOf(migration)), new RegExp(`"task":"${task}"`));
      const isServed = ['classification', 'scene_segmentation', 'matting'].includes(task);
      assert.equal(noteOn(migration, `[${section}]`) === undefined, isServed);
      configOf(migration.config);
    });
  }

  const wrong: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['no TOML', '[A_SERVER\nserver_url = "/x"', /x\.ini to be sections/],
    [
      'no address',
      '[HRNET_SERVER]\nport = 1',
      /\[HRNET_SERVER\]\.server_uri or server_url as a text but received nothing/,
    ],
    [
      'an unknown server',
      '[SAM_AMG_SERVER]\nserver_url = "/x"',
      /one of the predecessor's servers but received SAM_AMG_SERVER/,
    ],
    ['no port', '[HRNET_SERVER]\nserver_url = "/x"', /\.port as a whole number from 0 to 65535 but received nothing/],
    ['a port out of range', '[HRNET_SERVER]\nserver_url = "/x"\nport = 70000', /received 70000/],
    [
      'a time that is a text',
      '[HRNET_SERVER]\nserver_url="/x"\nport=1\nmodel_run_timeout="1"',
      /model_run_timeout .*received "1"/,
    ],
  ];
  for (const [what, text, message] of wrong) {
    test(`${what} is a fault that names file and key`, async () => {
      await assert.rejects(migrate('/old/x.ini', text), (fault: unknown) => {
        assert.ok(fault instanceof Fault && fault.code === 'config_invalid');
        assert.match(fault.message, message);
        assert.doesNotMatch(fault.message, /\/old\//);
        return true;
      });
    });
  }
});
