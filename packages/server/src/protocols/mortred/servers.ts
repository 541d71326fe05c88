import type { Profile } from './settings.ts';

/** What a server does; decides the shape of `data`. Those without a model here answer that theirs has not been loaded. */
export const tasks = [
  'scene_segmentation',
  'matting',
  'classification',
  'enhancement',
  'mono_depth_estimation',
  'obj_detection',
  'ocr',
  'feature_point',
  'diffusion',
  'llm',
] as const;
export type Task = (typeof tasks)[number];

export const uriPrefix = '/mortred_ai_server_v1';

export interface KnownServer {
  /** The last words of the address, behind `/mortred_ai_server_v1`. */
  readonly suffix: string;
  readonly task: Task;
  /** Profiles in which the address exists. */
  readonly profiles: readonly Profile[];
}

const all: readonly Profile[] = ['a', 'b', 'c'];
const sinceB: readonly Profile[] = ['b', 'c'];

function known(task: Task, folder: string, profiles: readonly Profile[], names: readonly string[]): KnownServer[] {
  return names.map((name) => ({ suffix: `/${folder}/${name}`, task, profiles }));
}

/**
 * Every server that the predecessor builds, `conf/server/`. What segserve has models for is answered in every profile,
 * also in eras that had no such server yet.
 */
export const knownServers: readonly KnownServer[] = [
  ...known('classification', 'classification', all, ['densenet', 'mobilenetv2', 'resnet']),
  ...known('enhancement', 'enhancement', all, ['attentive_gan_derain', 'enlighten_gan']),
  ...known('enhancement', 'enhancement', ['c'], ['real_esrgan']),
  ...known('feature_point', 'feature_point', all, ['superpoint']),
  ...known('matting', 'matting', all, ['modnet', 'pp_matting']),
  ...known('mono_depth_estimation', 'mono_depth_estimation', sinceB, ['depth_anything', 'metric3d']),
  ...known('obj_detection', 'obj_detection', all, ['libface', 'nanodet', 'yolov5']),
  ...known('obj_detection', 'obj_detection', sinceB, ['center_face', 'yolov6', 'yolov7', 'yolov8']),
  ...known('ocr', 'ocr', all, ['dbtext']),
  ...known('scene_segmentation', 'scene_segmentation', all, ['bisenetv2', 'hrnet', 'pphuman_seg']),
  ...known('diffusion', 'diffusion', ['c'], ['ddpm', 'ddim', 'cls_cond_ddim', 'ldm']),
  ...known('llm', 'llm', ['b'], ['llama3/chat']),
  ...known('llm', 'phi', ['b'], ['phi4/chat']),
  ...known('llm', 'qwen', ['b'], ['qwen2.5/chat', 'qwen2-vl/chat']),
];

/** `bisenetv2` of `/mortred_ai_server_v1/scene_segmentation/bisenetv2`: what `models` calls it. */
export function serverName(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
