/** How one kind of answer is shown in docs/reference/answers.md. */
export interface AnswerExample {
  /** A file in examples/. */
  readonly photo: string;
  /** `portrait`, `nuclei`, or one of tones.ts. */
  readonly model: string;
  /** Of the request; `answer=` names the kind. */
  readonly query: string;
  /** What the picture shows, for those who do not see it. */
  readonly alt: string;
  /** What was done to the answer to show it; nothing where the picture is the answer. */
  readonly drawn?: string;
  /** The picture, of any size and any format that sharp reads. */
  readonly draw: Draw;
  /** A real part of the answer's text, or of that to `textQuery`, where the answer itself is a picture. */
  readonly excerpt?: (answer: Buffer) => string;
  readonly textQuery?: string;
}

export type Draw = (answer: Buffer, photo: Buffer) => Promise<Buffer>;
