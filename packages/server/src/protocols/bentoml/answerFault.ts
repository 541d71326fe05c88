import { Fault } from '../../domain/fault.ts';
import type { AnswerFault, FailedRequest } from '../../domain/wire.ts';
import { addressesOf, otherAddresses } from './addresses.ts';
import type { Bundle } from './bundle.ts';
import { bentoFaultReply } from './faults.ts';
import type { Instruments } from './instruments.ts';
import { corsHeaders, preflightHeaders } from './replyHeaders.ts';

/** What the listener asks outside every route: unknown addresses, wrong methods, OPTIONS, bytes that are no HTTP. */
export function answerFaultOf(bundle: Bundle, instruments: Instruments): AnswerFault {
  const addresses = addressesOf(bundle);
  return (error, request) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const allow = addresses.get(path);
    const origin = headerOf(request, 'origin');
    if (request.method === 'OPTIONS' && allow !== undefined) {
      instruments.refused(path, 200);
      const asked = { origin, headers: headerOf(request, 'access-control-request-headers') };
      return { status: 200, headers: { allow, ...preflightHeaders(bundle.cors, asked, allow) }, body: '' };
    }
    const reply = bentoFaultReply(error, bundle);
    const code = error instanceof Fault ? error.code : undefined;
    // Whatever else comes here is counted by the routes' own hooks.
    if (code === 'not_found' || code === 'method_not_allowed') {
      instruments.refused(allow === undefined ? otherAddresses : path, reply.status);
    }
    const headers = {
      ...reply.headers,
      ...corsHeaders(bundle.cors, origin),
      ...(code === 'method_not_allowed' && allow !== undefined ? { allow } : {}),
    };
    return { ...reply, headers };
  };
}

function headerOf({ headers }: FailedRequest, name: string): string | undefined {
  const value = headers?.[name];
  return typeof value === 'string' ? value : undefined;
}
