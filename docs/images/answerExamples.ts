import type { AnswerKind } from '@segserve/contract';
import type { AnswerExample } from './answerExample.ts';
import { jsonExcerpt, textExcerpt } from './draw/excerpt.ts';
import { framed, onBoard } from './draw/frame.ts';
import { spread, tiles } from './draw/grey.ts';
import { instances, masks, topk } from './draw/instances.ts';
import { coco, geojson, labelstudio, polygons, stats, svg, yolo } from './draw/outlines.ts';
import { readNpy } from './draw/readNpy.ts';
import { segmentIds } from './draw/segmentIds.ts';

const person = { photo: 'astronaut.jpg', model: 'portrait' };
const table = { photo: 'coffee.jpg', model: 'tones' };
const cells = { photo: 'nuclei-fluorescence.png', model: 'nuclei' };

/**
 * One for each kind of answer; a kind without one does not compile. A new kind takes an entry here and a section in
 * docs/reference/answers.md with the two lines `<!-- example: KIND -->` and `<!-- end of example -->`; then run make.ts.
 */
export const answerExamples: Readonly<Record<AnswerKind, AnswerExample>> = {
  labels: {
    ...table,
    query: 'answer=labels',
    alt: 'Five flat shades of grey: table, saucer, cup, coffee, shadow',
    drawn: 'The numbers are 0…4 and would all look black: here 4 is white.',
    draw: spread,
  },
  color: {
    ...table,
    query: 'answer=color',
    alt: 'The same class map, each class in its colour',
    draw: (answer) => framed(answer, 'nearest'),
  },
  overlay: { ...table, query: 'answer=overlay', alt: 'The photo shines through the class colours', draw: whole },
  alpha: {
    ...person,
    query: 'answer=alpha&refine=guided',
    alt: 'The astronaut white on black, with soft edges',
    draw: whole,
  },
  cutout: {
    ...person,
    query: 'answer=cutout&refine=guided&decontaminate=true',
    alt: 'The astronaut without the room behind her',
    drawn: 'Laid on a chessboard to show what is transparent.',
    draw: (answer) => onBoard(answer),
  },
  composite: {
    ...person,
    query: 'answer=composite&background=blur&blur=0.03&refine=guided',
    alt: 'The astronaut sharp, the room behind her blurred',
    draw: whole,
  },
  trimap: {
    ...person,
    query: 'answer=trimap&band=8',
    alt: 'White inside, black outside, a grey band along the edge',
    draw: whole,
  },
  tensor: {
    ...person,
    query: 'answer=tensor',
    alt: 'The opacity as numbers, drawn in grey',
    drawn: 'The array drawn from black (0) to white (1).',
    draw: (answer) => planesOf(answer, ['']),
    excerpt: (answer) => readNpy(answer).header,
  },
  scores: {
    ...table,
    query: 'answer=scores',
    alt: 'Five maps, one for each class, bright where the class is likely',
    drawn: 'The array’s planes drawn from black (0) to white (1), in the order of the classes.',
    draw: (answer) => planesOf(answer, ['0 wood', '1 saucer', '2 porcelain', '3 coffee', '4 shadow']),
    excerpt: (answer) => readNpy(answer).header,
  },
  uncertainty: {
    ...table,
    query: 'answer=uncertainty',
    alt: 'Black inside of things, bright along their borders',
    draw: whole,
  },
  stats: {
    ...table,
    query: 'answer=stats&minArea=400&fillHoles=400',
    alt: 'A box and a cross for each class, with its share',
    drawn: 'Boxes, centroids and shares drawn from the answer.',
    draw: stats,
    excerpt: jsonExcerpt,
  },
  masks: {
    ...table,
    query: 'answer=masks',
    alt: 'Five black and white masks, one for each class',
    drawn: 'The five PNGs beside each other, largest class first.',
    draw: masks,
    excerpt: (answer) => jsonExcerpt(answer, { letters: 24 }),
  },
  instances: {
    ...cells,
    query: 'answer=instances',
    alt: 'Every nucleus in a colour of its own, with its box',
    drawn: 'Masks and boxes drawn from the answer.',
    draw: instances,
    excerpt: (answer) => jsonExcerpt(answer, { items: 2 }),
  },
  panoptic: {
    photo: 'coffee.jpg',
    model: 'tones-panoptic',
    query: 'answer=panoptic&minArea=400',
    alt: 'Table, saucer, cup, coffee and shadow, each segment in a colour of its own',
    drawn:
      'The ids are 1…5 and would all look black: here each has a colour. Below, the JSON that goes with it (`format=json`).',
    draw: segmentIds,
    textQuery: 'answer=panoptic&minArea=400&format=json',
    excerpt: (answer) => jsonExcerpt(answer, { items: 3 }),
  },
  topk: {
    photo: 'coffee.jpg',
    model: 'tones-whole',
    query: 'answer=topk&topK=3',
    alt: 'The photo, and a bar for each of the three best classes',
    drawn: 'Bars drawn from the answer.',
    draw: topk,
    excerpt: (answer) => jsonExcerpt(answer, { items: 3 }),
  },
  polygons: {
    ...person,
    query: 'answer=polygons&tolerance=2&minArea=200',
    alt: 'The outline of the astronaut as straight lines between dots',
    drawn: 'Outlines and their corners drawn from the answer.',
    draw: polygons,
    excerpt: (answer) => jsonExcerpt(answer, { items: 4 }),
  },
  geojson: {
    ...cells,
    query: 'answer=geojson&tolerance=0.5',
    alt: 'The outline of every nucleus in a colour of its own',
    drawn: 'Features drawn from the answer.',
    draw: geojson,
    excerpt: (answer) => jsonExcerpt(answer, { items: 4 }),
  },
  coco: {
    ...cells,
    query: 'answer=coco&tolerance=0.5',
    alt: 'The outline of every nucleus, and its box in thin lines',
    drawn: 'Polygons and boxes drawn from the answer.',
    draw: coco,
    excerpt: (answer) => jsonExcerpt(answer, { items: 4 }),
  },
  labelstudio: {
    ...table,
    query: 'answer=labelstudio&minArea=200&fillHoles=200',
    alt: 'A veil of another colour over each class but the table',
    drawn: 'Brush masks decoded from the answer, in colours of our own.',
    draw: labelstudio,
    excerpt: (answer) => jsonExcerpt(answer, { items: 8 }),
  },
  yolo: {
    ...person,
    query: 'answer=yolo&minArea=200',
    alt: 'The outline of the astronaut in yellow',
    drawn: 'Lines drawn from the answer. The level ones are the cuts that join holes to the outline.',
    draw: yolo,
    excerpt: textExcerpt,
  },
  svg: {
    ...table,
    query: 'answer=svg&tolerance=1.5&minArea=200',
    alt: 'Flat coloured shapes over the photo of the cup',
    drawn: 'The drawing laid over the photo.',
    draw: svg,
    excerpt: (answer) => textExcerpt(answer, { count: 3, letters: 150 }),
  },
};

function whole(answer: Buffer): Promise<Buffer> {
  return framed(answer);
}

/** Each plane of [planes, height, width], or the one of [height, width]. */
function planesOf(answer: Buffer, titles: readonly string[]): Promise<Buffer> {
  const { shape, values } = readNpy(answer);
  const [height = 0, width = 0] = shape.slice(-2);
  const pixels = width * height;
  return tiles(
    titles.map((title, at) => ({ title, width, height, values: values.subarray(at * pixels, (at + 1) * pixels) })),
  );
}
