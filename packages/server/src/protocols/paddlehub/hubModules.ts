import type { FamilyName } from './families.ts';

export interface HubModule {
  readonly family: FamilyName;
  /** The model that answers for it when the operator names none; absent: none of the built-in ones could. */
  readonly model?: string;
}

/** The built-in matting model for people. */
const portrait = 'portrait';

const person = { family: 'humanseg', model: portrait } as const;
const semantic = { family: 'semantic' } as const;
const modnet = { family: 'matting', model: portrait } as const;

/** `name_dataset` for each dataset. */
function trainedOn(name: string, ...datasets: string[]): [string, HubModule][] {
  return datasets.map((dataset) => [`${name}_${dataset}`, semantic]);
}

/**
 * Segmentation and matting modules of PaddleHub that served over HTTP, by family. Only those of people have a model here
 * without the operator's doing: a stranger's class indices would be answers to another question.
 */
export const hubModules: ReadonlyMap<string, HubModule> = new Map<string, HubModule>([
  ['humanseg_server', person],
  ['humanseg_lite', person],
  ['humanseg_mobile', person],
  ['deeplabv3p_xception65_humanseg', { family: 'deeplab', model: portrait }],
  ['ace2p', { family: 'parsing' }],
  ...trainedOn('ann_resnet50', 'voc', 'cityscapes'),
  ...trainedOn('danet_resnet50', 'voc', 'cityscapes'),
  ...trainedOn('isanet_resnet50', 'voc', 'cityscapes'),
  ...trainedOn('pspnet_resnet50', 'voc', 'cityscapes'),
  ...trainedOn('deeplabv3p_resnet50', 'voc', 'cityscapes'),
  ...trainedOn('bisenetv2', 'cityscapes'),
  ...trainedOn('fastscnn', 'cityscapes'),
  ...trainedOn('fcn_hrnetw18', 'voc', 'cityscapes'),
  ...trainedOn('fcn_hrnetw48', 'voc', 'cityscapes'),
  ...trainedOn('ginet_resnet50vd', 'voc', 'cityscapes', 'ade20k'),
  ...trainedOn('ginet_resnet101vd', 'voc', 'cityscapes', 'ade20k'),
  ...trainedOn('hardnet', 'cityscapes'),
  ...trainedOn('ocrnet_hrnetw18', 'voc', 'cityscapes'),
  ...trainedOn('stdc1_seg', 'voc', 'cityscapes'),
  ...trainedOn('unet', 'cityscapes'),
  ['modnet_hrnet18_matting', modnet],
  ['modnet_mobilenetv2_matting', modnet],
  ['modnet_resnet50vd_matting', modnet],
  ['gfm_resnet34_matting', { family: 'plainMatting' }],
  ['dim_vgg16_matting', { family: 'trimapMatting', model: portrait }],
]);

/** Loaded when the operator names no modules. */
export const defaultModules: readonly string[] = ['humanseg_server', 'humanseg_lite', 'humanseg_mobile'];

/** A module that is not in the table, but that the operator has mapped, answers as its name says. */
export function familyOf(name: string): FamilyName {
  const known = hubModules.get(name);
  if (known) return known.family;
  if (/_(voc|cityscapes|ade20k)$/.test(name)) return 'semantic';
  return /_matting$/.test(name) ? 'plainMatting' : 'humanseg';
}
