/** An input adapter refuses a request: 400 and one sentence, in the words that clients of 0.x know. */
export class Rejection extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Rejection';
  }
}

/** A page of Flask's kind, told with a status: feedback that cannot be read. */
export class PageError extends Error {
  readonly status: 400 | 413;
  constructor(status: 400 | 413, sentence: string) {
    super(sentence);
    this.name = 'PageError';
    this.status = status;
  }
}
