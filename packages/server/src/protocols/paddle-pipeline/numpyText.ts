import { elementBytes, type Tensor } from '../../domain/tensor.ts';
import { halfToNumber } from '../wire/halfFloat.ts';

/**
 * An array as Python prints it, `array([[0.5, 1.]], dtype=float32)`, which is how the predecessor sends raw outputs. Whole
 * and in one line: what a client's `eval` reads is the same, line breaks and padding are not.
 */
export function numpyText(tensor: Tensor): string {
  const words = tensor.type === 'string' ? tensor.strings.map(quoted) : numberWords(tensor);
  const { dims, type } = tensor;
  if (dims.length === 0) return `array(${words[0] ?? ''}${suffixOf(type)})`;
  return `array(${nested(words, dims)}${suffixOf(type)})`;
}

/** Python names no type where it would choose it by itself. */
function suffixOf(type: Tensor['type']): string {
  if (type === 'int64' || type === 'float64' || type === 'bool') return '';
  return `, dtype=${type === 'string' ? 'object' : type}`;
}

function nested(words: readonly string[], dims: readonly number[]): string {
  const [side = 0, ...inner] = dims;
  if (inner.length === 0) return `[${words.slice(0, side).join(', ')}]`;
  const step = inner.reduce((product, one) => product * one, 1);
  const rows = Array.from({ length: side }, (_, row) => nested(words.slice(row * step, (row + 1) * step), inner));
  return `[${rows.join(', ')}]`;
}

function numberWords({ type, bytes, dims }: Exclude<Tensor, { type: 'string' }>): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = elementBytes[type];
  const count = dims.reduce((product, side) => product * side, 1);
  return Array.from({ length: count }, (_, index) => wordAt(view, index * step, type));
}

function wordAt(view: DataView, at: number, type: Exclude<Tensor['type'], 'string'>): string {
  switch (type) {
    case 'bool':
      return view.getUint8(at) === 0 ? 'False' : 'True';
    case 'int8':
      return String(view.getInt8(at));
    case 'uint8':
      return String(view.getUint8(at));
    case 'int16':
      return String(view.getInt16(at, true));
    case 'uint16':
      return String(view.getUint16(at, true));
    case 'int32':
      return String(view.getInt32(at, true));
    case 'uint32':
      return String(view.getUint32(at, true));
    case 'int64':
      return String(view.getBigInt64(at, true));
    case 'uint64':
      return String(view.getBigUint64(at, true));
    case 'float16':
      return floatWord(halfToNumber(view.getUint16(at, true)));
    case 'float32':
      return floatWord(shortest(view.getFloat32(at, true)));
    case 'float64':
      return floatWord(view.getFloat64(at, true));
  }
}

/** The shortest decimal that means the same float32: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  if (!Number.isFinite(value)) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function floatWord(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')}'`;
}
