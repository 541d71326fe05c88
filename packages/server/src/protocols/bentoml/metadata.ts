import type { Bundle } from './bundle.ts';

/** What `/metadata` says of a bundle: bentoml.yml in the names of its protobuf message. */
export function metadataOf({ service, serviceVersion, apis }: Bundle): object {
  const createdAt = creationOf(serviceVersion);
  return {
    name: service,
    version: serviceVersion,
    ...(createdAt === undefined ? {} : { createdAt }),
    apis: apis.map((api) => ({
      name: api.name,
      inputType: api.input,
      docs: api.docs,
      outputType: 'DefaultOutput',
      mbMaxLatency: api.mbMaxLatencyMs,
      mbMaxBatchSize: api.mbMaxBatchSize,
      batch: api.batch,
      route: api.path.slice(1),
    })),
  };
}

/** The version begins with the UTC time at which the bundle was saved. */
function creationOf(serviceVersion: string): string | undefined {
  const digits = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)_/.exec(serviceVersion);
  if (digits === null) return undefined;
  const [, year, month, day, hours, minutes, seconds] = digits;
  return `${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`;
}
