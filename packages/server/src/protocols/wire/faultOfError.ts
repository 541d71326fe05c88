import { publish } from '../../domain/events.ts';
import { Fault } from '../../domain/fault.ts';

/** What Fastify itself may find wrong with a request, in our own words. */
const ofFramework: Readonly<Record<string, () => Fault>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Fault('unsupported_media_type', 'The Content-Type header is not a media type such as image/jpeg.'),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new Fault('body_too_large', 'The body has more bytes than the limit.'),
  FST_ERR_BAD_URL: () =>
    new Fault('invalid_request', 'The address has a "%" that is not followed by two hexadecimal digits.'),
  FST_ERR_MAX_PARAM_LENGTH_EXCEEDED: () => new Fault('not_found', 'The address is too long to be one of ours.'),
};

/** Any thrown value as a Fault that may be shown to a stranger; a defect of ours is published, never told in detail. */
export function faultOfError(error: unknown, where: string): Fault {
  // The engine has published its own defects, with their causes.
  if (error instanceof Fault) return error.code === 'internal' ? defect(error) : error;
  const known = ofFramework[(error as { code?: string } | null)?.code ?? ''];
  if (known) return known();
  publish('segserve:defect', { where, error });
  return defect(error);
}

function defect(cause: unknown): Fault {
  const message = 'A defect in segserve. The server log tells more under the id of this request.';
  return new Fault('internal', message, { cause });
}
