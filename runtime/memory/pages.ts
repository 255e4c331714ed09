// Sizes of WebAssembly memories in pages.

export const PAGE_BYTES = 65536;

/** The size of a memory as it is now: engines may tell another thread a stale one until it grows the memory, also by nothing. */
export function realPages(memory: Pick<WebAssembly.Memory, 'grow'>): number {
  return memory.grow(0);
}
