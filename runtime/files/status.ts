// What statfs(2) tells of a mount, as an answer carries it: five float64. Put by whoever carries requests out, taken by the
// file system over them (no builtins).

/** Sizes in blocks. */
export interface HostStatus {
  readonly blockSize: number;
  readonly blocks: number;
  readonly blocksFree: number;
  readonly files: number;
  readonly filesFree: number;
}

/** @returns bytes put */
export function putStatus({ blockSize, blocks, blocksFree, files, filesFree }: HostStatus, into: Uint8Array): number {
  const numbers = Float64Array.of(blockSize, blocks, blocksFree, files, filesFree);
  into.set(new Uint8Array(numbers.buffer));
  return numbers.byteLength;
}

/** What `putStatus` has put. */
export function takeStatus(from: Uint8Array): HostStatus {
  // A copy of its own begins at an address that suits numbers.
  const numbers = new Float64Array(new Uint8Array(from).buffer);
  const [blockSize = 0, blocks = 0, blocksFree = 0, files = 0, filesFree = 0] = numbers;
  return { blockSize, blocks, blocksFree, files, filesFree };
}
