/** What the predecessor's Python would have raised inside a serving method; the caller reads its text under status 101. */
export class PythonError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'PythonError';
  }
}
