import type { Engine } from '../../domain/engineDoor.ts';
import type { TensorSpec } from '../../domain/tensor.ts';
import { configTypeOf, datatypeOf } from './datatypes.ts';
import { imageInputName, takesPictures } from './inference.ts';
import type { ModelNames, ServedModel } from './modelNames.ts';

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** −1: any length. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

/** What is true of this server; `sequence`, `trace`, `logging` and shared memory are not. */
export const extensions: readonly string[] = [
  'classification',
  'model_repository',
  'schedule_policy',
  'model_configuration',
  'binary_tensor_data',
  'parameters',
  'statistics',
];

const platform = 'onnxruntime_onnx';

export class Descriptions {
  readonly #engine: Engine;
  readonly #names: ModelNames;
  readonly #listImageInput: boolean;

  constructor(engine: Engine, names: ModelNames, listImageInput: boolean) {
    this.#engine = engine;
    this.#names = names;
    this.#listImageInput = listImageInput;
  }

  /** Throws Fault `model_not_ready` until the graph has been read. */
  metadata(served: ServedModel): ModelMetadata {
    const { name, ref } = served;
    const { inputs, outputs } = this.#engine.signature(ref);
    const image = this.#listsImage(served, inputs) ? [{ name: imageInputName, datatype: 'BYTES', shape: [-1] }] : [];
    return {
      name,
      versions: this.#names.versionsOf(name).map(({ version }) => version),
      platform,
      inputs: [...inputs.map(metadataOf), ...image],
      outputs: outputs.map(metadataOf),
    };
  }

  /** The message ModelConfig as protobuf JSON: field names of `triton_model_config.proto`, 64-bit numbers as numbers. */
  config(served: ServedModel) {
    const { name, ref, detail } = served;
    const signature = this.#engine.signature(ref);
    const image = this.#listsImage(served, signature.inputs) ? [imageConfig] : [];
    return {
      name,
      platform,
      backend: 'onnxruntime',
      version_policy: { all: {} },
      max_batch_size: 0,
      input: [...signature.inputs.map(inputConfig), ...image],
      output: signature.outputs.map(outputConfig),
      batch_input: [],
      batch_output: [],
      optimization: {
        priority: 'PRIORITY_DEFAULT',
        input_pinned_memory: { enable: false },
        output_pinned_memory: { enable: false },
        gather_kernel_buffer_threshold: 0,
        eager_batching: false,
      },
      instance_group: [instanceGroup(name, detail.providers)],
      default_model_filename: '',
      cc_model_filenames: {},
      metric_tags: {},
      parameters: this.#parameters(served),
      model_warmup: [],
      model_transaction_policy: { decoupled: false },
    };
  }

  /** Two inputs of one name cannot be told apart in a list. */
  #listsImage(served: ServedModel, inputs: readonly TensorSpec[]): boolean {
    const isFree = !inputs.some(({ name }) => name === imageInputName);
    return this.#listImageInput && isFree && takesPictures(this.#engine, served);
  }

  /** Tells programs of the input that takes pictures, which clients of the graph's own inputs must not stumble over. */
  #parameters(served: ServedModel): Readonly<Record<string, { readonly string_value: string }>> {
    const { task, answers } = served.detail;
    if (!takesPictures(this.#engine, served)) return { segserve_task: { string_value: task } };
    return {
      segserve_task: { string_value: task },
      segserve_image_input: { string_value: imageInputName },
      segserve_answers: { string_value: answers.join(',') },
    };
  }
}

function metadataOf(spec: TensorSpec): TensorMetadata {
  return { name: spec.name, datatype: datatypeOf(spec.type), shape: shapeOf(spec) };
}

/** The protocol has no word for a tensor of any number of sides. */
function shapeOf({ dims, anyRank }: TensorSpec): number[] {
  return anyRank ? [-1] : dims.map((side) => side ?? -1);
}

function inputConfig(spec: TensorSpec) {
  return {
    name: spec.name,
    data_type: configTypeOf(spec.type),
    format: 'FORMAT_NONE',
    dims: shapeOf(spec),
    is_shape_tensor: false,
    allow_ragged_batch: false,
    optional: false,
    is_non_linear_format_io: false,
  };
}

const imageConfig = { ...inputConfig({ name: imageInputName, type: 'string', dims: [null] }), optional: true };

function outputConfig(spec: TensorSpec) {
  return {
    name: spec.name,
    data_type: configTypeOf(spec.type),
    dims: shapeOf(spec),
    label_filename: '',
    is_shape_tensor: false,
    is_non_linear_format_io: false,
  };
}

function instanceGroup(name: string, providers: readonly string[]) {
  const onGpu = providers.some((provider) => provider === 'cuda' || provider === 'tensorrt');
  return {
    name: `${name}_0`,
    kind: onGpu ? 'KIND_GPU' : 'KIND_CPU',
    count: Math.max(1, providers.length),
    gpus: [],
    secondary_devices: [],
    profile: [],
    passive: false,
    host_policy: '',
  };
}
