// Why a worker does not start, for people: which file it was, what was wrong with it, what to do. A worker that is not there is
// no bug: a bundler may have left it out, or a server may not give it. Used by both hosts.

import { VERSION } from './build-facts.ts';
import type { WorkerName } from './port.ts';

/** A worker's file cannot be had, or is not one of ours. `code` is an errno name. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  readonly code: string;

  /** @param reason follows the URL and a colon */
  constructor(code: string, location: string, reason: string, options?: ErrorOptions) {
    super(`the worker ${location} did not start: ${reason}`, options);
    this.code = code;
  }
}

/** What to do when the file is not there. @param files the workers of an installed package */
export function howToCopy(files: string): string {
  return `If a bundler made this program, it left the workers out: copy node_modules/fusedos/${files} to that folder, or to one that you name with boot({ workers })`;
}

/** What a worker posts, and does not work, when it is of another version than its creator. */
interface Mismatch {
  readonly fusedosVersion: string;
}

/** In a worker. @param wanted the creator's version @returns what to post instead of working, undefined when all is well */
export function mismatchWith(wanted: unknown): Mismatch | undefined {
  return wanted === VERSION ? undefined : { fusedosVersion: VERSION };
}

/** For the creator. @returns the error when a message says that the worker is of another version */
export function mismatchIn(message: unknown, name: WorkerName, locate: () => string): WorkerStartError | undefined {
  if (typeof message !== 'object' || message === null || !('fusedosVersion' in message)) return undefined;
  const found = (message as Mismatch).fusedosVersion;
  return new WorkerStartError(
    'ENOEXEC',
    locate(),
    `it is the ${name} worker of fusedos ${found}, and was started by ${VERSION}; copy the workers anew`,
  );
}

/** So that a file's name can follow. */
export function asFolder(url: URL): URL {
  return url.pathname.endsWith('/') ? url : new URL(`${url.pathname}/`, url);
}
