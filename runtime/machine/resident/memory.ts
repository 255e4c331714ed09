// The memory of a loaded program as its embedder holds it: what the program has of it, as long as the program lives. The memory itself
// then goes to other programs, so a handle that is kept longer gives nothing.

import type { MemoryShare } from '../../memory/lease.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

export class LibraryMemory {
  readonly #share: MemoryShare;
  readonly #pages: () => number;

  /** @param pages how many the program has now */
  constructor(share: MemoryShare, pages: () => number) {
    this.#share = share;
    this.#pages = pages;
  }

  /** All that the program has now, for one access; undefined when the program has ended. */
  get bytes(): Uint8Array | undefined {
    const { memory } = this.#share;
    if (memory === undefined) return undefined;
    const size = this.#pages() * PAGE_BYTES;
    memory.grow(0); // the program's thread may have grown it: see memory/pages
    return new Uint8Array(memory.buffer, 0, size);
  }
}
