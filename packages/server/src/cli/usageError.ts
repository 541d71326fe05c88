/** The exit code of a command line that cannot be carried out as written. */
export const usageExit = 2;

/** The command line asks for something that makes no sense; the message says what would. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
