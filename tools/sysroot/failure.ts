// How a build of the sysroot fails: with one line that says what to do.

/** The message is the line. */
export class Failure extends Error {
  /** The build's exit status. */
  readonly status: number = 1;
}

/** What the build is made of cannot be had here: no network, no mirror. */
export class Unavailable extends Failure {
  override readonly status = 69; // EX_UNAVAILABLE
}

/** What the host's error means for the build. */
export function failureOf(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) };
  if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk quota/i.test(message)) {
    return new Failure(
      `no space left while ${doing}: make room (3 GB are enough) and run it again, it goes on where it was`,
    );
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new Failure(`${doing} is not permitted: ${message}`);
  }
  return new Failure(`${doing}: ${message.split('\n')[0]}`);
}
