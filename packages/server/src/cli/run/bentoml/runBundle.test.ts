import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Fault } from '../../../domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../../domain/request.ts';
import { type FakeContext, fakeContext } from '../../fakeContext.testSupport.ts';
import { runBundle } from './runBundle.ts';

let cwd = '';
before(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-run-'));
  for (const name of ['a.jpg', 'b.jpg', "it's.jpg"]) await writeFile(path.join(cwd, name), `photo ${name}`);
  await writeFile(path.join(cwd, 'segserve.yaml'), configuration);
  await mkdir(path.join(cwd, 'bundle'));
  await writeFile(path.join(cwd, 'bundle', 'bentoml.yml'), savedBundle);
});
after(() => rm(cwd, { recursive: true, force: true }));

const configuration = `wires:
  - name: bentoml
    service: Pets
    serviceVersion: 20201009125205_5509D4
    models: { net: 'street:1' }
    apis:
      - name: predict
      - { name: label, payload: label }
      - { name: both, input: MultiImageInput, inputNames: [left, right], payload: json }
      - { name: echo, input: JsonInput }
      - { name: bytes, payload: echo }
      - { name: pictures, picturesFolder: ../assets }
      - { name: careless, picturesFolder: . }
  - { name: bentoml, port: 5001, version: '0.13', service: Late, apis: [{ name: echo, input: JsonInput }] }
`;
const savedBundle = `version: 0.9.1
kind: BentoService
metadata: { service_name: Saved, service_version: 20201009125205_5509D4 }
apis: [{ name: predict, input_type: FileInput }]
artifacts: [{ name: net, artifact_type: PytorchModelArtifact }]
`;

/** A .npy file of two rows of two classes. */
function npy(values: readonly number[]): Buffer {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117);
  const head = Buffer.from(`\x93NUMPY\x01\x00..${header}\n`, 'latin1');
  head.writeUInt16LE(118, 8);
  return Buffer.concat([head, Buffer.from(values)]);
}

const bytesOf: Readonly<Record<string, Buffer>> = {
  tensor: npy([0, 1, 15, 200]),
  topk: Buffer.from('{"classes":[{"id":1,"label":"cät","score":1}]}'),
  color: Buffer.from('palette picture'),
  stats: Buffer.from('{"classes":[]}'),
};

function answer({ model, answers }: SegmentRequest): SegmentResult {
  const made = answers.map(({ kind }) => {
    return { kind, format: 'npy' as const, contentType: 'application/x-npy', bytes: bytesOf[kind]! };
  });
  const timings = { queue: 0, decode: 1, preprocess: 1, infer: 1, postprocess: 1, encode: 1 };
  return { model, width: 2, height: 2, answers: made, timings, batchSize: 1 };
}

interface Outcome {
  readonly code: number;
  readonly context: FakeContext;
}

async function run(words: readonly string[], fail?: (request: SegmentRequest) => void, folder = cwd): Promise<Outcome> {
  const base = fakeContext({ cwd: folder });
  const context: FakeContext = {
    ...base,
    services: {
      ...base.services,
      // As the real one, which knows the newest version.
      resolveModel: (known, ref) => base.services.resolveModel(known, ref.replace(/:latest$/, '')),
      openEngine: async (options) => ({
        ...(await base.services.openEngine(options)),
        segment: async (request) => {
          base.requests.push(request);
          fail?.(request);
          return answer(request);
        },
      }),
    },
  };
  return { code: await runBundle(words, context), context };
}

describe('segserve run NAME:VERSION API', () => {
  it('prints one line of JSON for each file, in their order', async () => {
    for (const words of [
      ['--input-file', 'a.jpg', 'b.jpg'],
      ['--input-file=a.jpg', '--input-file=b.jpg'],
      ['--input-file', path.join(cwd, 'a.jpg'), 'b.jpg', '-o', 'json'],
      ['--input-file', 'a.jpg', 'b.jpg', '--max-batch-size', '1'],
      ['--output=json', '--max-batch-size=5', '--input-file', 'a.jpg', 'b.jpg'],
    ]) {
      const { code, context } = await run(['Pets:20201009125205_5509D4', 'predict', ...words]);
      assert.equal(code, 0);
      assert.deepEqual(context.stdout.lines, ['[[0, 1], [15, 200]]', '[[0, 1], [15, 200]]']);
      const images = context.requests.map(({ image }) => Buffer.from(image).toString());
      // They are asked for at the same time; which reaches the engine first is chance.
      assert.deepEqual(images.toSorted(), ['photo a.jpg', 'photo b.jpg']);
      assert.equal(context.requests[0]!.model, 'street:1');
      assert.ok(context.events.includes('close engine'));
    }
  });

  it('keeps the order of the files when one of them fails', async () => {
    for (const failing of ['a.jpg', 'b.jpg']) {
      const fail = ({ image }: SegmentRequest) => {
        if (Buffer.from(image).toString().endsWith(failing)) throw new Fault('corrupt_image', 'Cut short.');
      };
      const words = ['Pets:20201009125205_5509D4', 'predict', '--input-file', 'a.jpg', 'b.jpg'];
      const { code, context } = await run(words, fail);
      assert.equal(code, 1);
      const failed = context.stdout.lines.map((line) => line.includes('Cut short.'));
      assert.deepEqual(failed, failing === 'a.jpg' ? [true, false] : [false, true]);
    }
  });

  it('takes the newest version by its name, a model of segserve, and the folder of a saved bundle', async () => {
    for (const [tag, model] of [
      ['Pets:latest', 'street:1'],
      ['street:1', 'street:1'],
      ['portrait:latest', 'portrait:1'],
      ['bundle', 'portrait:1'],
      [path.join('.', 'bundle'), 'portrait:1'],
    ] as const) {
      const { code, context } = await run([tag, 'predict', '--input-file', 'a.jpg']);
      assert.equal(code, 0, context.stderr.text);
      assert.equal(context.requests[0]!.model, model);
    }
  });

  it('works without configuration under the name that such a bundle has', async () => {
    await writeFile(path.join(cwd, 'empty.yaml'), '{}\n');
    const words = ['PytorchImageSegment:latest', 'predict', '--config', 'empty.yaml', '--input-file=a.jpg'];
    assert.equal((await run(words)).code, 0);
  });

  it('writes the INFO line with its dictionary to standard error, and -q leaves it out', async () => {
    const { context } = await run(['Pets:latest', 'predict', '--input-file', "it's.jpg"]);
    const url = pathToFileURL(path.join(cwd, "it's.jpg")).href;
    const [, taskId = ''] = /'task_id': '([^']+)'/.exec(context.stderr.text) ?? [];
    assert.match(taskId, /^[0-9a-f-]{36}$/);
    assert.match(context.stderr.text, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] INFO - \{/);
    const dict = `{'service_name': 'Pets', 'service_version': '20201009125205_5509D4', 'api': 'predict', 'task': {'data': {'uri': "${url}", 'name': "it's.jpg"}, 'task_id': '${taskId}', 'cli_args': ['--input-file', "it's.jpg"]}, 'result': {'data': '[[0, 1], [15, 200]]', 'http_status': 200, 'http_headers': {'Content-Type': 'application/json'}}, 'request_id': '${taskId}'}`;
    assert.equal(context.stderr.text.split(' INFO - ')[1], `${dict}\n`);
    assert.equal(context.requests[0]!.requestId, taskId);
    for (const flag of ['-q', '--quiet']) {
      assert.equal((await run(['Pets:latest', 'predict', flag, '--input-file', 'a.jpg'])).context.stderr.text, '');
    }
  });

  it('takes values from the command line', async () => {
    const { context } = await run(['Pets:latest', 'echo', '--input', '{"a":"ä"}', '[1,2]']);
    assert.deepEqual(context.stdout.lines, [String.raw`{"a": "\u00e4"}`, '[1, 2]']);
    assert.match(context.stderr.text, /'task': \{'data': '\{"a":"ä"\}', 'task_id'/);
    assert.deepEqual((await run(['Late:latest', 'echo', '--input', '"ä"'])).context.stdout.lines, ['"ä"']);
    assert.deepEqual((await run(['Pets:latest', 'bytes', '--input=x'])).context.stdout.lines, ['"x"']);
  });

  it('prints texts with quotation marks, or without as str', async () => {
    const words = ['Pets:latest', 'label', '-q', '--input-file', 'a.jpg'];
    assert.deepEqual((await run(words)).context.stdout.lines, [String.raw`"c\u00e4t"`]);
    assert.deepEqual((await run([...words, '-o', 'str'])).context.stdout.lines, ['cät']);
    const map = await run(['Pets:latest', 'predict', '--output', 'str', '--input-file', 'a.jpg']);
    assert.deepEqual(map.context.stdout.lines, ['[[0, 1], [15, 200]]']);
  });

  it('takes an option for each input of a multi-input adapter', async () => {
    const words = ['--input-file-left', 'a.jpg', 'b.jpg', '--input-file-right', 'b.jpg', 'a.jpg'];
    const { code, context } = await run(['Pets:latest', 'both', ...words]);
    assert.equal(code, 0);
    const line = '{"left": {"classes": []}, "right": {"classes": []}}';
    assert.deepEqual(context.stdout.lines, [line, line]);
    assert.match(context.stderr.text, /'data': \{'left': \{'uri': 'file:.*a\.jpg'/);
  });

  it('leaves a picture of each input where the API says, but never over an input', async () => {
    const inner = path.join(cwd, 'inner');
    await mkdir(inner, { recursive: true });
    const words = ['--config', '../segserve.yaml', '--input-file', '../a.jpg'];
    const { code, context } = await run(['Pets:latest', 'pictures', ...words], undefined, inner);
    assert.deepEqual([code, context.stdout.lines], [0, ['[[0, 1], [15, 200]]']]);
    assert.equal(await readFile(path.join(cwd, 'assets', 'a.jpg'), 'utf8'), 'palette picture');
    assert.deepEqual(
      context.requests[0]!.answers.map(({ kind }) => kind),
      ['tensor', 'color'],
    );
    const careless = await run(['Pets:latest', 'careless', '--input-file', 'a.jpg']);
    assert.equal(careless.code, 1);
    assert.equal(await readFile(path.join(cwd, 'a.jpg'), 'utf8'), 'photo a.jpg');
  });

  it('prints the error of a failed input as its line, and ends with 1', async () => {
    const { code, context } = await run(
      ['Pets:latest', 'predict', '--input-file', 'a.jpg', 'none.jpg', 'b.jpg'],
      ({ image }) => {
        if (Buffer.from(image).toString() === 'photo a.jpg') throw new Fault('corrupt_image', 'Not a picture.');
      },
    );
    assert.equal(code, 1);
    const [first, second, third] = context.stdout.lines;
    assert.equal(first, 'Exception happened in API function: Not a picture.');
    assert.equal(second, `${path.join(cwd, 'none.jpg')} is not a file`);
    assert.equal(third, '[[0, 1], [15, 200]]');
    assert.match(context.stderr.text, /'http_status': 500/);
  });
});

describe('Arguments that make no sense', () => {
  const cases: [words: string[], says: string | RegExp][] = [
    [['Pets:latest', 'predict'], 'Insufficient arguments: (--input) or (--input-file) are required'],
    [['Pets:latest', 'predict', '--input-file'], 'Insufficient arguments: (--input) or (--input-file) are required'],
    [
      ['Pets:latest', 'predict', '--input', 'x', '--input-file', 'a.jpg'],
      'Conflict arguments: --input* and --input-file* should not be provided at same time',
    ],
    [
      ['Pets:latest', 'both', '--input-left', 'x', '--input-file-right', 'a.jpg'],
      'Conflict arguments: --input* and --input-file* should not be provided at same time',
    ],
    [
      ['Pets:latest', 'both', '--input-left', 'x', 'y', '--input-right', 'z'],
      'Arguments length mismatch: --input-left 2, --input-right 1',
    ],
    [
      ['Pets:latest', 'both', '--input-left', 'x'],
      'Insufficient arguments: (--input-left --input-right) or (--input-file-left --input-file-right) are required',
    ],
    [['Pets:latest', 'both', '--input-middle', 'x'], 'No such option: --input-middle'],
    [
      ['Nobody:latest', 'predict', '--input', 'x'],
      /^BentoService "Nobody:latest" not found - either specify the file path/,
    ],
    [['Pets:20990101000000_000000', 'predict', '--input', 'x'], /^BentoService "Pets:2099.*" not found - either/],
    [['Pets', 'predict', '--input', 'x'], /^BentoService "Pets" not found - either specify the file path/],
    [
      ['Pets:latest', 'paint', '--input', 'x'],
      'The service Pets has no API "paint"; it has predict, label, both, echo, bytes, pictures, careless',
    ],
    [['Pets:latest', 'predict', '--colour'], 'No such option: --colour'],
    [['Pets:latest', 'predict', 'more', '--input', 'x'], 'Got unexpected extra argument (more)'],
    [
      ['Pets:latest', 'predict', '--input', 'x', '-o', 'xml'],
      'Invalid value for -o/--output: xml. (choose from json, str)',
    ],
    [
      ['Pets:latest', 'predict', '--input', 'x', '--max-batch-size', '0'],
      'Invalid value for --max-batch-size: 0 is not a positive integer',
    ],
    [['Pets:latest', 'predict', '--input', 'x', '-o'], 'Option -o requires a value'],
  ];
  for (const [words, says] of cases) {
    it(`${words.join(' ')}`, async () => {
      const { code, context } = await run(words);
      assert.equal(code, 1);
      assert.equal(context.stdout.text, '');
      const [line = '', ...others] = context.stderr.lines;
      assert.deepEqual(others, []);
      if (typeof says === 'string') assert.equal(line, says);
      else assert.match(line, says);
      assert.deepEqual(context.requests, []);
    });
  }
});
