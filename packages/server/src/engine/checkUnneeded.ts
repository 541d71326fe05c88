import { partsBelow } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import type { ModelStanding } from './describeModel.ts';

/** Throws where a chain that is loaded is made of this package: unloading it would give no memory back. The chain goes first. */
export function checkUnneeded(ref: string, standings: readonly ModelStanding[]): void {
  const chain = standings
    .filter(({ phase, report }) => phase !== 'unloaded' && report?.error === undefined)
    .find(({ spec }) => partsBelow(spec).some((part) => part.ref === ref));
  if (chain === undefined) return;
  const message = `${ref} is a part of the chain ${chain.spec.ref}, which is loaded: unload that first.`;
  throw new Fault('invalid_request', message);
}
