// Zeroes a memory that another guest had. Most of it was never touched: a chunk is read first and written only when it is
// not zero, so that untouched pages stay unmapped, and reading them costs little (they are all the same page).
// Runs on the application core, before a guest starts.

const CHUNK_BYTES = 65536;

export function scrub(memory: WebAssembly.Memory): void {
  const { buffer } = memory;
  const words = new BigUint64Array(buffer);
  const bytes = new Uint8Array(buffer);
  const chunkWords = CHUNK_BYTES / 8;
  for (let start = 0; start < words.length; start += chunkWords) {
    const end = start + chunkWords;
    if (!isZero(words, start, end)) bytes.fill(0, start * 8, end * 8);
  }
}

function isZero(words: BigUint64Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (words[i] !== 0n) return false;
  return true;
}
