import path from 'node:path';
import type { PackageManifest, PromptableManifest } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { PromptableSpec } from '../domain/modelSpec.ts';
import { vocPalette } from '../domain/palette.ts';
import { manifestFile } from './readManifest.ts';

type CheckFiles = (folder: string, manifest: PackageManifest, others: readonly string[]) => Promise<void>;

/** A promptable package as a checked spec: both graphs are there, and the manifest does not contradict itself. */
export async function loadPromptable(
  folder: string,
  manifest: PromptableManifest,
  checkFiles: CheckFiles,
): Promise<PromptableSpec> {
  const { name, version, decoder, palette } = manifest;
  const goldens = manifest.golden.flatMap(({ image, expected }) => [image, expected]);
  await checkFiles(folder, manifest, [...(decoder ? [decoder.graph] : []), ...goldens]);
  const found = contradictions(manifest).map((sentence) => `${path.join(folder, manifestFile)}: ${sentence}.`);
  if (found.length > 0) throw new Fault('model_invalid', found.join('\n'));
  const colors = Array.isArray(palette) ? Uint8Array.from(palette.flat()).slice(0, 6) : vocPalette(2);
  return Object.freeze({
    ref: `${name}:${version}`,
    manifest,
    folder: path.resolve(folder),
    labels: ['background', 'object'],
    palette: colors,
  });
}

/** Keys that are right by themselves and wrong together. */
function contradictions({ input, output, decoder, palette, graph }: PromptableManifest): string[] {
  const checks: readonly (readonly [boolean, string])[] = [
    [
      input.fit !== 'stretch' && input.fit !== 'letterbox',
      `task: promptable needs input.fit stretch or letterbox, found ${input.fit}`,
    ],
    [input.resizeIn === 'graph', 'task: promptable needs input.resizeIn: pipeline, found graph'],
    [
      decoder === undefined && output.family !== 'efficientsam',
      `output.family ${output.family} needs a decoder, found none`,
    ],
    [decoder?.graph === graph, `decoder.graph: expected another file than graph, found ${graph} twice`],
    [
      Array.isArray(palette) && palette.length < 2,
      'palette: expected 2 colours, of the background and of the object, found 1',
    ],
    [input.trimap !== undefined, 'input.trimap needs task: matting, found promptable'],
  ];
  return checks.filter(([wrong]) => wrong).map(([, sentence]) => sentence);
}
