/**
 * The closed list of everything that can go wrong with a request or a model package. Every wire maps all of them in
 * one total table, so a new code does not compile until each wire has said what it means there.
 */
export const faultCodes = {
  invalid_request: 'A field of the request is missing, unknown or outside its range.',
  unknown_model: 'No model of that name or version is served here.',
  unknown_answer: 'The answer asked for does not exist, or this model cannot give it.',
  not_acceptable: 'None of the media types in Accept can be produced.',
  unsupported_media_type: 'The body is of a type that this address does not take.',
  empty_image: 'The request carries no image bytes.',
  unsupported_image: 'The bytes are not an image of a format that is decoded here.',
  corrupt_image: 'The bytes claim a known image format but cannot be decoded.',
  image_too_large: 'The picture has more pixels than the limit.',
  body_too_large: 'The body has more bytes than the limit.',
  poison_input: 'This very input has ended two workers; it is refused without another try.',
  source_forbidden: 'The picture is named by a URL or path, which is switched off here or leads where it must not.',
  source_unavailable: 'The picture’s URL or path was allowed but gave no picture in time.',
  not_found: 'Nothing lives at this address.',
  method_not_allowed: 'The address exists but does not take this method.',
  forbidden_origin: 'The request comes from a web page, or through a host name, that may not call this server.',
  headers_too_large: 'The request headers have more bytes than the limit.',
  request_timeout: 'The request did not arrive in full in time.',
  overloaded: 'Every place in the queue is taken.',
  shutting_down: 'The server is finishing accepted requests and takes no new ones.',
  model_not_ready: 'The model is known but still loading or unloaded, or its last load failed.',
  deadline_exceeded: 'The answer was not ready before the deadline of the request.',
  cancelled: 'The caller left before the answer was ready.',
  worker_failed: 'The worker process died twice under requests that shared its batch.',
  model_invalid: 'The model package contradicts itself, its manifest, or the runtime.',
  config_invalid: 'The configuration cannot be used as written.',
  internal: 'A defect in segserve.',
} as const;

export type FaultCode = keyof typeof faultCodes;
export const faultCodeList = Object.keys(faultCodes) as FaultCode[];
