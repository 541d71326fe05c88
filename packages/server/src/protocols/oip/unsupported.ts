/** Something that the protocol has and this server does not: 501 over HTTP, UNIMPLEMENTED over gRPC. */
export class Unsupported extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unsupported';
  }
}

export function noSharedMemory(): Unsupported {
  const why = 'Shared memory is not supported: this server reads no memory of other processes.';
  return new Unsupported(`${why} Send tensors in the request, as binary data.`);
}
