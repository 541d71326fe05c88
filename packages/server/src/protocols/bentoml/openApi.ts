import type { BentoApi, Bundle } from './bundle.ts';
import type { InputAdapter } from './settings.ts';

const binary = { type: 'string', format: 'binary' };
const success = { 200: { description: 'success' } };

type Content = Readonly<Record<string, { readonly schema: object }>>;

/** What each adapter takes, as an OpenAPI content object. */
const contents: Readonly<Record<InputAdapter, (api: BentoApi) => Content>> = {
  FileInput: () => ({ 'multipart/form-data': form(['file']), '*/*': { schema: binary } }),
  ImageInput: () => ({ 'image/*': { schema: binary }, 'multipart/form-data': form(['image_file']) }),
  MultiFileInput: ({ inputNames }) => ({ 'multipart/form-data': form(inputNames) }),
  MultiImageInput: ({ inputNames }) => ({ 'multipart/form-data': form(inputNames) }),
  JsonInput: () => ({ 'application/json': { schema: { type: 'object' } } }),
  StrictJsonInput: () => ({ 'application/json': { schema: { type: 'object' } } }),
};

function form(names: readonly string[]) {
  const properties = Object.fromEntries(names.map((name) => [name, binary]));
  return { schema: { type: 'object', properties } };
}

/** `/docs.json`; the order of the keys is the one that clients know (bentoml/server/open_api.py). */
export function openApiOf(bundle: Bundle): object {
  const { version, service, serviceVersion, description, enableMetrics, enableFeedback } = bundle;
  const infra = (verb: 'get' | 'post', says: string, extra: object = {}) => ({
    [verb]: { tags: ['infra'], description: says, ...extra, responses: success },
  });
  const feedback = { requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } } };
  return {
    openapi: '3.0.0',
    info: { version: serviceVersion, title: service, description },
    tags: [{ name: 'infra' }, { name: 'app' }],
    paths: {
      '/healthz': infra('get', 'Whether the process lives: always 200.'),
      ...(enableMetrics ? { '/metrics': infra('get', 'Numbers for Prometheus.') } : {}),
      ...(enableFeedback
        ? { '/feedback': infra('post', 'What became of an answer, under its request_id.', feedback) }
        : {}),
      ...(version === '0.13' ? { '/metadata': infra('get', 'What this bundle is.') } : {}),
      ...Object.fromEntries(bundle.apis.map((api) => [api.path, { post: operationOf(api) }])),
    },
  };
}

function operationOf(api: BentoApi): object {
  return {
    tags: ['app'],
    description: api.docs,
    requestBody: { required: true, content: contents[api.input](api) },
    responses: success,
  };
}
