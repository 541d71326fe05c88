import { GraphError } from './graphError.ts';
import { fusionMark, type OnnxModel, readModel, standardOpset } from './onnxFile.ts';
import { ValueNames } from './valueNames.ts';

/** Below 11 Clip and Resize have other forms and Softmax-era exporters other habits; 23 is the newest whose forms were checked. */
export const opsetMin = 11;
export const opsetChecked = 23;

/** A model under the knife: what every stage of fusing reads and changes. */
export interface Draft {
  readonly model: OnnxModel;
  readonly opset: number;
  readonly names: ValueNames;
  readonly notes: string[];
}

/** @throws {GraphError} when the bytes are no model, its operators are older than those we can write, or it is fused already */
export function openDraft(bytes: Uint8Array): Draft {
  const model = readModel(bytes);
  const opset = standardOpset(model);
  const notes: string[] = [];
  if (opset < opsetMin) {
    throw new GraphError(
      `Expected a model of opset ${opsetMin} or newer but found ${opset === 0 ? 'no standard operators' : `opset ${opset}`}; ` +
        `convert it with onnx.version_converter, or switch fusion off`,
    );
  }
  const fused = fusionMark(model);
  if (fused !== undefined)
    throw new GraphError(`Expected a model as it was trained but it is fused already (${fused})`);
  if (opset > opsetChecked) notes.push(`opset ${opset} is newer than ${opsetChecked}, up to which fusion is tested`);
  dropInitialisersFromInputs(model, notes);
  return { model, opset, names: new ValueNames(model.graph), notes };
}

/**
 * Up to IR 3 every initialiser had to be an input as well. From IR 4 on such an initialiser is a mere default, which the runtime may not
 * fold; nobody overrides weights here, so they become constants. Our own initialisers need IR 4.
 */
function dropInitialisersFromInputs(model: OnnxModel, notes: string[]): void {
  const { graph } = model;
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  for (const { values } of graph.sparseInitializer) constants.add(values?.name ?? '');
  const before = graph.input.length;
  graph.input = graph.input.filter((input) => !constants.has(input.name));
  if (graph.input.length < before) {
    notes.push(`${before - graph.input.length} initialisers were also inputs; they are constants now`);
  }
  if (model.irVersion < 4n) {
    notes.push(`IR version ${model.irVersion} became 4, which allows initialisers that are no inputs`);
    model.irVersion = 4n;
  }
}
