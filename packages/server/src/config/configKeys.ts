import { z } from 'zod';
import { ConfigSchema } from './configSchema.ts';
import { type LeafFacts, leafFacts } from './leaves.ts';

export interface ConfigKey {
  /** `listen.bodyBytesMax` */
  readonly key: string;
  /** `SEGSERVE_LISTEN_BODY_BYTES_MAX` */
  readonly variable: string;
  readonly schema: z.ZodType;
  readonly facts: LeafFacts;
  /** Undefined where nothing stands for the value. */
  readonly defaultValue: unknown;
}

/** Every key of the configuration, in the order of the schema. */
export const configKeys: ReadonlyMap<string, ConfigKey> = new Map(
  leavesOf(ConfigSchema, '').map((leaf) => [leaf.key, leaf]),
);

/** Keys that hold other keys: `listen`, `listen.cors`, … */
export const configGroups: ReadonlySet<string> = new Set([...configKeys.keys()].flatMap(groupsAbove));

/** `listen.bodyBytesMax` ↦ `SEGSERVE_LISTEN_BODY_BYTES_MAX`. */
export function variableOf(key: string): string {
  const words = key.split('.').map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return `SEGSERVE_${words.join('_')}`;
}

function leavesOf(schema: z.ZodType, key: string): ConfigKey[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([name, child]) =>
      leavesOf(child as z.ZodType, key === '' ? name : `${key}.${name}`),
    );
  }
  const facts = leafFacts.get(inner);
  if (!facts) throw new Error(`The configuration schema says nothing of ${key}.`);
  const missing = schema.safeParse(undefined);
  return [{ key, variable: variableOf(key), schema: inner, facts, defaultValue: missing.data }];
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

function groupsAbove(key: string): string[] {
  const parts = key.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}
