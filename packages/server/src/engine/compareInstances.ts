import { readFile } from 'node:fs/promises';
import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import { decodeIds } from '../pipeline/decode/decodeIds.ts';
import { readHeader } from '../pipeline/header.ts';
import { matchedShare } from './matchedShare.ts';

/** Throws Fault `model_invalid` where an id map shows other things than the expected one. `where`: whose answer, in words. */
export async function compareInstances(
  where: string,
  made: Uint8Array,
  expectedFile: string,
  minAgreement: number,
  limits: Limits,
): Promise<void> {
  const file = await readFile(expectedFile);
  await readHeader(file, limits); // refuses what is too large
  const [is, shall] = await Promise.all([decodeIds(made), decodeIds(file)]);
  if (is === undefined || shall === undefined) {
    const expected = 'a 16-bit grey PNG of ids as the expected answer, as --as instances --format png writes it';
    throw new Fault('model_invalid', `${where}: expected ${expected}; found another picture.`);
  }
  if (is.width !== shall.width || is.height !== shall.height) {
    const expected = `a golden answer of ${is.width}×${is.height} pixels`;
    throw new Fault('model_invalid', `${where}: expected ${expected}, found ${shall.width}×${shall.height}.`);
  }
  const share = matchedShare(is.data, shall.data);
  if (share >= minAgreement) return;
  const found = `expected ${minAgreement} of the instances to be found again, found ${share.toFixed(4)}`;
  throw new Fault('model_invalid', `${where}: ${found}.`);
}
