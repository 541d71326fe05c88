import type { AnswerRequest, SegmentResult } from '../../domain/request.ts';
import { type Family, families } from './families.ts';
import type { LoadedModule } from './loadModules.ts';
import type { OldPicture } from './parseOldImage.ts';
import { pythonRepr } from './pythonRepr.ts';
import { base64Of } from './replies.ts';

/**
 * Modules that release 1.8 still asked by form: the others answer that this is out of date. What comes back is the picture
 * that the module would have written to disk.
 */
export function oldAnswer({ family }: LoadedModule): AnswerRequest | undefined {
  const asked: readonly Family[] = [families.deeplab, families.parsing];
  return asked.includes(family) ? family.saved[0]?.answer : undefined;
}

/** `results` of a reply: a list of dicts as Python prints it. */
export function oldResults(module: string, pictures: readonly OldPicture[], results: readonly SegmentResult[]): string {
  const folder = `${module.split('_').at(-1)}_output`;
  const items = results.map(({ answers }, index) => {
    const origin = pictures[index]?.name ?? '';
    const processed = `${folder}/${origin.replace(/\.[^.]*$/, '')}.png`;
    const uri = `data:image/png;base64,${base64Of(answers[0]?.bytes)}`;
    return `{'origin': ${pythonRepr(origin)}, 'processed': ${pythonRepr(processed)}, 'base64': '${uri}'}`;
  });
  return `[${items.join(', ')}]`;
}
