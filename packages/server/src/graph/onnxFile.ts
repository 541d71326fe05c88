import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type GraphProto, type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';

/** A protobuf message ends at 2 GiB: larger models keep their tensors in files beside the model. */
const modelBytesMax = 2 ** 31 - 1;

export type OnnxModel = ModelProto & { graph: GraphProto };

/**
 * Reads an .onnx file. Tensors stay views into `bytes`, so the caller must not change them; fields we have no name for are kept
 * and written again.
 *
 * @throws {GraphError} when the bytes are not an ONNX model
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new GraphError(`Expected an ONNX model but the ${bytes.length} bytes are no protobuf message of that kind`, {
      cause,
    });
  }
  // Almost any short text is a valid message of unknown fields, so a graph and an operator set are what tells a model apart.
  if (model.graph === undefined || model.opsetImport.length === 0) {
    throw new GraphError('Expected an ONNX model but found no graph or no operator set in the file');
  }
  return model as OnnxModel;
}

/**
 * Writes a model as the bytes of an .onnx file.
 *
 * @throws {GraphError} when it would pass the 2 GiB that a protobuf message can hold
 */
export function writeModel(model: ModelProto): Uint8Array {
  const bytes = toBinary(ModelProtoSchema, model);
  if (bytes.length > modelBytesMax) {
    throw new GraphError(`Expected a model of at most ${modelBytesMax} bytes but it has ${bytes.length}`);
  }
  return bytes;
}

/** Version of the standard operators that the model's nodes mean; 0 when the model uses none of them. */
export function standardOpset(model: ModelProto): number {
  return Number(model.opsetImport.find((entry) => isStandardDomain(entry.domain))?.version ?? 0n);
}

/** The standard operators' domain has two spellings. */
export function isStandardDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** Under this key a fused model says what was put into it. */
const fusionKey = 'segserve.fusion';

/** What fusion put into the model, in words; undefined for a model as it was trained. */
export function fusionMark(model: ModelProto): string | undefined {
  return model.metadataProps.find((entry) => entry.key === fusionKey)?.value;
}

export function markFused(model: ModelProto, what: string): void {
  model.metadataProps.push(create(StringStringEntryProtoSchema, { key: fusionKey, value: what }));
}
