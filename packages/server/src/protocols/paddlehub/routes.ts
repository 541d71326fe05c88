import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { WireServices } from '../../domain/wire.ts';
import { loadModules } from './loadModules.ts';
import { oldRoutes } from './oldRoutes.ts';
import { predictRoute } from './predictRoute.ts';
import type { PaddlehubSettings } from './settings.ts';

const frontPage =
  '暂不提供可视化界面，请直接使用脚本进行请求。<br/>' +
  'No visual interface is provided for the time being, please use the python script to make a request directly.';

/** Every address of the wire; README.md describes them. Throws Fault `config_invalid`. */
export function routes(services: WireServices, settings: PaddlehubSettings): FastifyPluginAsync {
  const modules = loadModules(settings);
  return async (app: FastifyInstance) => {
    app.route({
      method: ['GET', 'POST'],
      url: '/',
      handler: async (_request, reply) => reply.header('content-type', 'text/html; charset=utf-8').send(frontPage),
    });
    predictRoute(app, modules, services, settings);
    oldRoutes(app, modules, services);
  };
}
