import type { Endpoints } from '../endpoints.ts';
import type { Task } from '../servers.ts';

const text = { type: 'string' };
const base64 = { type: 'string', format: 'byte' };
const object = (properties: Readonly<Record<string, unknown>>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});

/** `data` of the tasks that segserve has models for. */
const dataOf: Readonly<Partial<Record<Task, unknown>>> = {
  scene_segmentation: object({ image: base64, colorized_mask: base64 }),
  matting: object({ image: base64 }),
  classification: object({
    class_id: { type: 'integer' },
    category: text,
    scores: { type: 'array', items: { type: 'number' } },
  }),
};

const reply = (description: string, data: unknown = { type: 'null' }) => ({
  description,
  content: {
    'application/json': { schema: object({ req_id: text, code: { type: 'integer' }, msg: text, data }) },
  },
});

const refusals = {
  400: reply('The body is no JSON object (code 50) or holds no picture (code 3)'),
  401: reply('The token is missing or wrong'),
  405: reply('Only POST is taken'),
  413: reply('The body is too large'),
  415: reply('The body is not application/json'),
  429: reply('Too many requests, or the queue is full (Retry-After)'),
  500: reply('The model could not be loaded or run'),
  503: reply('Not ready'),
  504: reply('The run took too long'),
};

/** `/openapi.json` of the strict contract: the addresses of this very server. */
export function openApiDocument(endpoints: Endpoints, version: string, jobs: boolean): Record<string, unknown> {
  const body = object({ img_data: base64, req_id: text }, ['img_data']);
  const requestBody = { required: true, content: { 'application/json': { schema: body } } };
  const infer = [...endpoints.values()].map(({ uri, task }) => {
    const responses = { 200: reply('code 0', dataOf[task]), ...refusals };
    return [uri, { post: { summary: task, requestBody, responses, security: [{}, { bearer: [] }] } }] as const;
  });
  const get = (summary: string) => ({ get: { summary, responses: { default: { description: summary } } } });
  const id = { name: 'id', in: 'path', required: true, schema: text };
  const jobPaths = {
    '/jobs': { post: { summary: 'Submit', requestBody, responses: { 202: { description: 'Accepted' }, ...refusals } } },
    '/jobs/{id}': { ...get('State of a job'), parameters: [id] },
    '/jobs/{id}/wait': { ...get('State of a job after it has changed'), parameters: [id] },
    '/jobs/{id}/result': { ...get('Envelope of a job that is done'), parameters: [id] },
  };
  return {
    openapi: '3.1.0',
    info: { title: 'Mortred model server contract, answered by segserve', version },
    paths: {
      ...Object.fromEntries(infer),
      '/healthz': get('Alive'),
      '/ready': get('A request would find a worker'),
      '/metrics': get('Prometheus text'),
      ...(jobs ? jobPaths : {}),
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}
