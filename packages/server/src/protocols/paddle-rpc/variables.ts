import type { ModelSignature } from '../../domain/tensor.ts';
import { operatorFailure } from '../wire/brpc/brpcFailure.ts';
import type { SentTensor } from './inferMessage.ts';
import type { PaddleRpcSettings } from './settings.ts';

/** A variable of the graph, and what callers know it by. */
export interface Variable {
  readonly name: string;
  readonly alias: string;
}

export interface Variables {
  readonly feed: readonly Variable[];
  readonly fetch: readonly Variable[];
}

/** As the configuration has them; what it leaves out is as the graph has it, under its own names. */
export function variablesOf({ feed, fetch }: PaddleRpcSettings, signature: () => ModelSignature): Variables {
  return {
    feed: configured(feed) ?? signature().inputs.map(itself),
    fetch: configured(fetch) ?? signature().outputs.map(itself),
  };
}

function configured(aliases: Readonly<Record<string, string>> | undefined): Variable[] | undefined {
  if (aliases === undefined || Object.keys(aliases).length === 0) return undefined;
  return Object.entries(aliases).map(([alias, name]) => ({ name, alias }));
}

function itself({ name }: { readonly name: string }): Variable {
  return { name, alias: name };
}

/** Which input of the graph a tensor is for. Messages of 0.6 have no names: there its position tells. */
export function inputNameOf(tensor: SentTensor, index: number, positional: boolean, { feed }: Variables): string {
  const found = positional
    ? feed[index]
    : (feed.find(({ name }) => name === tensor.name) ??
      feed.find(({ alias }) => alias === tensor.alias || alias === tensor.name));
  if (found !== undefined) return found.name;
  const known = feed.map(({ name, alias }) => (name === alias ? name : `${name} (${alias})`)).join(', ');
  const received = positional ? `a tensor at place ${index + 1}` : `"${(tensor.name || tensor.alias).slice(0, 60)}"`;
  throw operatorFailure(`Expected tensors for ${known} but received ${received}.`);
}

/** What is to be fetched, in the order of the reply. As in the original a name that is not known means the first one. */
export function fetched(names: readonly string[], { fetch }: Variables): readonly Variable[] {
  if (names.length === 0) return fetch;
  return names.flatMap((alias) => fetch.find((variable) => variable.alias === alias) ?? fetch[0] ?? []);
}
