// Sizes of WebAssembly memories in pages.

export const PAGE_BYTES = 65536;

/** The size of a memory as it is now: engines may tell another thread a stale one until it grows the memory, also by nothing. */
export function realPages(memory: Pick<WebAssembly.Memory, 'grow'>): number {
  return memory.grow(0);
}

/**
 * At most as many as there really are, at least as many as there are sure to be. Growing by nothing, too, makes the engine renew all shared
 * memories of every thread that has this one, which in a job of many ranks is all of them in each: so it is asked only when it must be.
 *
 * @param leastPages that the memory has for sure
 */
export function knownPages(memory: Pick<WebAssembly.Memory, 'buffer' | 'grow'>, leastPages: number): number {
  const pages = memory.buffer.byteLength / PAGE_BYTES;
  return pages >= leastPages ? pages : realPages(memory);
}
