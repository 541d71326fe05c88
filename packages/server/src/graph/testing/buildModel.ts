import { create } from '@bufbuild/protobuf';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../gen/onnx_pb.ts';
import { NodeWriter } from '../nodeWriter.ts';
import { type Dim, declareTensor } from '../tensorInfo.ts';
import { ValueNames } from '../valueNames.ts';

export interface TensorSpec {
  readonly name: string;
  readonly type: number;
  /** Left out: the shape is not declared. */
  readonly dims?: readonly Dim[];
}

export interface ModelSpec {
  readonly opset: number;
  readonly irVersion?: number;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Writes the nodes; names in `inputs` and `outputs` are theirs to read and to make. */
  readonly body: (write: NodeWriter) => void;
}

/** A small model for tests. */
export function buildModel({ opset, irVersion = 8, inputs, outputs, body }: ModelSpec): ModelProto & {
  graph: { node: NodeProto[]; initializer: TensorProto[]; input: ValueInfoProto[]; output: ValueInfoProto[] };
} {
  const write = new NodeWriter(new ValueNames(create(GraphProtoSchema)), opset);
  body(write);
  const declare = (tensor: TensorSpec) => declareTensor(tensor.name, tensor.type, tensor.dims);
  const graph = create(GraphProtoSchema, {
    name: 'test',
    node: write.nodes,
    initializer: write.initializers,
    input: inputs.map(declare),
    output: outputs.map(declare),
  });
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    producerName: 'segserve tests',
    graph,
  });
  return Object.assign(model, { graph });
}
