import type { Wire, WireServices } from '../../domain/wire.ts';
import { answerFault } from './faults.ts';
import { routes } from './routes.ts';
import type { PaddlehubSettings } from './settings.ts';

/** PaddleHub Serving, as its humanseg and matting modules answered over HTTP. Throws Fault `config_invalid`. */
export function paddlehubWire(services: WireServices, settings: PaddlehubSettings): Wire {
  return { name: 'paddlehub', http: { routes: routes(services, settings), answerFault } };
}
