// A directory as `machine.fs.opendir` gives it, shaped like fs.Dir: the entries that it had when it was opened, one after the
// other.

import { withCode } from '../values/arguments.ts';
import type { Dirent } from './stats.ts';

export class Directory {
  readonly path: string;
  #entries: Dirent[] | undefined;
  #next = 0;

  /** Use `machine.fs.opendir`. */
  constructor(path: string, entries: Dirent[]) {
    this.path = path;
    this.#entries = entries;
  }

  /** @returns the next entry; null: there is no more. Errors: ERR_DIR_CLOSED */
  async read(): Promise<Dirent | null> {
    return this.#open()[this.#next++] ?? null;
  }

  /** Errors: ERR_DIR_CLOSED. */
  async close(): Promise<void> {
    this.#open();
    this.#entries = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Dirent, void, undefined> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      this.#entries = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#entries = undefined;
  }

  #open(): Dirent[] {
    if (this.#entries !== undefined) return this.#entries;
    throw withCode(new Error('Directory handle was closed'), 'ERR_DIR_CLOSED');
  }
}
