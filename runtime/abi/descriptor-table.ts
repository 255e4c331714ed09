// The descriptor table of a process: who owns which number, and what fd_fdstat_get answers for it. It lies in shared memory
// because two personalities read it: CNK in the guest's worker asks who serves a descriptor, and answers fd_fdstat_get for those of
// Linux without asking Linux, which hands numbers out on its system core. The open files themselves are kept by their owner.
//
//     a number's four words:   entry │ file type, fdflags << 16 │ rights │ inheriting rights
//     entry = owner | kind << 8 | HAS_STAT | generation << 16        owner 0: the number is free
//
// Every claim is a compare-exchange, so two owners never get one number. The generation changes with each entry: who finds
// the same entry, with HAS_STAT, before and after the three other words has read them as they were together.
// On a host without shared memory (the `library` placement in a page that is not isolated) a plain buffer serves.

/** Owners. */
export const OWNER_NONE = 0;
export const OWNER_LINUX = 1;
export const OWNER_CNK = 2;

/** How many descriptors a process has when nothing else is said: Linux's soft RLIMIT_NOFILE. */
export const DEFAULT_DESCRIPTORS = 1024;

/** What fd_fdstat_get answers. Rights are all below bit 30. */
export interface DescriptorStat {
  /** FILETYPE, and FDFLAGS << 16: the struct's first four bytes. */
  typeAndFlags: number;
  rightsBase: number;
  rightsInheriting: number;
}

const OWNER_MASK = 0xff;
const KIND_SHIFT = 8;
const KIND_MASK = 0xf;
/** The other words are right. */
const HAS_STAT = 1 << 12;
const GENERATION_ONE = 1 << 16;
const GENERATION_MASK = 0xffff0000;

const WORDS = 4;
const STAT = 1;
const RIGHTS = 2;
const INHERITING = 3;

/** @param limit descriptors */
export function descriptorTableBytes(limit: number): number {
  return limit * WORDS * Int32Array.BYTES_PER_ELEMENT;
}

export function createDescriptorTable(limit: number = DEFAULT_DESCRIPTORS): Int32Array {
  const bytes = descriptorTableBytes(limit);
  return new Int32Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes),
  );
}

/** How many descriptors a process may have. */
export function descriptorLimit(table: Int32Array): number {
  return table.length / WORDS;
}

/**
 * Who owns a descriptor; OWNER_NONE when it is not open or out of range.
 *
 * @param fd any 32-bit number, as the guest gave it
 */
export function descriptorOwner(table: Int32Array, fd: number): number {
  return entryOf(table, fd) & OWNER_MASK;
}

/** What the owner said the descriptor is: a file type by its number in `mode >> 12`. */
export function descriptorKind(table: Int32Array, fd: number): number {
  return (entryOf(table, fd) >>> KIND_SHIFT) & KIND_MASK;
}

/**
 * Reads what the owner has published of a descriptor.
 *
 * @param fd any 32-bit number, as the guest gave it
 * @returns false: the owner must be asked. Nothing is published, or it changes just now
 */
export function readDescriptorStat(table: Int32Array, fd: number, into: DescriptorStat): boolean {
  const before = entryOf(table, fd);
  if ((before & HAS_STAT) === 0) return false;
  const at = (fd >>> 0) * WORDS;
  // Pair with the stores in publishDescriptor.
  into.typeAndFlags = Atomics.load(table, at + STAT);
  into.rightsBase = Atomics.load(table, at + RIGHTS);
  into.rightsInheriting = Atomics.load(table, at + INHERITING);
  return Atomics.load(table, at) === before;
}

/** Claims the lowest free number from `from` on. @returns it, or −1 when the table is full */
export function claimDescriptor(table: Int32Array, owner: number, kind: number, from = 0): number {
  const limit = descriptorLimit(table);
  for (let number = from; number < limit; number++) {
    const free = table[number * WORDS] as number;
    if ((free & OWNER_MASK) !== OWNER_NONE) continue;
    const entry = next(free) | owner | (kind << KIND_SHIFT);
    // Pairs with the load in entryOf.
    if (Atomics.compareExchange(table, number * WORDS, free, entry) === free) return number;
  }
  return -1;
}

/** Gives a number a new owner and kind, whatever it was: dup2, fd_renumber, or handing staged files over to Linux. */
export function replaceDescriptor(table: Int32Array, fd: number, owner: number, kind: number): void {
  const at = fd * WORDS;
  // Pairs with the load in entryOf.
  Atomics.store(table, at, next(table[at] as number) | owner | (kind << KIND_SHIFT));
}

/** As `replaceDescriptor`, with the descriptor's stat. */
export function publishDescriptor(
  table: Int32Array,
  fd: number,
  owner: number,
  kind: number,
  stat: DescriptorStat,
): void {
  const at = fd * WORDS;
  // The old stat must not be taken while the new one is stored.
  if (((table[at] as number) & HAS_STAT) !== 0) replaceDescriptor(table, fd, owner, kind);
  // These pair with the loads in readDescriptorStat.
  Atomics.store(table, at + STAT, stat.typeAndFlags);
  Atomics.store(table, at + RIGHTS, stat.rightsBase);
  Atomics.store(table, at + INHERITING, stat.rightsInheriting);
  Atomics.store(table, at, next(table[at] as number) | owner | (kind << KIND_SHIFT) | HAS_STAT);
}

/** Frees a number. */
export function freeDescriptor(table: Int32Array, fd: number): void {
  replaceDescriptor(table, fd, OWNER_NONE, 0);
}

function entryOf(table: Int32Array, fd: number): number {
  const at = (fd >>> 0) * WORDS;
  // Pairs with the exchange and the stores above.
  return at < table.length ? Atomics.load(table, at) : OWNER_NONE;
}

/** The generation after that of an entry, in its place. */
function next(entry: number): number {
  return (entry & GENERATION_MASK) + GENERATION_ONE;
}
