import type { Instance } from '../instances/instance.ts';
import { paint } from '../instances/spans.ts';
import type { Scene } from '../scene.ts';

/**
 * Opacity of the foreground, one byte per pixel. A matting model's own alpha, or the rest of it where only the background
 * is asked for; an instance model's instances of these classes; a semantic model's chosen classes are opaque, and without a choice all but the background.
 */
export function foregroundAlpha(scene: Scene, classes: readonly number[] | undefined): Uint8Array {
  if (scene.alpha) return mattingAlpha(scene.alpha, classes);
  if (scene.instances) return instancesAlpha(scene, scene.instances, classes);
  const { data } = scene.labels;
  const opacity = new Uint8Array(data instanceof Uint8Array ? 256 : 65_536);
  if (classes === undefined) {
    opacity.fill(255);
    if (scene.background !== undefined) opacity[scene.background] = 0;
  } else {
    for (const index of classes) opacity[index] = 255;
  }
  const alpha = new Uint8Array(data.length);
  for (let index = 0; index < data.length; index++) alpha[index] = opacity[data[index]!]!;
  return alpha;
}

/** What lies below another instance counts too. The background is where there is no instance at all. */
function instancesAlpha(
  scene: Scene,
  instances: readonly Instance[],
  classes: readonly number[] | undefined,
): Uint8Array {
  const alpha = new Uint8Array(scene.width * scene.height);
  if (scene.background !== undefined && classes?.includes(scene.background)) {
    alpha.fill(255);
    for (const { spans } of instances) paint(alpha, spans, 0);
  }
  for (const { class: index, spans } of instances) if (classes?.includes(index) ?? true) paint(alpha, spans, 255);
  return alpha;
}

function mattingAlpha(alpha: Uint8Array, classes: readonly number[] | undefined): Uint8Array {
  const foreground = classes === undefined || classes.includes(1);
  const background = classes?.includes(0) ?? false;
  if (foreground && !background) return alpha;
  if (foreground && background) return new Uint8Array(alpha.length).fill(255);
  return background ? alpha.map((value) => 255 - value) : new Uint8Array(alpha.length);
}
