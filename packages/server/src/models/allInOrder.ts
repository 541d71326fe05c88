/**
 * What all of them give. They run at once and fail as if they ran one after the other: of several errors it throws the first of the
 * list, so that the same mistakes always read the same.
 */
export async function allInOrder<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(running);
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
