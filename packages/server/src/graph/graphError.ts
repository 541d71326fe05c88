/** What is wrong with a model or with the wish put to it; the message is meant for the person who brings the model. */
export class GraphError extends Error {
  override readonly name = 'GraphError';
}
