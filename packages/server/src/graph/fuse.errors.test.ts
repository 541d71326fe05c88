import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fuse } from './fuse.ts';
import type { FusionSpec } from './fusionSpec.ts';
import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import { writeModel } from './onnxFile.ts';
import { buildModel, type ModelSpec } from './testing/buildModel.ts';
import { tinyNetwork } from './testing/tinyNetwork.ts';

const spec: FusionSpec = {
  input: { layout: 'nchw', channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] },
  output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
  want: { labels: true },
};

function network(some: Partial<ModelSpec> = {}): Uint8Array {
  const usual: ModelSpec = {
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: [1, 3, 8, 8] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: [1, 3, 8, 8] }],
    body: (write) => write.add('Identity', ['x'], {}, 'y'),
  };
  return writeModel(buildModel({ ...usual, ...some }));
}

const tiny = (some: { inputLayout?: 'nhwc'; fixed?: [number, number] } = {}) =>
  tinyNetwork({
    ...{
      opset: 17,
      inputLayout: 'nchw',
      outputLayout: 'nchw',
      kind: 'logits',
      channels: 5,
      half: false,
      fixed: undefined,
    },
    ...some,
  });

interface Refusal {
  readonly title: string;
  readonly model: Uint8Array;
  readonly spec: FusionSpec;
  readonly message: RegExp;
}

const output = (some: Partial<FusionSpec['output']>): FusionSpec => ({ ...spec, output: { ...spec.output, ...some } });
const input = (some: Partial<FusionSpec['input']>): FusionSpec => ({ ...spec, input: { ...spec.input, ...some } });
const outputs = (type: number, dims: number[]) => [{ name: 'y', type, dims }];

const refusals: readonly Refusal[] = [
  {
    title: 'bytes that are no model',
    model: new TextEncoder().encode('<!doctype html>'),
    spec,
    message: /Expected an ONNX model but/,
  },
  { title: 'an empty file', model: new Uint8Array(), spec, message: /found no graph/ },
  {
    title: 'operators older than opset 11',
    model: network({ opset: 9 }),
    spec,
    message: /Expected a model of opset 11 or newer but found opset 9/,
  },
  {
    title: 'an input that is not there',
    model: network(),
    spec: input({ name: 'picture' }),
    message: /Expected an input named "picture" but the model has "x"/,
  },
  {
    title: 'an output that is not there',
    model: network(),
    spec: output({ name: 'mask' }),
    message: /Expected an output named "mask" but the model has "y"/,
  },
  {
    title: 'several outputs of which none is named',
    model: network({
      outputs: [...outputs(DataType.FLOAT, [1, 3, 8, 8]), { name: 'z', type: DataType.FLOAT }],
      body: (write) => {
        write.add('Identity', ['x'], {}, 'y');
        write.add('Neg', ['x'], {}, 'z');
      },
    }),
    spec,
    message: /Expected one output, or the manifest to name one, but the model has "y", "z"/,
  },
  {
    title: 'channels on the other axis',
    model: tiny({ inputLayout: 'nhwc', fixed: [8, 8] }),
    spec,
    message:
      /Expected 3 channels on axis 1 of input "x" \(layout nchw, \[N,3,H,W\]\) but found 8 in \[1,8,8,3\]; its layout looks like nhwc/,
  },
  {
    title: 'an input of another rank',
    model: network({ inputs: [{ name: 'x', type: DataType.FLOAT, dims: [1, 192] }] }),
    spec,
    message: /Expected input "x" to be \[N,3,H,W\] but it is \[1,192\]/,
  },
  {
    title: 'an input of texts',
    model: network({ inputs: [{ name: 'x', type: DataType.STRING, dims: [1] }] }),
    spec,
    message: /Expected input "x" to be a tensor of numbers but it is string/,
  },
  {
    title: 'a std of 0',
    model: tiny(),
    spec: input({ std: [1, 0, 1] }),
    message: /Expected finite scale and mean and std other than 0 but found std \[1,0,1\]/,
  },
  {
    title: 'another size than the graph has',
    model: tiny({ fixed: [8, 8] }),
    spec: input({ size: { width: 16, height: 8 } }),
    message: /Expected an input of width 16, as the manifest says, but the graph fixes 8/,
  },
  {
    title: 'a resize in the graph to no size',
    model: tiny(),
    spec: input({ resize: 'linear' }),
    message: /Expected a fixed input size to resize to/,
  },
  {
    title: 'integer scores',
    model: network({
      outputs: outputs(DataType.UINT8, [1, 3, 8, 8]),
      body: (write) => write.add('Cast', ['x'], { to: DataType.UINT8 }, 'y'),
    }),
    spec,
    message: /Expected logits to be floats but output "y" is uint8; if it is a class map, its kind is labels/,
  },
  {
    title: 'scores that are no map',
    model: network({ outputs: outputs(DataType.FLOAT, [1, 1000]) }),
    spec,
    message: /Expected logits of shape \[N,C,h,w\] or \[N,h,w\] but output "y" is \[1,1000\]/,
  },
  {
    title: 'a foreground beyond the channels',
    model: tiny(),
    spec: { ...output({ foreground: 5 }), want: { alpha: true } },
    message: /Expected a foreground channel from 0 to 4 in output "y" but the manifest says 5/,
  },
  {
    title: 'fewer labels than channels',
    model: tiny(),
    spec: { ...spec, classes: 4 },
    message: /Expected a label for each of the 5 channels of output "y" but there are 4 labels/,
  },
  {
    title: 'channels that nothing tells',
    model: network({
      outputs: [{ name: 'y', type: DataType.FLOAT }],
      body: (write) => write.add('Neg', ['x'], {}, 'y'),
    }),
    spec,
    message: /Expected to learn the number of channels of output "y"/,
  },
  {
    title: 'labels of many channels',
    model: network(),
    spec: output({ kind: 'labels' }),
    message: /Expected labels of shape \[N,h,w\], \[N,1,h,w\] or \[N,h,w,1\] but output "y" is \[1,3,8,8\]/,
  },
  {
    title: 'alpha from labels',
    model: network(),
    spec: { ...output({ kind: 'labels' }), want: { alpha: true } },
    message: /Expected scores to make alpha from but output "y" holds labels already/,
  },
  {
    title: 'labels to be mixed by a linear resize',
    model: network(),
    spec: output({ kind: 'labels', resize: 'linear' }),
    message: /Expected nearest, the only kernel for labels, but the manifest asks for linear/,
  },
  {
    title: 'a second input that the answer needs',
    model: network({
      inputs: [
        { name: 'x', type: DataType.FLOAT, dims: [1, 3, 8, 8] },
        { name: 'state', type: DataType.FLOAT, dims: [1, 3, 8, 8] },
      ],
      body: (write) => write.add('Add', ['x', 'state'], {}, 'y'),
    }),
    spec: input({ name: 'x' }),
    message: /Expected a model that needs nothing but a picture but it also needs "state"/,
  },
];

describe('fuse refuses, and says what it expected', () => {
  for (const { title, model, spec: wish, message } of refusals) {
    test(title, () => {
      assert.throws(() => fuse(model, wish), { name: 'GraphError', message });
    });
  }
});
