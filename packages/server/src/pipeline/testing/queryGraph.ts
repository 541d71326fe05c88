import { TensorProto_DataType as DataType } from '../../graph/gen/onnx_pb.ts';
import { writeModel } from '../../graph/onnxFile.ts';
import { buildModel } from '../../graph/testing/buildModel.ts';

/** One query: what it says it is, and where, by colour. */
export interface ColorQuery {
  /** Class logits, the null class among them. */
  readonly logits: readonly number[];
  /** Its mask logits are red, green and blue (0…1) times these, and a number, averaged over `stride`² pixels. */
  readonly mask: readonly [red: number, green: number, blue: number, bias: number];
}

export interface QueryGraph {
  readonly input: readonly [height: number, width: number];
  readonly queries: readonly ColorQuery[];
  readonly stride?: number;
  /** Of the two outputs; Mask2Former's when left out. */
  readonly names?: readonly [classes: string, masks: string];
  /** Boxes and hidden states besides, as exports have them. */
  readonly others?: true;
  /** An input `pixel_mask`, whose zeros take the masks away. */
  readonly takesMask?: true;
  /** Mask logits are NaN, or these times what they would be. */
  readonly broken?: true | number;
}

/** A graph that answers as Mask2Former and its kin do, with masks that are colours of the picture. */
export function queryGraph({ input: [height, width], queries, stride = 4, ...more }: QueryGraph): Uint8Array {
  const [classes, masks] = more.names ?? ['class_queries_logits', 'masks_queries_logits'];
  const count = queries.length;
  const columns = queries[0]!.logits.length;
  const sides = [height / stride, width / stride];
  const float = (name: string, dims: readonly number[]) => ({ name, type: DataType.FLOAT, dims });
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [
        float('pixel_values', [1, 3, height, width]),
        ...(more.takesMask ? [{ name: 'pixel_mask', type: DataType.INT64, dims: ['batch', 'h', 'w'] }] : []),
      ],
      outputs: [
        ...(more.others ? [float('hidden', [1, 3, height, width]), float('pred_boxes', [1, count, 4])] : []),
        float(classes, [1, count, columns]),
        float(masks, [1, count, ...sides]),
      ],
      body: (write) => {
        const weights = write.floats(
          queries.flatMap(({ mask }) => mask.slice(0, 3)),
          [count, 3, 1, 1],
        );
        const biases = write.floats(
          queries.map(({ mask }) => mask[3]),
          [count],
        );
        const mixed = write.add('Conv', ['pixel_values', weights, biases]);
        const square = { kernel_shape: [stride, stride], strides: [stride, stride] };
        const drawn = write.add('AveragePool', [mixed], square);
        const seen = more.takesMask
          ? write.add('ReduceMin', [write.add('Cast', ['pixel_mask'], { to: DataType.FLOAT })], { keepdims: 0 })
          : write.floats([more.broken === true ? Number.NaN : (more.broken ?? 1)], [1]);
        write.add('Mul', [drawn, seen], {}, masks);
        const rows = write.floats(
          queries.flatMap(({ logits }) => logits),
          [1, count, columns],
        );
        write.add('Identity', [rows], {}, classes);
        if (!more.others) return;
        write.add('Identity', ['pixel_values'], {}, 'hidden');
        write.add('Identity', [write.floats(new Array(count * 4).fill(0.5), [1, count, 4])], {}, 'pred_boxes');
      },
    }),
  );
}
