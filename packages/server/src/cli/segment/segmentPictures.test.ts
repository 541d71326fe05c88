import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { answerFormats, answerKinds } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { answerWords, formatWords } from './answerWords.ts';
import { collectInputs } from './collectInputs.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

/** Makes files whose bytes are their names. */
async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    const file = path.join(cwd, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, name);
  }
}

async function tree(): Promise<string[]> {
  const entries = await readdir(cwd, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return names.map((name) => path.relative(cwd, name)).toSorted();
}

async function segment(words: string[], given: Parameters<typeof fakeContext>[0] = {}) {
  const context = fakeContext({ cwd, ...given });
  return { code: await run(['segment', ...words], context), context };
}

/** Runs, expects wrong usage before any work, gives the one line. */
async function refused(words: string[], given: Parameters<typeof fakeContext>[0] = {}): Promise<string> {
  const before = await tree();
  const { code, context } = await segment(words, given);
  assert.equal(code, 2, context.stderr.text);
  assert.equal(context.requests.length, 0);
  assert.deepEqual(await tree(), before);
  assert.equal(context.stderr.lines.length, 1, context.stderr.text);
  return context.stderr.lines[0] ?? '';
}

test('The words of the command line are those of the contract', () => {
  assert.deepEqual(answerWords, answerKinds);
  assert.deepEqual(formatWords, answerFormats);
});

test('A picture becomes NAME.cutout.png beside it with a matting model', async () => {
  await files('photo.jpg');
  const { code, context } = await segment(['photo.jpg']);
  assert.equal(code, 0, context.stderr.text);
  assert.deepEqual(await tree(), ['photo.cutout.png', 'photo.jpg']);
  assert.equal(await readFile(path.join(cwd, 'photo.cutout.png'), 'utf8'), 'cutout of photo.jpg');
  assert.match(context.stderr.text, /^photo\.jpg -> photo\.cutout\.png \(4×3, \d+ ms\)\n$/);
  assert.equal(context.stdout.text, '');
  assert.deepEqual(context.events.slice(-1), ['close engine']);
});

test('A semantic model gives color when nothing is asked', async () => {
  await files('photo.jpg');
  await segment(['photo.jpg', '--model', 'street']);
  assert.deepEqual(await tree(), ['photo.color.png', 'photo.jpg']);
});

test('Several answers come from one request, each under its own name', async () => {
  await files('photo.jpg');
  const { context } = await segment([
    'photo.jpg',
    '--as',
    'overlay,stats,cutout',
    '--opacity',
    '0.3',
    '--classes',
    'a,1',
  ]);
  assert.deepEqual(await tree(), ['photo.cutout.png', 'photo.jpg', 'photo.overlay.jpg', 'photo.stats.json']);
  assert.equal(context.requests.length, 1);
  assert.deepEqual(context.requests[0]?.answers, [
    { kind: 'overlay', format: 'jpeg', opacity: 0.3 },
    { kind: 'stats', format: 'json' },
    { kind: 'cutout', format: 'png', classes: ['a', 1] },
  ]);
});

test('The extension of -o decides the format, and --format the extension', async () => {
  await files('photo.jpg');
  const { context } = await segment(['photo.jpg', '-o', 'out/person.webp', '--quality', '80', '--threshold', '0.4']);
  assert.deepEqual(context.requests[0]?.answers, [{ kind: 'cutout', format: 'webp', quality: 80 }]);
  assert.equal(context.requests[0]?.threshold, 0.4);
  await segment(['photo.jpg', '--format', 'avif']);
  assert.deepEqual(await tree(), ['out/person.webp', 'photo.cutout.avif', 'photo.jpg']);
});

test('Statistics stay JSON whatever format the pictures beside them have', async () => {
  await files('photo.jpg');
  await segment(['photo.jpg', '--as', 'cutout,stats', '--format', 'webp']);
  assert.deepEqual(await tree(), ['photo.cutout.webp', 'photo.jpg', 'photo.stats.json']);
});

test('A folder gives its pictures in order, with --recursive their places below -o, and hidden ones never', async () => {
  await files('in/b.png', 'in/a.jpg', 'in/notes.txt', 'in/day/c.webp', 'in/.hidden/d.png');
  const options = { cwd, recursive: false, outputFolder: undefined };
  const { inputs } = await collectInputs(['in'], options);
  assert.deepEqual(
    inputs.map(({ shown }) => shown),
    ['in/a.jpg', 'in/b.png'],
  );
  await segment(['-r', 'in', '-o', 'deep']);
  assert.deepEqual(
    (await tree()).filter((name) => name.startsWith('deep')),
    ['deep/a.cutout.png', 'deep/b.cutout.png', 'deep/day/c.cutout.png'],
  );
});

test('A glob is expanded here, and keeps the folders after its fixed part', async () => {
  await files('shots/x/1.jpg', 'shots/y/2.jpg', 'shots/y/readme.md');
  const { code } = await segment(['shots/**/*', '-o', 'out']);
  assert.equal(code, 0);
  assert.deepEqual(
    (await tree()).filter((name) => name.startsWith('out')),
    ['out/x/1.cutout.png', 'out/y/2.cutout.png'],
  );
});

test('A file whose name looks like a glob is taken as the file', async () => {
  await files('photo[1].jpg');
  assert.equal((await segment(['photo[1].jpg'])).code, 0);
});

test('A file that is named twice is segmented once', async () => {
  await files('in/a.jpg');
  assert.equal((await segment(['in/a.jpg', 'in', './in/a.jpg'])).context.requests.length, 1);
});

test('Answers of an earlier run are no pictures to segment', async () => {
  await files('in/a.jpg', 'in/b.png', 'in/lone.cutout.png');
  await segment(['in']);
  const { context } = await segment(['in']);
  assert.equal(context.requests.length, 3);
  assert.match(context.stderr.lines.at(-1) ?? '', /3 earlier answers passed over$/);
});

test('Answers below an output folder inside the input folder are no pictures to segment', async () => {
  await files('in/a.jpg', 'in/out/old.png');
  assert.equal((await segment(['-r', 'in', '-o', 'in/out'])).context.requests.length, 1);
});

test('Inputs that differ by extension alone keep it in the names of their answers', async () => {
  await files('in/a.jpg', 'in/a.png', 'in/b.png');
  await segment(['in', '-o', 'out']);
  assert.deepEqual(
    (await tree()).filter((name) => name.startsWith('out')),
    ['out/a.jpg.cutout.png', 'out/a.png.cutout.png', 'out/b.cutout.png'],
  );
});

test('Standard input goes to standard output', async () => {
  const stdin = (async function* () {
    yield Buffer.from('some ');
    yield Buffer.from('bytes');
  })();
  const { code, context } = await segment(['-'], { stdin });
  assert.equal(code, 0, context.stderr.text);
  assert.equal(context.stdout.text, 'cutout of some bytes');
});

test('-o - writes one answer of one picture to standard output', async () => {
  await files('a.jpg');
  const { context } = await segment(['a.jpg', '-o', '-', '--quiet']);
  assert.equal(context.stdout.text, 'cutout of a.jpg');
  assert.equal(context.stderr.text, '');
});

test('One failed picture makes the exit code 1, and the others are written', async () => {
  await files('in/a.jpg', 'in/bad.jpg', 'in/c.jpg');
  const onSegment = ({ image }: { image: Uint8Array }) => {
    if (Buffer.from(image).includes('bad')) throw new Fault('corrupt_image', 'The JPEG ends too early.');
  };
  const { code, context } = await segment(['in', '-o', 'out'], { onSegment });
  assert.equal(code, 1);
  assert.deepEqual(
    (await tree()).filter((name) => name.startsWith('out')),
    ['out/a.cutout.png', 'out/c.cutout.png'],
  );
  assert.ok(context.stderr.lines.includes('segserve: in/bad.jpg: The JPEG ends too early.'));
  assert.match(context.stderr.lines.at(-1) ?? '', /^2 pictures in .*, 1 failed$/);
});

test('A picture above the byte limit fails before it is read', async () => {
  await files('large.jpg');
  const { code, context } = await segment(['large.jpg'], { env: { SEGSERVE_LIMITS_IMAGE_BYTES_MAX: '4' } });
  assert.equal(code, 1);
  assert.match(context.stderr.text, /large\.jpg: Expected a picture of at most 4 bytes .* but received 9\./);
});

test('Piped, each picture is a plain line; on a terminal, several pictures share a bar', async () => {
  await files('in/a.jpg', 'in/b.jpg');
  const piped = await segment(['in', '-o', 'out']);
  assert.equal(piped.context.stderr.lines.length, 3);
  assert.ok(!['\r', '\x1b', '█'].some((mark) => piped.context.stderr.text.includes(mark)));
  const terminal = await segment(['in', '-o', 'out'], { isTTY: true });
  const drawn = terminal.context.stderr.text.split('\r\x1b[2K');
  assert.match(drawn[1] ?? '', /^\[█+░*\] 1\/2 {2}[\d.]+\/s {2}1 s left$/);
  assert.match(drawn.at(-1) ?? '', /^2 pictures in .*\n$/);
});

test('--json writes a line of JSON for each picture, failed ones too', async () => {
  await files('in/a.jpg', 'in/bad.jpg');
  const onSegment = ({ image }: { image: Uint8Array }) => {
    if (Buffer.from(image).includes('bad')) throw new Fault('corrupt_image', 'Broken.');
  };
  const { context } = await segment(['in', '--json', '--as', 'alpha'], { onSegment });
  const lines = context.stdout.lines.map((line) => JSON.parse(line));
  const good = lines.find((line) => line.model);
  assert.equal(good.model, 'portrait:1');
  assert.deepEqual(good.answers, [
    { answer: 'alpha', contentType: 'image/png', bytes: 17, file: path.join(cwd, 'in/a.alpha.png') },
  ]);
  assert.deepEqual(lines.find((line) => line.error)?.error, { code: 'corrupt_image', message: 'Broken.' });
});

test('--skip-existing goes on where a run was stopped', async () => {
  await files('in/a.jpg', 'in/b.jpg', 'out/a.cutout.png');
  const { code, context } = await segment(['in', '-o', 'out', '--skip-existing']);
  assert.equal(code, 0);
  assert.equal(context.requests.length, 1);
  assert.equal((await segment(['in', '-o', 'out', '--skip-existing'])).context.requests.length, 0);
});

test('At most four pictures are in flight', async () => {
  await files(...Array.from({ length: 12 }, (_, index) => `in/${index}.jpg`));
  let inside = 0;
  let most = 0;
  const onSegment = async () => {
    inside++;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside--;
  };
  await segment(['in', '-o', 'out'], { onSegment });
  assert.equal(most, 4);
});

test('SIGINT stops after the pictures in flight, leaves no half file, and gives 130', async () => {
  await files(...Array.from({ length: 9 }, (_, index) => `in/${index}.jpg`));
  const context = fakeContext({
    cwd,
    onSegment: ({ signal }) => {
      if (context.requests.length === 4) context.send('SIGINT');
      if (signal?.aborted) throw new Fault('cancelled', 'Cancelled.');
    },
  });
  assert.equal(await run(['segment', 'in', '-o', 'out'], context), 130);
  assert.equal(context.requests.length, 4);
  assert.ok(!context.stderr.text.includes('Cancelled'));
  assert.match(context.stderr.lines.at(-1) ?? '', /stopped with \d left/);
  assert.ok((await tree()).every((name) => !path.basename(name).startsWith('.')));
  assert.deepEqual(context.events.slice(-1), ['close engine']);
});

test('SIGINT ends a wait for standard input that never comes', async () => {
  const ended = Promise.withResolvers<void>();
  let interrupt = () => {};
  const stdin = Object.assign(
    (async function* () {
      interrupt();
      await ended.promise;
      yield* [];
      throw new Error('destroyed');
    })(),
    { destroy: () => ended.resolve() },
  );
  const context = fakeContext({ cwd, stdin });
  interrupt = () => context.send('SIGINT');
  assert.equal(await run(['segment', '-'], context), 130);
  assert.equal(context.requests.length, 0);
  assert.equal(context.stdout.text, '');
});

test('The second SIGINT ends the process at once', async () => {
  await files('a.jpg');
  const context = fakeContext({
    cwd,
    onSegment: () => {
      context.send('SIGINT');
      context.send('SIGINT');
    },
  });
  await run(['segment', 'a.jpg'], context);
  assert.ok(context.events.includes('exit 130'));
});

test('Wrong usage is one line that says what would be right', async () => {
  await files('a.jpg', 'b.jpg', 'empty/notes.txt', 'deep/er/c.jpg');
  const cases: [string[], RegExp][] = [
    [['nowhere.jpg'], /"nowhere\.jpg" does not exist\./],
    [['*.png'], /No picture matches "\*\.png"\./],
    [['deep'], /holds no picture .* Add --recursive/],
    [['a.jpg', '--as', 'cutuot'], /--as: no answer "cutuot"\. Did you mean "cutout"\?/],
    [['a.jpg', '--as', ','], /--as: expected one or more of labels, color/],
    [
      ['a.jpg', '--as', 'alpha', '--format', 'avif'],
      /--format: alpha is written as png, webp, jpeg, tiff, not as avif\./,
    ],
    [['a.jpg', '--format', 'bmp'], /argument 'bmp' is invalid\. Allowed choices are png, webp/],
    [['a.jpg', '--quality', '0'], /--quality: expected a whole number from 1 to 100, found "0"\./],
    [['a.jpg', '--opacity', 'much'], /--opacity: expected a number from 0 to 1, found "much"\./],
    [['a.jpg', '--threshold', '2'], /--threshold: expected a number from 0 to 1, found "2"\./],
    [['a.jpg', 'b.jpg', '-o', 'x.png'], /A file takes one answer of one picture, found 2 × 1\./],
    [['a.jpg', '--as', 'alpha,cutout', '-o', '-'], /Standard output takes one answer of one picture, found 1 × 2\./],
    [['a.jpg', '-o', 'x.bmp'], /-o: expected a folder or a file ending in \.png, .* found "x\.bmp"\./],
    [['a.jpg', '-o', 'x.webp', '--format', 'png'], /--format png and the extension of -o \(webp\) disagree\./],
    [['a.jpg', '--as', 'overlay', '-o', 'a.jpg'], /The answer of a\.jpg would replace the input a\.jpg\./],
    [['a.jpg', '-o', '-', '--json'], /--json and an answer cannot share standard output\./],
    [['a.jpg', '--model', 'nobody'], /No model "nobody" is served here\..* See "segserve models list"\./],
    [['a.jpg', '--threads', 'many'], /--threads: engine\.threads: expected "auto" or a whole number/],
    [['a.jpg', '--formt', 'png'], /unknown option '--formt'\. Did you mean --format\? See "segserve segment --help"\./],
    [[], /missing required argument 'inputs'\. See "segserve segment --help"\./],
  ];
  for (const [words, expected] of cases) assert.match(await refused(words), expected, words.join(' '));
});

test('A picture is not written to a terminal', async () => {
  await files('a.jpg');
  assert.match(await refused(['a.jpg', '-o', '-'], { isTTY: true }), /A terminal cannot show a picture\./);
  const { code } = await segment(['a.jpg', '-o', '-', '--as', 'stats'], { isTTY: true });
  assert.equal(code, 0);
});

test('An input is not replaced through another path to it', async () => {
  await files('real/a.jpg');
  await symlink(path.join(cwd, 'real'), path.join(cwd, 'link'));
  const line = await refused(['real/a.jpg', '--as', 'overlay', '-o', 'link/a.jpg']);
  assert.match(line, /would replace the input real\/a\.jpg\./);
});

test('A model that does not load fails once, with its reason', async () => {
  await files('a.jpg', 'b.jpg');
  const broken = fakeContext();
  const engine = await broken.services.openEngine({ models: [], limits: {} as never, threads: 1 });
  const model = (ref: string) => ({ ...engine.model(ref), state: 'failed' as const, error: 'the graph is broken' });
  const { code, context } = await segment(['a.jpg', 'b.jpg'], {
    services: { openEngine: async () => ({ ...engine, model }) },
  });
  assert.equal(code, 1);
  assert.equal(context.stderr.text, 'segserve: portrait:1 cannot be used: the graph is broken\n');
});
