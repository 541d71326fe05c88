import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ChainManifestSchema, type ChainManifestSource } from '@segserve/contract';
import { type ChainSpec, isChain } from '../../domain/chainSpec.ts';
import { Fault } from '../../domain/fault.ts';
import type { ModelSpec } from '../../domain/modelSpec.ts';
import { resolveChains } from '../../models/resolveChains.ts';
import type { Opened } from '../opened.ts';
import { Scene } from '../scene.ts';
import { instanceSpec } from '../testing/instanceGraphs.ts';
import { plan } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';
import type { Job } from '../work.ts';
import { runChain } from './runChain.ts';

const timings = { queue: 0, decode: 1, preprocess: 2, infer: 4, postprocess: 8, encode: 0 };
const [width, height] = [16, 12];
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => at % 251);

type Act = (job: Job, call: number) => Fault | undefined;

/** A package that keeps what it is asked, and finds the left half of whatever it sees; `act` may fail a job. */
class FakePart {
  readonly jobs: Job[] = [];
  readonly opened: Opened;

  constructor(spec: ModelSpec, act: Act = () => undefined) {
    this.opened = {
      spec,
      segment: async (jobs: readonly Job[], settle: Parameters<Opened['segment']>[1]) => {
        for (const [index, job] of jobs.entries()) {
          this.jobs.push(job);
          const fault = act(job, this.jobs.length);
          if (fault) {
            settle(index, { fault });
            continue;
          }
          job.take!(sceneFor(spec, job));
          settle(index, { result: { width, height, answers: [], timings, batchSize: 1 } });
        }
      },
    } as unknown as Opened;
  }
}

function sceneFor(spec: ModelSpec, { header, threshold, photo }: Job): Scene {
  const size = { width: header.width, height: header.height };
  const isLeft = (at: number) => at % size.width < size.width / 2;
  const ofAll = (inside: number) =>
    Uint8Array.from({ length: size.width * size.height }, (_, at) => (isLeft(at) ? inside : 0));
  const isMatting = spec.manifest.task === 'matting';
  return new Scene({
    spec: spec as Scene['spec'],
    ...size,
    threshold,
    photo: photo ?? (() => Promise.reject(new Error('no photo'))),
    labels: isMatting ? undefined : ofAll(1),
    alpha: isMatting ? ofAll(200) : undefined,
    score: undefined,
  });
}

function named(name: string, spec: ModelSpec): ModelSpec {
  return { ...spec, ref: `${name}:1`, manifest: { ...spec.manifest, name } as ModelSpec['manifest'] };
}

const classes = named('classes', tinySpec({ background: 0 }));
const matte = named('matte', tinySpec({ task: 'matting' }));
const needy = named('needy', tinySpec({ task: 'matting', input: { trimap: {} } }));
const finder = named('finder', instanceSpec({ family: 'mask-rcnn' }, [64, 64], ['cup']));

function chainOf(stages: ChainManifestSource['stages']): ChainSpec {
  const manifest = ChainManifestSchema.parse({ schema: 1, name: 'c', version: '1', task: 'chain', stages });
  const chain: ModelSpec = { ref: 'c:1', manifest, folder: '/c', labels: [], palette: new Uint8Array(0) };
  const [spec] = resolveChains([chain, classes, matte, needy, finder]);
  assert.ok(spec && isChain(spec));
  return spec;
}

function job(words: Partial<Job> = {}): Job {
  const header = {
    format: 'png',
    storedWidth: width,
    storedHeight: height,
    orientation: 1,
    width,
    height,
    raw: 3,
  } as const;
  return { image: pixels, header, answers: [], threshold: 0.5, take: () => {}, ...words };
}

function parts(...fakes: readonly FakePart[]): (ref: string) => Opened {
  return (ref) => fakes.find(({ opened }) => opened.spec.ref === ref)!.opened;
}

const half = { name: 'half', kind: 'model', model: 'classes' } as const;
const cut = { name: 'cut', kind: 'crops', of: 'half', model: 'matte', margin: 0 } as const;

describe('runChain', () => {
  test('gives each crop as a part of the one decoded picture', async () => {
    const [first, second] = [new FakePart(classes), new FakePart(matte)];
    let taken: Scene | undefined;
    await runChain(chainOf([half, cut]), parts(first, second), job({ take: (scene) => (taken = scene) }));
    const [{ image, header } = assert.fail()] = second.jobs;
    assert.equal(image.length, width * height * 3);
    assert.deepEqual(header.part, { x: 0, y: 0, width: width / 2, height });
    assert.deepEqual([header.raw, header.width, header.height], [3, width / 2, height]);
    const [whole = assert.fail()] = first.jobs;
    const photo = await whole.photo!();
    assert.equal(photo, await taken!.photo(), 'the one that stages and answers share');
    assert.equal(photo.data, image);
    assert.equal(whole.image, pixels, 'while the whole is read as it came');
    assert.equal(taken!.spec.ref, 'c:1');
    assert.equal(taken!.alpha!.filter((opacity) => opacity === 200).length, (width / 4) * height);
  });

  test('asks for what the answers need only where they are made', async () => {
    const [first, second] = [new FakePart(classes), new FakePart(classes)];
    const chain = chainOf([half, { name: 'b', kind: 'crops', of: 'half', model: 'matte' }]);
    const answers = [plan('alpha')];
    await runChain(chain, parts(first, new FakePart(matte)), job({ answers }));
    assert.deepEqual(first.jobs[0]!.answers, []);
    const alone = chainOf([half]);
    await runChain(alone, parts(second), job({ answers }));
    assert.deepEqual(second.jobs[0]!.answers, answers);
  });

  test('gives stages their own thresholds and choices, and the answered one the request’s', async () => {
    const found = {
      name: 'found',
      kind: 'model',
      model: 'finder',
      threshold: 0.3,
      scoreThreshold: 0.7,
      maxInstances: 4,
    } as const;
    const [first, second] = [new FakePart(finder, () => undefined), new FakePart(matte)];
    const withMatte = { ...cut, of: 'found', threshold: 0.2, refine: 'guided' } as const;
    const asked = job({ threshold: 0.9, mask: { refine: 'none', scoreThreshold: 0.1, maxInstances: 1 } });
    await runChain(chainOf([found, withMatte]), parts(first, second), asked);
    const [stage = assert.fail()] = first.jobs;
    assert.deepEqual([stage.threshold, stage.mask], [0.3, { refine: 'none', scoreThreshold: 0.7, maxInstances: 4 }]);
    assert.deepEqual([second.jobs[0]?.threshold, second.jobs[0]?.mask?.refine], [0.9, 'guided']);
    await runChain(chainOf([found]), parts(first), asked);
    const answered = first.jobs.at(-1)!;
    assert.deepEqual(
      [answered.threshold, answered.mask],
      [0.9, { refine: 'none', scoreThreshold: 0.1, maxInstances: 1 }],
    );
  });

  test('makes the trimap of what an earlier stage found: known on both sides of a band', async () => {
    const [first, second] = [new FakePart(classes), new FakePart(needy)];
    const matting = { name: 'b', kind: 'model', model: 'needy', trimap: { of: 'half', band: 0.125 } } as const;
    await runChain(chainOf([half, matting]), parts(first, second), job());
    const { image, header } = second.jobs[0]!.extras!.trimap!;
    assert.deepEqual([header.width, header.height, header.raw], [width, height, 1]);
    // Two pixels of sixteen on each side of the edge between the eighth and the ninth column.
    assert.deepEqual(
      [...image.subarray(0, width)],
      [...Array(6).fill(255), ...Array(4).fill(128), ...Array(6).fill(0)],
    );
  });

  test('does not begin a stage once the caller has left', async () => {
    for (const [reason, code] of [
      [undefined, 'cancelled'],
      [new Fault('deadline_exceeded', 'too late'), 'deadline_exceeded'],
    ] as const) {
      const leaving = new AbortController();
      const first = new FakePart(classes, () => void leaving.abort(reason));
      const second = new FakePart(matte);
      const run = runChain(chainOf([half, cut]), parts(first, second), job({ signal: leaving.signal }));
      await assert.rejects(
        run,
        (error) => error instanceof Fault && error.code === code && !/Stage/.test(error.message),
      );
      assert.deepEqual([first.jobs.length, second.jobs.length], [1, 0]);
    }
  });

  test('hears of a caller who leaves while a stage holds the thread', async () => {
    const leaving = new AbortController();
    const first = new FakePart(classes, () => void setImmediate(() => leaving.abort()));
    const second = new FakePart(matte);
    await assert.rejects(runChain(chainOf([half, cut]), parts(first, second), job({ signal: leaving.signal })), {
      code: 'cancelled',
    });
    assert.equal(second.jobs.length, 0);
  });

  test('stops between handfuls of crops', async () => {
    const leaving = new AbortController();
    const stripes = new FakePart(classes);
    stripes.opened.segment = async (jobs, settle) => {
      const labels = Uint8Array.from({ length: width * height }, (_, at) => at % 2); // a region for each second column
      jobs[0]!.take!(sceneFor(classes, jobs[0]!).with({ labels }));
      settle(0, { result: { width, height, answers: [], timings, batchSize: 1 } });
    };
    const upright = { ...cut, most: 256 };
    const calm = new FakePart(matte);
    await runChain(chainOf([half, upright]), parts(stripes, calm), job());
    assert.equal(calm.jobs.length, 8);
    const hasty = new FakePart(matte, () => void leaving.abort());
    await assert.rejects(
      runChain(chainOf([half, { ...upright, margin: 4 }]), parts(stripes, hasty), job({ signal: leaving.signal })),
      {
        code: 'cancelled',
      },
    );
    assert.equal(hasty.jobs.length, 1, 'each crop is as large as the picture, so they go one by one');
  });

  test('names the stage and the crop that failed, and keeps what kind of failure it was', async () => {
    const second = new FakePart(matte, () => Fault.expected('model_invalid', 'one thing', 'another'));
    const run = runChain(chainOf([half, cut]), parts(new FakePart(classes), second), job());
    await assert.rejects(run, {
      code: 'model_invalid',
      message: 'Stage "cut", crop 1 of 1 (8×12 at 0, 0): Expected one thing but received another.',
      expected: 'one thing',
      received: 'another',
    });
    const first = new FakePart(classes, () => new Fault('corrupt_image', 'Broken.'));
    await assert.rejects(runChain(chainOf([half, cut]), parts(first, second), job()), {
      code: 'corrupt_image',
      message: 'Stage "half": Broken.',
    });
  });

  test('adds up what its packages have spent, and says what each stage took', async () => {
    const { timings: spent, stages = [] } = await runChain(
      chainOf([half, cut]),
      parts(new FakePart(classes), new FakePart(matte)),
      job(),
    );
    assert.deepEqual([spent.preprocess, spent.infer], [4, 8]);
    assert.ok(spent.decode >= 2 && spent.postprocess >= 16);
    assert.deepEqual(
      stages.map(({ name, runs }) => [name, runs]),
      [
        ['half', 1],
        ['cut', 1],
      ],
    );
  });
});
