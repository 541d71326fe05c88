import type { AnswerFault, FaultReply, Wire, WireServices } from '../../domain/wire.ts';
import { endpointsOf } from './endpoints.ts';
import { envelope } from './envelope.ts';
import { type LegacyFacts, legacyFailure } from './legacyAnswer.ts';
import { legacyRoutes } from './legacyRoutes.ts';
import { notFoundPage } from './pages.ts';
import type { MortredSettings } from './settings.ts';
import { nothingHere, strictFailure } from './strict/strictReply.ts';
import { strictRoutes } from './strict/strictRoutes.ts';

/** Mortred model server's HTTP, as of 2022 (a), 2025 (b) or 2026 (c); README.md describes it. */
export function mortredWire(services: WireServices, settings: MortredSettings): Wire {
  const { profile = 'a', successCode = 0, requireRequestId = true, runTimeoutMs } = settings;
  const endpoints = endpointsOf(settings);
  if (profile === 'c') {
    return {
      name: 'mortred',
      http: { routes: strictRoutes(services, endpoints, settings), answerFault: answerStrictFault },
    };
  }
  const facts: LegacyFacts = { engine: services.engine, profile, runTimeoutMs, successCode, requireRequestId };
  const answerFault: AnswerFault = (error, { url = '' }) => {
    const endpoint = endpoints.get(url);
    const body = endpoint === undefined ? notFoundPage : envelope(legacyFailure(error, endpoint, profile));
    return { status: 200, headers: {}, body };
  };
  return {
    name: 'mortred',
    http: { routes: legacyRoutes(endpoints, facts), answerFault, bare: true, bodyOnGet: true },
  };
}

const answerStrictFault: AnswerFault = (error): FaultReply => {
  // A target that no router can read is nobody's address.
  const isBadTarget = (error as { code?: string } | null)?.code === 'FST_ERR_BAD_URL';
  const { status, headers, outcome } = strictFailure(isBadTarget ? nothingHere() : error);
  return { status, headers, body: envelope(outcome) };
};
