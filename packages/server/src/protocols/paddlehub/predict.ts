import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';
import type { WireServices } from '../../domain/wire.ts';
import { batchCount } from './batchCount.ts';
import { type CallArguments, checkKnown, checkRequired } from './callArguments.ts';
import type { LoadedModule } from './loadModules.ts';
import { PythonError } from './pythonError.ts';
import { isTruthy } from './pythonTypeName.ts';
import { decodeImages, type HubPicture, readPaths } from './readPictures.ts';
import { folderOf, savePictures } from './savePictures.ts';
import { segmentPictures } from './segmentPictures.ts';

export interface PredictCall extends Pick<SegmentRequest, 'signal' | 'requestId'> {
  readonly module: LoadedModule;
  readonly given: CallArguments;
  readonly useGpu: boolean;
}

/**
 * One call of a module's serving method, its checks in the order in which the predecessor's Python makes them. Gives a
 * result for each picture; throws PythonError or Fault.
 */
export async function predict(call: PredictCall, { engine, sources }: WireServices): Promise<SegmentResult[]> {
  const { module, given, useGpu, ...caller } = call;
  const { family, name, model } = module;
  checkRequired(family, given);
  const images = await decodeImages(given.get('images') ?? null);
  checkKnown(family, given);
  checkTrimaps(module, given);
  checkGpu(given, useGpu);
  const pictures: HubPicture[] = [...(await readPaths(allPaths(given), sources)), ...images];
  if (batchCount(pictures.length, given.get('batch_size')) === 0) return [];
  const saves = isTruthy(given.get('visualization'));
  const folder = folderOf(given.get(family.folderKey), name);
  const answers = [family.answer, ...(saves ? family.saved.map(({ answer }) => answer) : [])];
  const results = await segmentPictures({ ...caller, model, pictures, answers }, (request) => engine.segment(request));
  if (saves) await savePictures(family, folder, pictures, results, sources);
  return results;
}

/** `paths`, and after them what older clients name in `data: {"image": […]}`. */
function allPaths(given: CallArguments) {
  const paths = given.get('paths');
  const data = given.get('data');
  const older = typeof data === 'object' && data !== null && 'image' in data ? data.image : undefined;
  if (!Array.isArray(older)) return paths;
  return Array.isArray(paths) ? [...paths, ...older] : older;
}

function checkTrimaps({ name, family }: LoadedModule, given: CallArguments): void {
  if ((given.get('trimaps') ?? null) === null && !family.required.includes('trimaps')) return;
  const instead = 'Ask a module that makes its matte of the picture alone, such as modnet_mobilenetv2_matting.';
  throw new PythonError(`${name}: segserve takes no trimaps. ${instead}`);
}

function checkGpu(given: CallArguments, useGpu: boolean): void {
  if (useGpu || !isTruthy(given.get('use_gpu'))) return;
  const why = 'Environment Variable CUDA_VISIBLE_DEVICES is not set correctly.';
  throw new PythonError(`${why} Leave use_gpu out: where a model runs is up to the operator of this server.`);
}
