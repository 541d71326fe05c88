import type { z } from 'zod';
import type { mortredWireSchema } from '../../../config/wires/mortred.ts';

export type WireSource = z.input<typeof mortredWireSchema>;
export type UriSource = NonNullable<WireSource['uris']>[string];

export interface ServerKind {
  readonly task: UriSource['task'];
  /** Last word of its usual address. */
  readonly name: string;
}

const kind = (task: UriSource['task'], name: string): ServerKind => ({ task, name });

/** By the section of the configuration, less `_SERVER`. */
const bySection: Readonly<Record<string, ServerKind>> = {
  BISENETV2: kind('scene_segmentation', 'bisenetv2'),
  HRNET: kind('scene_segmentation', 'hrnet'),
  PPHUMAN_SEG: kind('scene_segmentation', 'pphuman_seg'),
  MODNET: kind('matting', 'modnet'),
  PP_MATTING: kind('matting', 'pp_matting'),
  DENSENET_CLASSIFICATION: kind('classification', 'densenet'),
  MOBILENETV2_CLASSIFICATION: kind('classification', 'mobilenetv2'),
  RESNET_CLASSIFICATION: kind('classification', 'resnet'),
  ATTENTIVE_GAN_DERAIN: kind('enhancement', 'attentive_gan_derain'),
  ENLIGHTEN_GAN: kind('enhancement', 'enlighten_gan'),
  REAL_ESRGAN: kind('enhancement', 'real_esrgan'),
  SUPERPOINT_FP: kind('feature_point', 'superpoint'),
  DEPTH_ANYTHING_ESTIMATION: kind('mono_depth_estimation', 'depth_anything'),
  METRIC3D_ESTIMATION: kind('mono_depth_estimation', 'metric3d'),
  DBNET: kind('ocr', 'dbtext'),
  DDPM: kind('diffusion', 'ddpm'),
  DDIM: kind('diffusion', 'ddim'),
  CLS_COND_DDIM: kind('diffusion', 'cls_cond_ddim'),
  LDM: kind('diffusion', 'ldm'),
  LLAMA3_CHAT: kind('llm', 'chat'),
  QWEN2_VL_CHAT: kind('llm', 'chat'),
};

/** What a section and its address serve; undefined when neither says so. */
export function serverKind(section: string, uri: string): ServerKind | undefined {
  const base = section.replace(/_SERVER$/, '');
  // Densenet's file of eras A and B says RESNET: where the address is a usual one, it knows better.
  const byUri = Object.values(bySection).find(({ task, name }) => uri.endsWith(`/${task}/${name}`));
  if (byUri) return byUri;
  if (base.endsWith('_DETECTION')) return kind('obj_detection', base.slice(0, -'_DETECTION'.length).toLowerCase());
  return bySection[base];
}

/** Tasks that a model of segserve can do. */
export const servedTasks: readonly UriSource['task'][] = ['scene_segmentation', 'matting', 'classification'];
