import type { AnswerFault, Wire, WireServices } from '../../domain/wire.ts';
import { faultReplyOf } from './faults.ts';
import { openToAll } from './openPages.ts';
import { routes } from './routes.ts';
import type { RembgSettings } from './settings.ts';

/** The HTTP server of `rembg s`. Throws Fault `config_invalid`. */
export function rembgWire(services: WireServices, settings: RembgSettings): Wire {
  const isOpen = settings.cors ?? true;
  const answerFault: AnswerFault = (error, request) => {
    const reply = faultReplyOf(error);
    if (!isOpen || request.headers?.origin === undefined) return reply;
    // A page may read why it was refused.
    return { ...reply, headers: { ...reply.headers, ...openToAll } };
  };
  return { name: 'rembg', http: { routes: routes(services, settings), answerFault, isOpenTo: () => isOpen } };
}
