import { answerFacts, type FaultCode, mediaTypes, SegmentOptionsSchema } from '@segserve/contract';
import { faultMeanings } from './faults.ts';
import { jsonReplyExample, problemExample, statsExample } from './openapiExamples.ts';
import { formPictures, severalExample, severalSays } from './openapiPictures.ts';
import { digestExample, digestParameter, jsonExamples, keptImageHeader, maskPart } from './openapiPrompts.ts';
import { openApiSchemas, requestSchema } from './openapiSchemas.ts';

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
    components: { schemas: openApiSchemas(), headers },
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
  KeptImage: keptImageHeader,
  RetryAfter: { description: 'Seconds after which another try has a chance', schema: { type: 'integer' } },
};

const every = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const timed = { ...every, 'Server-Timing': { $ref: '#/components/headers/ServerTiming' } };
const ofModel = { ...timed, 'X-Segserve-Model': { $ref: '#/components/headers/Model' } };

const ofSegmented = { ...ofModel, 'Segserve-Image': { $ref: '#/components/headers/KeptImage' } };

/** What any address may answer. */
const anywhere: readonly FaultCode[] = ['forbidden_origin', 'headers_too_large', 'shutting_down', 'internal'];
const ofSegment: readonly FaultCode[] = [
  ...([
    'invalid_request',
    'unknown_answer',
    'empty_image',
    'unknown_model',
    'not_found',
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
    `A promptable model segments what \`points\`, \`boxes\`, \`everything\` or \`prompts\` point at. The reply to such a request names the picture in Segserve-Image, and \`image\` may say that name (\`${digestExample.slice(0, 14)}…\`) for as long as the picture is kept, in place of its bytes; \`not_found\` then means: send it again.`,
    severalSays,
    'Answers:',
    answers.join('\n'),
    '`answer` decides what comes back. Without it `Accept` does: a picture type gives the answer that fits the task (matting: cutout, semantic: color, instance and panoptic: overlay), `application/json` statistics (classification: the best classes, instance: the instances, panoptic: the segments), `multipart/mixed` the usual set. Several answers come as multipart/mixed, or as JSON with `response=json`.',
  ].join('\n\n');
  return {
    operationId: 'segment',
    tags: ['segment'],
    summary: 'Segment a picture, or several',
    description,
    parameters: [...queryParameters(), digestParameter],
    requestBody: { required: true, content: requestContent() },
    responses: {
      200: { description: 'The answer or answers', headers: ofSegmented, content: replyContent() },
      ...problems(ofSegment),
    },
  };
}

function queryParameters(): Json[] {
  const { properties } = requestSchema(SegmentOptionsSchema) as { properties: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    description,
    ...(schema.type === 'object' ? { content: { [mediaTypes.json]: { schema } } } : { schema }),
    ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
  }));
}

function requestContent(): Json {
  const binary = { schema: { type: 'string', contentMediaType: 'application/octet-stream', format: 'binary' } };
  const form = requestSchema(SegmentOptionsSchema) as { properties: Json };
  return {
    'image/*': binary,
    'multipart/form-data': {
      schema: { ...form, properties: { ...formPictures, mask: maskPart, ...form.properties }, required: ['image'] },
      encoding: {
        answer: { style: 'form', explode: false },
        classes: { style: 'form', explode: false },
        prompts: { contentType: mediaTypes.json },
        image: { contentType: 'image/*' },
        trimap: { contentType: 'image/*' },
      },
    },
    'application/json': {
      schema: { $ref: '#/components/schemas/SegmentJson' },
      examples: jsonExamples,
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
          'SeveralJsonReply',
        ].map((name) => ({
          $ref: `#/components/schemas/${name}`,
        })),
      },
      examples: {
        stats: { summary: 'answer=stats', value: statsExample },
        several: { summary: 'response=json', value: jsonReplyExample },
        pictures: { summary: 'several pictures', value: severalExample },
      },
    },
    [mediaTypes.geojson]: { schema: { $ref: '#/components/schemas/Geojson' } },
    'text/plain': text,
    [mediaTypes.raw]: { schema: { type: 'string', contentMediaType: mediaTypes.raw, format: 'binary' } },
    [mediaTypes.npy]: { schema: { type: 'string', contentMediaType: mediaTypes.npy, format: 'binary' } },
    'multipart/mixed': {
      schema: {
        type: 'string',
        description:
          'One part for each answer, of several pictures with its number before; Content-Disposition has its name',
      },
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
