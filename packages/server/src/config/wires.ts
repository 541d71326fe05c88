import { z } from 'zod';
import { bentomlWireSchema } from './wires/bentoml.ts';
import { huggingfaceWireSchema } from './wires/huggingface.ts';
import { mortredWireSchema } from './wires/mortred.ts';
import { nativeWireSchema } from './wires/native.ts';
import { oipWireSchema } from './wires/oip.ts';
import { paddlePipelineWireSchema } from './wires/paddle-pipeline.ts';
import { paddleRpcWireSchema } from './wires/paddle-rpc.ts';
import { paddlehubWireSchema } from './wires/paddlehub.ts';
import { paddlesegServingWireSchema } from './wires/paddleseg-serving.ts';
import { rembgWireSchema } from './wires/rembg.ts';

/** Every wire that can be switched on, by its name; each wire's own file says what it may be told. */
const wireSchemas = [
  bentomlWireSchema,
  huggingfaceWireSchema,
  mortredWireSchema,
  nativeWireSchema,
  oipWireSchema,
  paddlePipelineWireSchema,
  paddleRpcWireSchema,
  paddlehubWireSchema,
  paddlesegServingWireSchema,
  rembgWireSchema,
] as const;

export const WireSchema = z.discriminatedUnion('name', wireSchemas);
export type WireConfig = z.output<typeof WireSchema>;

export const wireNames: readonly string[] = wireSchemas.map((schema) => [...schema.shape.name.values][0]!);

/** `mortred:8091` and `mortred`, as flags and variables say it, for `{ name: mortred, port: 8091 }`. */
export function wireOfText(item: unknown): unknown {
  if (typeof item !== 'string') return item;
  const [, name = item, port] = /^([a-z][a-z0-9-]*)(?::(\d+))?$/.exec(item.trim()) ?? [];
  return { name, ...(port === undefined ? {} : { port: Number(port) }) };
}
