import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes } from '../../domain/tensor.ts';
import { elementCount, type WireTensor, wrongCount } from './wireTensor.ts';

/** Each element of a BYTES tensor stands behind its length: 4 bytes, little-endian. */
const lengthBytes = 4;

/** A tensor from its bytes as binary requests and `raw_input_contents` hold them. Throws Fault. */
export function tensorOfBytes(name: string, type: ElementType, dims: readonly number[], bytes: Uint8Array): WireTensor {
  if (type === 'string') return { name, type: 'bytes', dims, elements: elementsOf(name, dims, bytes) };
  const expected = elementCount(dims) * elementBytes[type];
  if (bytes.length === expected) return { name, type, dims, bytes };
  const wanted = `${expected} bytes in "${name}" for its shape [${dims.join(',')}]`;
  throw Fault.expected('invalid_request', wanted, String(bytes.length));
}

function elementsOf(name: string, dims: readonly number[], bytes: Uint8Array): Uint8Array[] {
  const count = elementCount(dims);
  const elements: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.length - at - lengthBytes;
    const length = rest < 0 ? undefined : view.getUint32(at, true);
    if (length === undefined || length > rest) throw cutShort(name, elements.length, length, rest);
    elements.push(bytes.subarray(at + lengthBytes, at + lengthBytes + length));
    at += lengthBytes + length;
    if (elements.length > count) break;
  }
  if (elements.length !== count) throw wrongCount(name, dims, elements.length);
  return elements;
}

function cutShort(name: string, index: number, length: number | undefined, rest: number): Fault {
  const expected = `element ${index} of "${name}" to be its length (4 bytes, little-endian) and then its bytes`;
  if (length === undefined)
    return Fault.expected('invalid_request', expected, `${rest + lengthBytes} bytes at the end`);
  return Fault.expected('invalid_request', expected, `a length of ${length} with ${rest} bytes left`);
}

/** The other way. */
export function bytesOfTensor(tensor: WireTensor): Uint8Array {
  if (tensor.type !== 'bytes') return tensor.bytes;
  const total = tensor.elements.reduce((sum, { length }) => sum + lengthBytes + length, 0);
  const out = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const element of tensor.elements) {
    at = out.writeUInt32LE(element.length, at);
    out.set(element, at);
    at += element.length;
  }
  return out;
}
