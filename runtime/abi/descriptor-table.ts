// The descriptor table of a process: who owns which number. It lies in shared memory because two personalities read it:
// CNK in the guest's worker asks who serves a descriptor, Linux on its system core hands numbers out. The open files
// themselves are kept by their owner, by number.
//
//     entry (one 32-bit word a number) = owner | kind << 8;   0 = free
//
// The length of the table is the process's limit. Every claim is a compare-exchange, so two owners never get one number.
// On a host without shared memory (the `library` placement in a page that is not isolated) a plain buffer serves.

/** Owners. */
export const OWNER_NONE = 0;
export const OWNER_LINUX = 1;
export const OWNER_CNK = 2;

/** How many descriptors a process has when nothing else is said: Linux's soft RLIMIT_NOFILE. */
export const DEFAULT_DESCRIPTORS = 1024;

export function createDescriptorTable(limit: number = DEFAULT_DESCRIPTORS): Int32Array {
  const bytes = limit * Int32Array.BYTES_PER_ELEMENT;
  return new Int32Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes),
  );
}

/**
 * Who owns a descriptor; OWNER_NONE when it is not open or out of range.
 *
 * @param fd any 32-bit number, as the guest gave it
 */
export function descriptorOwner(table: Int32Array, fd: number): number {
  const number = fd >>> 0;
  // Pairs with the exchanges below.
  return number < table.length ? Atomics.load(table, number) & 0xff : OWNER_NONE;
}

/** What the owner said the descriptor is: a file type by its number in `mode >> 12` (Linux), the owner's own otherwise. */
export function descriptorKind(table: Int32Array, fd: number): number {
  const number = fd >>> 0;
  return number < table.length ? Atomics.load(table, number) >>> 8 : 0;
}

/** Claims the lowest free number from `from` on. @returns it, or −1 when the table is full */
export function claimDescriptor(table: Int32Array, owner: number, kind: number, from = 0): number {
  const entry = owner | (kind << 8);
  for (let number = from; number < table.length; number++) {
    if (table[number] !== OWNER_NONE) continue;
    // Pairs with the load in descriptorOwner.
    if (Atomics.compareExchange(table, number, OWNER_NONE, entry) === OWNER_NONE) return number;
  }
  return -1;
}

/** Gives a number a new owner and kind, whatever it was: dup2, fd_renumber, or handing staged files over to Linux. */
export function replaceDescriptor(table: Int32Array, fd: number, owner: number, kind: number): void {
  // Pairs with the load in descriptorOwner.
  Atomics.store(table, fd, owner | (kind << 8));
}

/** Frees a number. */
export function freeDescriptor(table: Int32Array, fd: number): void {
  // Pairs with the load in descriptorOwner.
  Atomics.store(table, fd, OWNER_NONE);
}
