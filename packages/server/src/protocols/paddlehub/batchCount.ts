import type { JsonValue } from '../wire/jsonDocument.ts';
import { PythonError } from './pythonError.ts';
import { pythonTypeName } from './pythonTypeName.ts';

/**
 * How many batches Python's `ceil(pictures / batch_size)` makes; none below zero. The batches themselves are the engine's
 * business. Throws PythonError where that division, or counting to `batch_size`, would.
 */
export function batchCount(pictures: number, batchSize: JsonValue = 1): number {
  const size = typeof batchSize === 'boolean' ? Number(batchSize) : batchSize;
  if (typeof size !== 'number') {
    throw new PythonError(`unsupported operand type(s) for /: 'int' and '${pythonTypeName(batchSize)}'`);
  }
  if (size === 0) throw new PythonError('division by zero');
  const batches = Math.max(0, Math.ceil(pictures / size));
  if (batches > 0 && !Number.isInteger(size)) {
    throw new PythonError("'float' object cannot be interpreted as an integer");
  }
  return batches;
}
