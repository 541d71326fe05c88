/// <reference lib="esnext.float16" />
import type { Manifest } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { alphaFromScores, argmaxLabels, scoreFromScores } from '../graph/pixelLoops.ts';
import { hasNaN } from './notNumbers.ts';
import { type RawAnswer, wrongShape } from './readFused.ts';

/** A plain model's own output to labels or alpha, in JavaScript: what the fused graph does inside. */
export function readPlain(outputs: readonly Tensor[], manifest: Manifest, n: number): RawAnswer[] {
  const tensor = outputs[0];
  if (tensor === undefined) throw wrongShape(tensor, 'scores or labels');
  return manifest.output.kind === 'labels' ? readLabels(tensor, n) : readScores(tensor, manifest, n);
}

function readLabels(tensor: Tensor, n: number): RawAnswer[] {
  const sides = tensor.dims.filter((side, axis) => axis > 0 && (side !== 1 || tensor.dims.length <= 3));
  const [height, width] = tensor.dims.length === 2 ? tensor.dims : sides;
  if (!height || !width || n * height * width !== tensor.size) throw wrongShape(tensor, `[${n},height,width] labels`);
  const labels = smallIntegers(tensor);
  return Array.from({ length: n }, (_, index) => ({
    width,
    height,
    labels: labels.subarray(index * height * width, (index + 1) * height * width),
    alpha: undefined,
    score: undefined,
  }));
}

function readScores(tensor: Tensor, manifest: Manifest, n: number): RawAnswer[] {
  const { output, input, task } = manifest;
  const rules = { ...output, kind: output.kind as 'logits' | 'probabilities', layout: output.layout ?? input.layout };
  const [c, h, w] = channelsAndSides(tensor, rules.layout, n);
  const scores = floats(tensor);
  const plane = h * w;
  const labels = task === 'semantic' ? argmaxLabels(scores, n, c, h, w, rules) : undefined;
  const alpha = task === 'matting' ? alphaFromScores(scores, n, c, h, w, rules) : undefined;
  return Array.from({ length: n }, (_, index) => ({
    width: w,
    height: h,
    isBroken: hasNaN(scores.subarray(index * plane * c, (index + 1) * plane * c)),
    labels: labels?.subarray(index * plane, (index + 1) * plane),
    alpha: alpha?.subarray(index * plane, (index + 1) * plane),
    scores: {
      data: scores.subarray(index * plane * c, (index + 1) * plane * c),
      channels: c,
      layout: rules.layout,
      kind: rules.kind,
    },
    // Costs a pass with an exponential per score, so it is made when someone looks.
    get score() {
      if (task !== 'semantic') return undefined;
      return scoreFromScores(scores.subarray(index * plane * c, (index + 1) * plane * c), 1, c, h, w, rules);
    },
  }));
}

export function channelsAndSides(tensor: Tensor, layout: 'nchw' | 'nhwc', n: number): [number, number, number] {
  const { dims } = tensor;
  const [first, a, b, c] = dims;
  if (first === n && dims.length === 3 && a && b) return [1, a, b];
  if (first === n && dims.length === 4 && a && b && c) return layout === 'nchw' ? [a, b, c] : [c, a, b];
  throw wrongShape(tensor, `[${n}, …] scores in ${layout}`);
}

export function floats(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return new Float32Array(data);
  if (tensor.type === 'float16' && ArrayBuffer.isView(data) && typeof Float16Array !== 'undefined') {
    return new Float32Array(new Float16Array(data.buffer as ArrayBuffer, data.byteOffset, tensor.size));
  }
  throw wrongShape(tensor, 'float32, float16 or float64');
}

/** Class indices of any integer type; what is outside 0…65,535 is no class and becomes 65,535. */
function smallIntegers(tensor: Tensor): Uint8Array | Uint16Array {
  const { data } = tensor;
  if (data instanceof Uint8Array || data instanceof Uint16Array) return data;
  const out = new Uint16Array(tensor.size);
  for (let index = 0; index < out.length; index++) {
    const value = Number(data[index]);
    out[index] = value >= 0 && value <= 65_535 ? value : 65_535;
  }
  return narrowest(out);
}

function narrowest(labels: Uint16Array): Uint8Array | Uint16Array {
  return labels.every((value) => value < 256) ? new Uint8Array(labels) : labels;
}
