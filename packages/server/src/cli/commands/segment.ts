import { Command, Option } from 'commander';
import { withConfigFlags } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';
import {
  answerWords,
  backgroundFitWords,
  cocoMaskWords,
  coordinateWords,
  flipWords,
  formatWords,
  refineWords,
} from '../segment/answerWords.ts';

/** `segserve segment`: pictures in, answers out, no server and no socket. */
export function segmentCommand(context: Context, finish: Finish): Command {
  const command = new Command('segment')
    .description('Segment pictures right here, without a server')
    .argument('<inputs...>', 'files, folders, globs in quotes, or "-" for standard input')
    .option('-m, --model <name>', 'the model: name or name:version')
    .option(
      '-a, --as <answers>',
      `answers, comma-separated: ${answerWords.join(', ')}; cutout, color, overlay or topk when absent, by the model's task`,
    )
    .addOption(new Option('-f, --format <format>', 'encoding of picture answers').choices(formatWords))
    .option('-q, --quality <number>', 'quality of lossy formats, 1 to 100')
    .option('--opacity <number>', 'overlay, svg: weight of the class colours, 0 to 1')
    .option(
      '--classes <names>',
      'mattes and outlines: class names or numbers that count as foreground, comma-separated',
    )
    .option(
      '--threshold <number>',
      'matting models: opacity from which a pixel is foreground in class maps; instance models: of its instance; 0 to 1',
    )
    .addOption(
      new Option('--refine <method>', 'matting models: guided lets edges follow the photo').choices(refineWords),
    )
    .option('--size <WxH>', "size of every answer, as in 640x480; model: the network's own")
    .option('--score-threshold <number>', 'instance models: leave instances with a lower score out, 0 to 1')
    .option('--max-instances <number>', 'instance models: at most so many, the highest scores first')
    .option('--tile <WxH>', 'auto, off or a size as in 512x512: in overlapping tiles, for large pictures')
    .addOption(new Option('--flips <which>', 'average mirror images too').choices(flipWords))
    .option('--scales <numbers>', 'average these multiples of the input size, as in 0.75,1,1.25')
    .option('--region <x,y,w,h>', 'look at this part of the picture alone')
    .option('--in-place', 'region: answers show the whole picture, the rest of it background')
    .addOption(
      new Option('--coordinates <of>', 'geojson: pixel, or source: those of a GeoTIFF').choices(coordinateWords),
    )
    .option('--top-k <number>', 'topk: how many of the best classes, 1 to 1000; 5 when absent')
    .option(
      '--background <what>',
      'composite: #rrggbb, #rrggbbaa, transparent, blur, or the file of a picture; white when absent',
    )
    .addOption(
      new Option('--background-fit <how>', 'composite on a picture: how it fills the frame').choices(
        backgroundFitWords,
      ),
    )
    .option('--trimap <path>', 'matting models that need one: its file, or a folder with one for each picture')
    .option('--blur <number>', 'composite on blur: standard deviation as a share of the longer side, 0 to 0.25')
    .option('--decontaminate', "cutout, composite: take the old background's colour out of half-transparent pixels")
    .option('--band <pixels>', 'trimap: pixels this near to an edge are unknown')
    .option('--tolerance <pixels>', 'outlines (polygons, geojson, coco, yolo, svg): how far they may leave the border')
    .option('--min-area <pixels>', 'masks: smaller regions become what is around them')
    .option('--fill-holes <pixels>', 'masks: fill holes up to this size')
    .option('--merge <rules>', "masks: classes that are one, as in 'car+bus+truck:vehicle'; comma-separated")
    .addOption(new Option('--measure <how>', 'uncertainty: how it is counted').choices(['margin', 'entropy']))
    .addOption(new Option('--depth <bits>', 'scores, uncertainty as PNG: bits of a pixel').choices(['8', '16']))
    .addOption(new Option('--coco-mask <form>', 'coco: how masks are written').choices(cocoMaskWords))
    .option(
      '--point <x,y,label>',
      'promptable models: a pixel of the thing, or with label 0 of none; repeatable',
      repeated,
    )
    .option('--box <x0,y0,x1,y1>', 'promptable models: a box around a thing; repeatable', repeated)
    .option('--everything', 'promptable models: all things in the picture')
    .option('--multimask', 'promptable models: every candidate for the thing, as instances')
    .option('-o, --output <path>', 'file, folder, or "-" for standard output; beside each input when absent')
    .option('-r, --recursive', 'folders: also the folders inside; their structure is kept below -o')
    .option('--skip-existing', 'pass over pictures whose answers are all there, to go on with a stopped run')
    .option('--json', 'write one line of JSON for each picture to standard output')
    .option('--quiet', 'write nothing but errors');
  withConfigFlags(command, ['models', 'threads']);
  withExamples(command, [
    ['segserve segment photo.jpg', 'writes photo.cutout.png'],
    ['segserve segment photo.jpg --as overlay,stats', 'writes photo.overlay.jpg and photo.stats.json'],
    ["segserve segment photo.jpg --as composite --background '#00aaff' --refine guided", 'on another background'],
    ['segserve segment photo.jpg -o person.webp', 'the extension of -o decides the format'],
    ['segserve segment -r holiday -o cutouts', 'every picture below holiday/, in the same folders below cutouts/'],
    ['segserve segment photo.jpg -m sam --point 120,80 --point 200,90,0', 'the thing at a point, without another'],
    ["segserve segment 'shots/**/*.jpg' --as alpha", 'a pattern in quotes is expanded here'],
    ['segserve segment - < photo.jpg > person.png', 'from standard input to standard output'],
  ]);
  command.addHelpText(
    'after',
    '\nAnswers of an earlier run are replaced, inputs never. Exit code: 0 all written, 1 some failed, 2 wrong usage,\n130 stopped.',
  );
  return command.action(async (words: string[]) => {
    const { segmentPictures } = await import('../segment/segmentPictures.ts');
    finish(await segmentPictures(words, command, context));
  });
}

/** Of a flag that may stand several times: all of its words. */
function repeated(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}
