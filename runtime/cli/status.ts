// The exit statuses of `fusedos` that are not a guest's own, as env(1) and timeout(1) have them, and the error that carries
// one. What is thrown as a CliError is the user's to mend: it shows as one line.

export const STATUS = {
  TIMED_OUT: 124,
  /** Our own failure, and bad options. */
  FAILURE: 125,
  /** Found, but no program that runs here. */
  NOT_RUNNABLE: 126,
  NOT_FOUND: 127,
} as const;

export class CliError extends Error {
  readonly status: number;
  /** The command's options were wrong: its help says what is right. */
  readonly isUsage: boolean;

  constructor(status: number, message: string, options: { readonly isUsage?: boolean } = {}) {
    super(message);
    this.status = status;
    this.isUsage = options.isUsage ?? false;
  }
}

/** Errors: CliError, always. */
export function usageError(message: string): never {
  throw new CliError(STATUS.FAILURE, message, { isUsage: true });
}

/** The line that tells an error. @param command `fusedos`, or `fusedos` and its command */
export function errorLine(command: string, { message, isUsage }: CliError): string {
  const line = message.trim().replace(/\s*\n\s*/g, ' ');
  return `${command}: ${line}${isUsage ? `; see ${command} --help` : ''}\n`;
}
