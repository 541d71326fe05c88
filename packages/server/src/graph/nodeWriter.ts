import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './gen/onnx_pb.ts';
import type { ValueNames } from './valueNames.ts';

/** A whole number is an INT, a list INTS, a text STRING; a FLOAT says so, since 1.0 and 1 look alike here. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** Writes a chain of new nodes, with names that nobody has yet, for one version of the standard operators. */
export class NodeWriter {
  readonly opset: number;
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly #names: ValueNames;

  constructor(names: ValueNames, opset: number) {
    this.#names = names;
    this.opset = opset;
  }

  /** Adds a node with one output; returns the output's name, a fresh one unless `output` is given. */
  add(opType: string, input: string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const name = this.#names.fresh(`segserve/${opType}`);
    const result = output ?? this.#names.fresh(`${name}:0`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push(create(NodeProtoSchema, { name, opType, input, output: [result], attribute }));
    return result;
  }

  /** A float32 constant; without `dims` a scalar (one value) or a vector. */
  floats(values: readonly number[], dims: readonly number[] = values.length === 1 ? [] : [values.length]): string {
    return this.#constant(DataType.FLOAT, Float32Array.from(values), dims);
  }

  /** An int64 vector, as axes and sizes are given. */
  ints(values: readonly number[]): string {
    return this.#constant(DataType.INT64, BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** An int64 scalar: Gather with one index drops the axis. */
  int(value: number): string {
    return this.#constant(DataType.INT64, BigInt64Array.of(BigInt(value)), []);
  }

  #constant(dataType: number, data: Float32Array | BigInt64Array, dims: readonly number[]): string {
    const name = this.#names.fresh('segserve/constant');
    // ONNX is little-endian, as is every machine that the runtime is built for.
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push(create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData }));
    return name;
  }
}

function attributeOf(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}
