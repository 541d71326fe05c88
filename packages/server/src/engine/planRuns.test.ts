import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageHeader } from '../domain/image.ts';
import { defaultLimits, type Limits } from '../domain/limits.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import type { MaskPlan, SegmentRequest } from '../domain/request.ts';
import { plan } from '../pipeline/testing/pictures.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { freeSpec } from '../pipeline/tiled/testing/convolution.ts';
import { pixelsOf } from './plan.ts';
import { mayBeLarge, planRuns } from './planRuns.ts';

const png = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
const baseline = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 4]);
const progressive = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 4]);

function header(width: number, height: number, changes: Partial<ImageHeader> = {}): ImageHeader {
  return { format: 'png', storedWidth: width, storedHeight: height, orientation: 1, width, height, ...changes };
}

interface Case {
  readonly spec?: PictureSpec;
  readonly picture?: ImageHeader;
  readonly image?: Uint8Array;
  readonly answers?: Parameters<typeof planRuns>[3];
  readonly mask?: MaskPlan;
  readonly limits?: Partial<Limits>;
}

const spec = freeSpec(5, { input: { size: { rule: 'free', multiple: 32 } } });

function planned(request: Omit<SegmentRequest, 'model' | 'image' | 'answers'>, options: Case = {}) {
  const { picture = header(800, 600), image = png, answers = [plan('labels')], mask = { refine: 'none' } } = options;
  const limits = { ...defaultLimits, ...options.limits };
  return planRuns(options.spec ?? spec, { image, ...request }, picture, answers, mask, limits);
}

describe('planRuns', () => {
  it('leaves a request that says nothing as it is', () => {
    assert.deepEqual(planned({}), { header: header(800, 600), mask: { refine: 'none' }, isAlone: false });
  });

  it('lets what comes from several runs share no batch', () => {
    assert.equal(planned({ tile: 'auto' }).isAlone, true);
    assert.equal(planned({ flips: 'horizontal' }).isAlone, true);
    assert.equal(planned({ tile: 'off', flips: 'none', scales: [1] }).isAlone, false);
    const tiled = freeSpec(5, { input: { size: { rule: 'free', multiple: 32 }, fit: 'tile' } });
    assert.equal(planned({}, { spec: tiled }).mask.tile, 'auto');
  });

  it('makes the region the picture', () => {
    const region = { x: 700, y: 500, width: 100, height: 100 };
    const { header: part, mask } = planned({ region });
    assert.deepEqual([part.width, part.height, part.part], [100, 100, region]);
    assert.equal(mask.inPlace, undefined);
  });

  const fixed = tinySpec();
  const ready = tinySpec({ output: { kind: 'labels' } });
  const classifier = tinySpec({ task: 'classification' });
  const large = header(20_000, 20_000);
  const refusals: readonly (readonly [string, Parameters<typeof planned>[0], Case, RegExp, string?])[] = [
    ['tiles of a classifier', { tile: 'auto' }, { spec: classifier }, /no scores for each pixel.*leave "tile" out/],
    ['flips of ready classes', { flips: 'both' }, { spec: ready }, /ready classes.*leave "flips" out/],
    ['scales of a fixed input', { scales: [0.5] }, { spec: fixed }, /not fixed.*tiny:1, which takes 24×16/],
    ['a scale of 5', { scales: [5] }, {}, /1 to 5 scales from 0.25 to 4 but received \[5\]/],
    ['six scales', { scales: [1, 1, 1, 1, 1, 1] }, {}, /1 to 5 scales/],
    ['NaN as a scale', { scales: [Number.NaN] }, {}, /1 to 5 scales/],
    ['tiny tiles', { tile: { width: 16, height: 512 } }, {}, /sides of 32 to 16384 pixels but received 16×512/],
    [
      'a region beyond the edge',
      { region: { x: 750, y: 0, width: 51, height: 9 } },
      {},
      /inside the picture of 800×600/,
    ],
    ['half a pixel', { region: { x: 0.5, y: 0, width: 5, height: 9 } }, {}, /inside the picture/],
    ['regionOnly alone', { regionOnly: false }, {}, /a region beside regionOnly/],
    [
      'a place without background',
      { region: { x: 0, y: 0, width: 9, height: 9 }, regionOnly: false },
      {},
      /no background/,
    ],
    ['a large picture', {}, { picture: large }, /at most 50000000 pixels.*tile=auto.*20000×20000/, 'image_too_large'],
    [
      'a large part',
      { region: { x: 0, y: 0, width: 9000, height: 9000 } },
      { picture: large },
      /smaller region/,
      'image_too_large',
    ],
    [
      'a large GIF',
      { tile: 'auto' },
      { picture: { ...large, format: 'gif' } },
      /row by row.*GIF, which is decoded whole/,
      'image_too_large',
    ],
    [
      'a large turned picture',
      { tile: 'auto' },
      { picture: { ...large, orientation: 6 } },
      /EXIF orientation turns/,
      'image_too_large',
    ],
    [
      'a large progressive JPEG',
      { tile: 'auto' },
      { picture: { ...large, format: 'jpeg' }, image: progressive },
      /progressive/,
      'image_too_large',
    ],
    [
      'a large overlay',
      { tile: 'auto' },
      { picture: large, answers: [plan('overlay')] },
      /labels as png or tiff.*overlay as jpeg/,
      'image_too_large',
    ],
    [
      'a large size',
      { tile: 'auto' },
      { picture: large, mask: { refine: 'none', size: { width: 5, height: 5 } } },
      /without "size"/,
      'image_too_large',
    ],
    [
      'large outlines without small regions',
      { tile: 'auto' },
      { picture: large, answers: [plan('geojson', { format: 'geojson', minArea: 5 })] },
      /without minArea/,
      'image_too_large',
    ],
    [
      'a large minArea',
      { tile: 'auto' },
      { picture: large, answers: [plan('labels', { minArea: 5 })] },
      /without minArea/,
      'image_too_large',
    ],
    ['scores of tiles', { tile: 'auto' }, { answers: [plan('scores')] }, /scores cannot be had of a picture in tiles/],
    [
      'a tile plan too large',
      { tile: { width: 8192, height: 8192 } },
      { picture: header(9000, 5000) },
      /at most 536870912 bytes.*received \d+ bytes for 2×1 tiles of 8192×5024 with 5 classes over 9000 columns/,
      'image_too_large',
    ],
  ];
  for (const [name, request, options, message, code = 'invalid_request'] of refusals) {
    it(`refuses ${name}, and says why`, () => {
      assert.throws(() => planned(request, options), { code, message });
    });
  }

  it('lets a large picture through in tiles, and a small part of one, in formats that are read row by row', () => {
    for (const [format, image] of [
      ['png', png],
      ['tiff', png],
      ['jpeg', baseline],
    ] as const) {
      assert.ok(planned({ tile: 'auto' }, { picture: { ...large, format }, image }).isAlone);
      const region = { x: 15_000, y: 15_000, width: 500, height: 500 };
      assert.equal(planned({ region }, { picture: { ...large, format }, image }).header.width, 500);
    }
  });

  it('lets flips of a graph that resizes by itself work in tiles alone', () => {
    const graph = tinySpec({ input: { resizeIn: 'graph' } });
    assert.throws(() => planned({ flips: 'both' }, { spec: graph }), /works with tiles alone/);
    assert.ok(planned({ flips: 'both', tile: 'auto' }, { spec: graph }).isAlone);
  });
});

it('only what is tiled or a part may be larger than what is held', () => {
  const image = png;
  assert.equal(mayBeLarge(spec, { image }), false);
  assert.equal(mayBeLarge(spec, { image, tile: 'off' }), false);
  assert.equal(mayBeLarge(spec, { image, tile: 'auto' }), true);
  assert.equal(mayBeLarge(spec, { image, region: { x: 0, y: 0, width: 1, height: 1 } }), true);
  assert.equal(mayBeLarge(freeSpec(2, { input: { fit: 'tile' } }), { image }), true);
});

it('a ticket of tiles costs the worker a stretch of pixels, however large its picture', () => {
  const picture = { width: 20_000, height: 20_000 };
  assert.equal(pixelsOf(picture, { refine: 'none', tile: 'auto' }), 24_000_000);
  assert.equal(pixelsOf({ width: 10, height: 10 }, { refine: 'none', tile: 'auto' }), 100);
  assert.equal(pixelsOf(picture, { refine: 'none', tile: 'off' }), 400_000_000);
});
