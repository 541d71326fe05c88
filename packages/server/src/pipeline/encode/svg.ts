import type { AnswerPlan } from '../../domain/request.ts';
import { hexOf } from '../instances/instanceColors.ts';
import { segmentColor } from '../instances/segmentColor.ts';
import { classFacts, labelOf, regionsOf } from '../regions/regionsOf.ts';
import type { Ring } from '../regions/rings.ts';
import type { Scene } from '../scene.ts';

/** A drawing of the picture's size to lay over it: a group for each class in its colour, a path for each region. */
export async function encodeSvg(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  if (scene.instances) return encodeInstanceSvg(scene, plan);
  const byClass = Map.groupBy(regionsOf(scene, plan), (region) => region.class);
  const groups = [...byClass].map(([index, regions]) => {
    const { label, color } = classFacts(scene, index);
    const paths = regions.map(({ outer, holes }) => `<path d="${[outer, ...holes].map(pathOf).join('')}"/>`);
    return `<g data-class="${index}" fill="${color}"><title>${escaped(label)}</title>${paths.join('')}</g>\n`;
  });
  return svgBytes(scene, plan, groups);
}

/** A group for each instance in its own colour. */
function encodeInstanceSvg(scene: Scene, plan: AnswerPlan): Uint8Array {
  const byInstance = Map.groupBy(regionsOf(scene, plan), ({ instance }) => instance!);
  const groups = [...byInstance].map(([instance, regions]) => {
    const { id, class: index, score } = instance;
    const paths = regions.map(({ outer, holes }) => `<path d="${[outer, ...holes].map(pathOf).join('')}"/>`);
    const facts = `data-instance="${id}" data-class="${index}" data-score="${score.toFixed(4)}"`;
    const title = `<title>${escaped(labelOf(scene, index))} ${score.toFixed(2)}</title>`;
    return `<g ${facts} fill="${hexOf(segmentColor(scene.spec, instance))}">${title}${paths.join('')}</g>\n`;
  });
  return svgBytes(scene, plan, groups);
}

function svgBytes({ width, height }: Scene, plan: AnswerPlan, groups: readonly string[]): Uint8Array {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" fill-rule="evenodd" fill-opacity="${plan.opacity}">`;
  return Buffer.from(`${head}\n${groups.join('')}</svg>\n`);
}

function pathOf(ring: Ring): string {
  return `M${ring.join(' ')}Z`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot say them
const unsayable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(unsayable, '').replace(/[&<>"]/g, (sign) => names[sign]!);
}
