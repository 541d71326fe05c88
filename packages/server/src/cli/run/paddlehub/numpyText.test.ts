import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numpyText } from './numpyText.ts';

const picture = (width: number, height: number, valueAt: (x: number, y: number) => number) =>
  numpyText(
    Uint8Array.from({ length: width * height }, (_, at) => valueAt(at % width, Math.floor(at / width))),
    width,
    height,
  );

// What NumPy 1.26 prints of the same arrays.
const cases: [title: string, text: string, expected: string[]][] = [
  ['a small picture whole', picture(3, 2, (x, y) => x + y), ['array([[0, 1, 2],', '       [1, 2, 3]], dtype=uint8)']],
  [
    'more than 1000 pixels by their corners, numbers right-aligned among those shown',
    picture(100, 100, (x) => (x >= 3 && x < 97 ? 200 : x < 3 ? 5 : 17)),
    [
      'array([[ 5,  5,  5, ..., 17, 17, 17],',
      '       [ 5,  5,  5, ..., 17, 17, 17],',
      '       [ 5,  5,  5, ..., 17, 17, 17],',
      '       ...,',
      '       [ 5,  5,  5, ..., 17, 17, 17],',
      '       [ 5,  5,  5, ..., 17, 17, 17],',
      '       [ 5,  5,  5, ..., 17, 17, 17]], dtype=uint8)',
    ],
  ],
  [
    'a side of six or less whole',
    picture(5, 400, (x, y) => (y < 3 ? x : 9)),
    [
      'array([[0, 1, 2, 3, 4],',
      '       [0, 1, 2, 3, 4],',
      '       [0, 1, 2, 3, 4],',
      '       ...,',
      '       [9, 9, 9, 9, 9],',
      '       [9, 9, 9, 9, 9],',
      '       [9, 9, 9, 9, 9]], dtype=uint8)',
    ],
  ],
  [
    'long rows in lines of at most 75 columns',
    picture(19, 2, () => 100),
    [
      'array([[100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,',
      '        100, 100, 100, 100, 100, 100],',
      '       [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,',
      '        100, 100, 100, 100, 100, 100]], dtype=uint8)',
    ],
  ],
  [
    'the type on a line of its own where it has no room',
    picture(12, 1, () => 100),
    ['array([[100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]],', '      dtype=uint8)'],
  ],
];
for (const [title, text, expected] of cases) {
  test(`A picture is printed as NumPy does: ${title}`, () => assert.equal(text, expected.join('\n')));
}
