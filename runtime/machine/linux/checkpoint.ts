// What programs did to the machine's files: a moment to compare with, held by the embedder.

import { type Changes, decodeName, encodeName } from '../../../personalities/linux/booting-thread.ts';
import type { FileRequest } from '../fs/request.ts';

export type { Changes };

/** A moment of the machine's files, to compare with later. What has gone since is remembered until it is released. */
export class Checkpoint {
  readonly #request: FileRequest;
  readonly #id: number;

  /** Use `machine.fs.checkpoint`. @internal */
  constructor(request: FileRequest, id: number) {
    this.#request = request;
    this.#id = id;
  }

  /** Errors: FusedError EBADF: it was released. */
  async changes(): Promise<Changes> {
    return (await this.#request('changes', [this.#id])) as Changes;
  }

  async release(): Promise<void> {
    await this.#request('checkpointEnd', [this.#id]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** The bytes of a path, whose names need not be UTF-8: in a string, a byte that is not stands as U+DC80 to U+DCFF. */
export function pathBytes(path: string): Uint8Array<ArrayBuffer> {
  return encodeName(path);
}

/** What `pathBytes` gives the bytes of: for whoever has them. */
export function pathText(bytes: Uint8Array<ArrayBuffer>): string {
  return decodeName(bytes);
}
