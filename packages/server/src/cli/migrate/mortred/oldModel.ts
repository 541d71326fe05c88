import type { MigrationNote, OldConfig } from '../migration.ts';
import { type Section, sectionsOf, shown } from './oldServer.ts';
import { modelNotes } from './serverKeys.ts';

export interface OldModel {
  /** `model_input_image_size`, which is [height, width]. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly notes: readonly MigrationNote[];
}

const bringIt =
  'bring the weights as ONNX with a model.yaml beside them, name their folder under `models`, and the model in `uris`. Until then the usual model of segserve answers.';

/** How far above the server's file the working folder of the predecessor may have been. */
const foldersUp = 6;

/** The file that a server's own one names. */
export async function readOldModel(old: OldConfig, sectionName: string, section: Section): Promise<OldModel> {
  const place = `[${sectionName}]`;
  const notes: MigrationNote[] = Object.keys(section)
    .filter((key) => key !== 'model_config_file_path')
    .map((key) => ({ key: `${place}.${key}`, says: 'is no key of the predecessor and has no meaning here.' }));
  const named = section.model_config_file_path;
  const found = typeof named === 'string' ? await textOf(old, named) : undefined;
  const key = `${place}.model_config_file_path`;
  if (found === undefined) {
    const says = `${shown(named)} was not found from here, so its input size is not known; ${bringIt}`;
    return { size: undefined, notes: [{ key, says }, ...notes] };
  }
  const sections = sectionsOf(found, String(named).split('/').at(-1) ?? '');
  const sizes = sections.map(([, { model_input_image_size: size }]) => sizeOf(size)).filter((size) => size);
  return { size: sizes[0], notes: [...sections.flatMap(([name, one]) => keyNotes(name, one)), ...notes] };
}

/** The path counts from the folder that the predecessor was started in, which only its user knows. */
async function textOf(old: OldConfig, named: string): Promise<string | undefined> {
  const tail = named.replace(/^(\.{1,2}\/)+/, '');
  const places = [named, ...Array.from({ length: foldersUp + 1 }, (_, up) => '../'.repeat(up) + tail)];
  for (const place of places) {
    const text = await old.read(place);
    if (text !== undefined) return text;
  }
  return undefined;
}

function keyNotes(section: string, values: Section): MigrationNote[] {
  return Object.entries(values).map(([key, value]) => {
    const place = `[${section}].${key}`;
    if (/model_file_path$/.test(key)) return { key: place, says: `${weightsOf(value)}: ${bringIt}` };
    if (key === 'model_input_image_size') {
      return { key: place, says: '`input.size` in the model’s own model.yaml says what the network takes.' };
    }
    return { key: place, says: modelNotes[key] ?? '`input` and `output` in the model’s own model.yaml say the like.' };
  });
}

function weightsOf(value: unknown): string {
  const file = String(value).split(/[/\\]/).at(-1) ?? '';
  const kinds: Readonly<Record<string, string>> = { mnn: 'MNN', trt: 'TensorRT', engine: 'TensorRT', onnx: 'ONNX' };
  const kind = kinds[file.split('.').at(-1)?.toLowerCase() ?? ''];
  return kind === undefined ? file : `${file} is ${kind}`;
}

function sizeOf(value: unknown): OldModel['size'] {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [height, width] = value as readonly unknown[];
  const isSide = (side: unknown): side is number => Number.isInteger(side) && Number(side) > 0 && Number(side) < 65_536;
  return isSide(height) && isSide(width) ? { width, height } : undefined;
}
