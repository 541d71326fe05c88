import {
  answerFacts,
  CocoSchema,
  type FaultCode,
  GeojsonSchema,
  InstancesSchema,
  LabelstudioSchema,
  MasksSchema,
  ModelDetailSchema,
  ModelListSchema,
  mediaTypes,
  PolygonsSchema,
  ProblemSchema,
  SegmentJsonReplySchema,
  SegmentJsonSchema,
  SegmentOptionsSchema,
  StatsSchema,
  TopClassesSchema,
} from '@segserve/contract';
import { z } from 'zod';
import { faultMeanings } from './faults.ts';
import { jsonReplyExample, problemExample, statsExample } from './openapiExamples.ts';

type Json = Record<string, unknown>;

export interface OpenApiDocument extends Json {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Json>>;
}

/** The OpenAPI 3.1 document of this wire, drawn from the schemas that validate its requests. */
export function openApiDocument(version: string): OpenApiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'segserve',
      version,
      summary: 'Image segmentation: masks, mattes, cut-outs and statistics',
      description:
        'Send a picture, get its segmentation. Errors are RFC 9457 problem documents; their codes are at /errors.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [{ name: 'segment' }, { name: 'models' }, { name: 'server' }],
    paths: {
      '/v1/models/{model}/segment': { parameters: [modelParameter], post: segmentOperation() },
      '/v1/models': { get: operation('listModels', 'models', 'Every model known here', json('ModelList')) },
      '/v1/models/{model}': {
        parameters: [modelParameter],
        get: operation('getModel', 'models', 'One model: labels, input, batching, where it runs', json('ModelDetail'), [
          'unknown_model',
        ]),
      },
      '/livez': { get: operation('live', 'server', '200 while the process lives', json('Status')) },
      '/readyz': {
        get: operation('ready', 'server', '200 when requests can be answered, else 503 and why', json('Status'), [
          'model_not_ready',
        ]),
      },
      '/metrics': { get: operation('metrics', 'server', 'Metrics for Prometheus', { 'text/plain': text }) },
      '/openapi.json': {
        get: operation('openapi', 'server', 'This document', { 'application/json': { schema: { type: 'object' } } }),
      },
      '/errors': {
        get: operation('errors', 'server', 'Every error code and what to do about it', { 'text/html': text }),
      },
      '/errors/{code}': {
        parameters: [
          { name: 'code', in: 'path', required: true, schema: { type: 'string', enum: Object.keys(faultMeanings) } },
        ],
        get: operation('error', 'server', 'One error code', { 'text/html': text }, ['not_found']),
      },
    },
    components: { schemas: schemas(), headers },
  };
}

const text = { schema: { type: 'string' } };
const modelParameter = {
  name: 'model',
  in: 'path',
  required: true,
  description: '`name`, `name:version` or `name:latest`; GET /v1/models lists them',
  schema: { type: 'string' },
  example: 'portrait',
};

const headers = {
  RequestId: {
    description: 'The X-Request-Id of the request (at most 128 visible ASCII characters), or a new one',
    schema: { type: 'string' },
  },
  Model: { description: 'name:version of the model that answered', schema: { type: 'string' }, example: 'portrait:1' },
  ServerTiming: {
    description: 'Milliseconds of each stage: queue, decode, preprocess, infer, postprocess, encode, total',
    schema: { type: 'string' },
  },
  RetryAfter: { description: 'Seconds after which another try has a chance', schema: { type: 'integer' } },
};

const every = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const timed = { ...every, 'Server-Timing': { $ref: '#/components/headers/ServerTiming' } };
const ofModel = { ...timed, 'X-Segserve-Model': { $ref: '#/components/headers/Model' } };

/** What any address may answer. */
const anywhere: readonly FaultCode[] = ['headers_too_large', 'shutting_down', 'internal'];
const ofSegment: readonly FaultCode[] = [
  ...([
    'invalid_request',
    'unknown_answer',
    'empty_image',
    'unknown_model',
    'not_acceptable',
    'request_timeout',
  ] as const),
  ...(['body_too_large', 'image_too_large', 'unsupported_media_type', 'unsupported_image', 'corrupt_image'] as const),
  ...([
    'poison_input',
    'model_invalid',
    'worker_failed',
    'overloaded',
    'model_not_ready',
    'deadline_exceeded',
  ] as const),
];

function segmentOperation(): Json {
  const answers = Object.entries(answerFacts).map(
    ([kind, { says, formats }]) => `- \`${kind}\`: ${says} (${formats.join(', ')})`,
  );
  const description = [
    'The picture goes as the raw body, as the form field `image`, or as base64 in JSON. Options go in the query, or as form fields or JSON keys beside the picture.',
    'Answers:',
    answers.join('\n'),
    '`answer` decides what comes back. Without it `Accept` does: a picture type gives the answer that fits the task (matting: cutout, semantic: color, instance: overlay), `application/json` statistics (classification: the best classes, instance: the instances), `multipart/mixed` the usual set. Several answers come as multipart/mixed, or as JSON with `response=json`.',
  ].join('\n\n');
  return {
    operationId: 'segment',
    tags: ['segment'],
    summary: 'Segment one picture',
    description,
    parameters: queryParameters(),
    requestBody: { required: true, content: requestContent() },
    responses: {
      200: { description: 'The answer or answers', headers: ofModel, content: replyContent() },
      ...problems(ofSegment),
    },
  };
}

function queryParameters(): Json[] {
  const { properties } = jsonSchema(SegmentOptionsSchema) as { properties: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
    ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
  }));
}

function requestContent(): Json {
  const binary = { schema: { type: 'string', contentMediaType: 'application/octet-stream', format: 'binary' } };
  const form = jsonSchema(SegmentOptionsSchema) as { properties: Json };
  const image = { type: 'string', format: 'binary', contentMediaType: 'image/*', description: 'The picture' };
  return {
    'image/*': binary,
    'multipart/form-data': {
      schema: { ...form, properties: { image, ...form.properties }, required: ['image'] },
      encoding: { answer: { style: 'form', explode: false }, classes: { style: 'form', explode: false } },
    },
    'application/json': {
      schema: { $ref: '#/components/schemas/SegmentJson' },
      example: { image: 'data:image/jpeg;base64,/9j/4AAQSkZJRg…', answer: ['cutout', 'stats'], response: 'json' },
    },
  };
}

function replyContent(): Json {
  const pictures = Object.values(mediaTypes).filter((type) => type.startsWith('image/'));
  return {
    ...Object.fromEntries(
      pictures.map((type) => [type, { schema: { type: 'string', contentMediaType: type, format: 'binary' } }]),
    ),
    'application/json': {
      schema: {
        anyOf: [
          'Stats',
          'Masks',
          'TopClasses',
          'Instances',
          'Polygons',
          'Coco',
          'Labelstudio',
          'Geojson',
          'SegmentJsonReply',
        ].map((name) => ({
          $ref: `#/components/schemas/${name}`,
        })),
      },
      examples: {
        stats: { summary: 'answer=stats', value: statsExample },
        several: { summary: 'response=json', value: jsonReplyExample },
      },
    },
    [mediaTypes.geojson]: { schema: { $ref: '#/components/schemas/Geojson' } },
    'text/plain': text,
    [mediaTypes.npy]: { schema: { type: 'string', contentMediaType: mediaTypes.npy, format: 'binary' } },
    'multipart/mixed': {
      schema: { type: 'string', description: 'One part for each answer; Content-Disposition has its name' },
    },
  };
}

function operation(id: string, tag: string, summary: string, content: Json, codes: readonly FaultCode[] = []): Json {
  const headersOf = codes.includes('unknown_model') ? ofModel : tag === 'models' ? timed : every;
  const ok = { description: summary, headers: headersOf, content };
  return { operationId: id, tags: [tag], summary, responses: { 200: ok, ...problems(codes) } };
}

/** Problem responses by status, each with the codes that it may carry. */
function problems(codes: readonly FaultCode[]): Json {
  const byStatus = Object.groupBy([...codes, ...anywhere], (code) => String(faultMeanings[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, list = []]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${faultMeanings[code].title}`).join('; '),
        headers: status === '503' ? { ...every, 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : every,
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: list } } }],
            },
            examples: Object.fromEntries(list.map((code) => [code, { value: problemExample(code) }])),
          },
        },
      },
    ]),
  );
}

function json(name: string): Json {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}

function schemas(): Json {
  return {
    SegmentJson: jsonSchema(SegmentJsonSchema),
    SegmentJsonReply: replySchema(SegmentJsonReplySchema),
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

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { override: ({ jsonSchema }) => dropSafeBounds(jsonSchema) });
  return rest;
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
