const arrivals = new WeakMap<object, number>();

/** To be told of a request when its headers are there. */
export function markArrival(request: object): void {
  arrivals.set(request, performance.now());
}

/** Milliseconds since the headers of a request were there. */
export function elapsedMs(request: object): number {
  const arrival = arrivals.get(request);
  return arrival === undefined ? 0 : performance.now() - arrival;
}
