import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configOf } from '../../config/loadConfig.ts';
import type { OldConfig } from './migration.ts';
import { paddlehubReader } from './paddlehub.ts';

const old = (text: string | object): OldConfig => ({
  path: '/somewhere/config.json',
  isFolder: false,
  text: typeof text === 'string' ? text : JSON.stringify(text),
  files: ['config.json'],
  read: async () => undefined,
});
const migrate = (text: string | object) => paddlehubReader.migrate(old(text));

describe('paddlehubReader', () => {
  it('recognises config.json by its modules_info', () => {
    assert.equal(paddlehubReader.recognises(old({ modules_info: {} })), true);
    assert.equal(paddlehubReader.recognises(old({ port: 8866 })), false);
    assert.equal(paddlehubReader.recognises(old('modules_info: {}')), false);
    assert.equal(paddlehubReader.recognises({ ...old({ modules_info: {} }), isFolder: true }), false);
  });

  it('carries modules, their arguments and the port over, and listens where the predecessor did', async () => {
    const { config } = await migrate({
      modules_info: {
        humanseg_server: { init_args: { version: '1.2.0' }, predict_args: { batch_size: 4, visualization: false } },
        humanseg_lite: { init_args: {}, predict_args: {} },
      },
      port: 8867,
      use_multiprocess: false,
    });
    assert.deepEqual(config.wires, [
      {
        name: 'paddlehub',
        host: '0.0.0.0',
        port: 8867,
        modules: ['humanseg_server', 'humanseg_lite'],
        predictArgs: { humanseg_server: { batch_size: 4, visualization: false } },
      },
    ]);
    assert.equal(configOf(config).wires[0]?.port, 8867);
  });

  it('uses the predecessor’s own port where none is named', async () => {
    const { config } = await migrate({ modules_info: { humanseg_lite: {} } });
    assert.equal(configOf(config).wires[0]?.port, 8866);
  });

  it('notes every key without meaning, in the order of the file', async () => {
    const { notes, config } = await migrate({
      workers: 9,
      use_gpu: true,
      modules_info: { hardnet_cityscapes: { init_args: { directory: './x' }, extra: 1 } },
      gpu: '0,1',
      use_multiprocess: true,
      colour: 'red',
    });
    assert.deepEqual(
      notes.map(({ key }) => key),
      [
        'workers',
        'use_gpu',
        'modules_info.hardnet_cityscapes',
        'modules_info.hardnet_cityscapes.init_args.directory',
        'modules_info.hardnet_cityscapes.extra',
        'gpu',
        'use_multiprocess',
        'colour',
      ],
    );
    assert.match(notes[2]!.says, /name one as "hardnet_cityscapes" under `models`/);
    assert.deepEqual(
      config.wires?.map((wire) => 'useGpu' in wire && wire.useGpu),
      [true],
    );
  });

  it('names the file, the key and what was expected when it cannot be read', async () => {
    const cases: [string | object, RegExp][] = [
      ['{"modules_info": ', /^Expected config\.json to be JSON but received .*/],
      [{ modules_info: [] }, /^config\.json: modules_info: .*record.*array/],
      [{ modules_info: {}, port: '8866' }, /^config\.json: port: .*number.*string/],
      [
        { modules_info: { humanseg_lite: { predict_args: 3 } } },
        /^config\.json: modules_info\.humanseg_lite\.predict_args: /,
      ],
    ];
    for (const [text, message] of cases) {
      await assert.rejects(migrate(text), { code: 'config_invalid', message });
    }
  });
});
