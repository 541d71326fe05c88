export interface InOrderLimits<Question> {
  /** Questions under way, or answered and waiting for an earlier one. */
  readonly most: number;
  /** What they may weigh together; the one that passes it is still taken. */
  readonly weightMax: number;
  weightOf(question: Question): number;
}

/**
 * Answers what comes in, several at the same time, and gives the answers in the order of the questions. Nothing more is
 * taken while a limit is reached. An answer that rejects ends it, once those before it are out.
 */
export async function* inOrder<Question, Reply>(
  questions: AsyncIterable<Question>,
  { most, weightMax, weightOf }: InOrderLimits<Question>,
  answer: (question: Question) => Promise<Reply>,
): AsyncGenerator<Reply> {
  const source = questions[Symbol.asyncIterator]();
  const waiting: { readonly reply: Promise<Reply>; readonly weight: number }[] = [];
  let next: Promise<IteratorResult<Question>> | undefined;
  let weight = 0;
  let isOver = false;
  try {
    while (!isOver || waiting.length > 0) {
      if (!isOver && waiting.length < most && weight < weightMax) next ??= source.next();
      const [first] = waiting;
      const events = [next?.then(() => 'asked' as const), first?.reply.then(() => 'answered' as const)];
      if ((await Promise.race(events.filter((event) => event !== undefined))) === 'answered') {
        weight -= waiting.shift()!.weight;
        yield await first!.reply;
        continue;
      }
      const { done, value } = await next!;
      next = undefined;
      isOver = done === true;
      if (!done) waiting.push(asked(value));
    }
  } finally {
    // Nobody waits for the next question any more. It may never come, so its end is not waited for either.
    next?.catch(() => {});
    if (!isOver) source.return?.().catch(() => {});
  }

  function asked(question: Question) {
    const reply = answer(question);
    // Its turn to be heard may come late, or never.
    reply.catch(() => {});
    const own = weightOf(question);
    weight += own;
    return { reply, weight: own };
  }
}
