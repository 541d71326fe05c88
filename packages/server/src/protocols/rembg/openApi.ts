import type { ModelNames } from './modelNames.ts';
import { parametersOf } from './parameters.ts';

const problem = { type: 'object', required: ['detail'], properties: { detail: {} } };
const issue = {
  type: 'object',
  required: ['type', 'loc', 'msg', 'input'],
  properties: {
    type: { type: 'string' },
    loc: { type: 'array', items: { type: 'string' } },
    msg: { type: 'string' },
    input: {},
    ctx: { type: 'object' },
  },
};
const detailList = { ...problem, properties: { detail: { type: 'array', items: issue } } };

const responses = {
  200: { description: 'The picture', content: { 'image/png': { schema: { type: 'string', format: 'binary' } } } },
  400: { description: 'Not understood', content: { 'application/json': { schema: problem } } },
  422: { description: 'What is wrong with the parameters', content: { 'application/json': { schema: detailList } } },
  500: { description: 'No picture, or no answer', content: { 'text/plain': { schema: { type: 'string' } } } },
  503: { description: 'Too much to do; try again', content: { 'application/json': { schema: problem } } },
};

/** `/openapi.json`. */
export function openApiOf(names: ModelNames, version: string): object {
  const parameters = parametersOf(names);
  const inQuery = parameters.map(({ name, schema, says }) => ({ name, in: 'query', description: says, schema }));
  const inForm = parameters.map(({ name, schema, says }) => [name, { ...schema, description: says }]);
  const url = {
    name: 'url',
    in: 'query',
    required: true,
    description: 'Where the picture is',
    schema: { type: 'string' },
  };
  const file = { type: 'string', format: 'binary', description: 'The picture' };
  const form = { type: 'object', required: ['file'], properties: { file, ...Object.fromEntries(inForm) } };
  return {
    openapi: '3.1.0',
    info: { title: 'Background removal', summary: 'What `rembg s` speaks, answered by segserve', version },
    paths: {
      '/api/remove': {
        get: { summary: 'The picture behind a URL', parameters: [url, ...inQuery], responses },
        post: {
          summary: 'A picture in a form',
          requestBody: { required: true, content: { 'multipart/form-data': { schema: form } } },
          responses,
        },
      },
    },
  };
}
