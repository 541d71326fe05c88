import {
  CocoSchema,
  GeojsonSchema,
  InstancesSchema,
  LabelstudioSchema,
  MasksSchema,
  ModelDetailSchema,
  ModelListSchema,
  PolygonsSchema,
  ProblemSchema,
  SegmentJsonReplySchema,
  SegmentJsonSchema,
  SeveralJsonReplySchema,
  StatsSchema,
  TopClassesSchema,
} from '@segserve/contract';
import { z } from 'zod';

type Json = Record<string, unknown>;

/** What the OpenAPI document refers to by name. */
export function openApiSchemas(): Json {
  return {
    SegmentJson: requestSchema(SegmentJsonSchema),
    SegmentJsonReply: replySchema(SegmentJsonReplySchema),
    SeveralJsonReply: replySchema(SeveralJsonReplySchema),
    Stats: replySchema(StatsSchema),
    Masks: replySchema(MasksSchema),
    TopClasses: replySchema(TopClassesSchema),
    Instances: replySchema(InstancesSchema),
    Polygons: replySchema(PolygonsSchema),
    Geojson: replySchema(GeojsonSchema),
    Coco: replySchema(CocoSchema),
    Labelstudio: replySchema(LabelstudioSchema),
    ModelList: replySchema(ModelListSchema),
    ModelDetail: replySchema(ModelDetailSchema),
    Problem: replySchema(ProblemSchema),
    Status: {
      type: 'object',
      properties: { status: { type: 'string', enum: ['alive', 'ready'] } },
      required: ['status'],
    },
  };
}

/** Of what a request may hold. */
export function requestSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      dropSafeBounds(jsonSchema);
      dropDefaulted(jsonSchema);
    },
  });
  return rest;
}

/** What has a default may be left out of a request. */
function dropDefaulted(schema: z.core.JSONSchema.BaseSchema): void {
  const { properties = {}, required = [] } = schema;
  const needed = required.filter((name) => {
    const property = properties[name];
    return typeof property !== 'object' || property.default === undefined;
  });
  if (needed.length > 0) schema.required = needed;
  else delete schema.required;
}

/** Replies may gain fields; a client that reads by this document must not refuse them. */
function replySchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      dropSafeBounds(jsonSchema);
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return rest;
}

/** ±2⁵³ is zod's way to say "a whole number"; it tells a reader nothing. */
function dropSafeBounds(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
