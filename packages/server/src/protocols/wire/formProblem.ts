/** What can be wrong with a form. Each wire says it in its own words, in one total table. */
export type FormProblemKind =
  /** The Content-Type is not that of a form, or a multipart form's has no boundary. */
  | 'contentType'
  /** The bytes are not the form that they should be, or end too soon. */
  | 'broken'
  | 'fieldCount'
  | 'fileCount'
  | 'partCount'
  | 'fieldBytes'
  | 'fileBytes'
  | 'nameBytes';

export class FormProblem extends Error {
  readonly kind: FormProblemKind;
  /** Name of the field, where it is about one; shortened, since it may be anything. */
  readonly field: string;
  /** The limit that was passed; 0 where it is about none. */
  readonly most: number;

  constructor(kind: FormProblemKind, facts: { field?: string; most?: number; cause?: unknown } = {}) {
    super(`form: ${kind}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'FormProblem';
    this.kind = kind;
    this.field = (facts.field ?? '').slice(0, 60);
    this.most = facts.most ?? 0;
  }
}
