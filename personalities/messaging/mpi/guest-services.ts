// What the guest's side of the library does for this side, by functions that it names at its start: arithmetic of reductions, memory.
// See: runtime/abi/mpi/structs, SERVICES; sysroot/src.

import { MPI_ERR_INTERN, MPI_ERR_NO_MEM, SCRATCH_BYTES, SERVICES } from '../../../runtime/abi/mpi/constants.ts';
import type { RankParts } from '../rank-parts.ts';
import { MpiError } from './errors.ts';

/** Room is lent in these sizes, and of each one is kept: what messaging needs for a moment it most often needs again. */
const LENT_BYTES = [256, 4096, 65536] as const;

type GuestFunction = (...args: number[]) => number;
type GuestReduce = (operation: number, type: number, from: number, to: number, count: number) => void;
type GuestSupports = (operation: number, type: number) => number;

export class GuestServices {
  /** Bytes for arguments that the guest's functions take by address. */
  #scratch = 0;
  /** Calls that use them now, one within the other. */
  #depth = 0;
  readonly #parts: Pick<RankParts, 'table' | 'memory'>;
  /** Of each size that is lent, one that nobody has; 0: none. */
  readonly #kept: number[] = LENT_BYTES.map(() => 0);
  #reduce: GuestFunction | undefined;
  #supports: GuestFunction | undefined;
  #allocate: GuestFunction | undefined;
  #release: GuestFunction | undefined;

  constructor(parts: Pick<RankParts, 'table' | 'memory'>) {
    this.#parts = parts;
  }

  /** Errors: MPI_ERR_INTERN: they are not there. */
  attach(address: number): void {
    const { memory } = this.#parts;
    if (!memory.contains(address, SERVICES.SUPPORTS + 4))
      throw new MpiError(MPI_ERR_INTERN, 'the library names no functions');
    const at = (offset: number): number => memory.readU32(address + offset);
    this.#scratch = at(SERVICES.SCRATCH);
    // A program that reduces nothing was linked without these two.
    this.#reduce = at(SERVICES.REDUCE) === 0 ? undefined : this.functionAt(at(SERVICES.REDUCE));
    this.#supports = at(SERVICES.SUPPORTS) === 0 ? undefined : this.functionAt(at(SERVICES.SUPPORTS));
    this.#allocate = this.functionAt(at(SERVICES.ALLOCATE));
    this.#release = this.functionAt(at(SERVICES.RELEASE));
  }

  /**
   * As attach, for a program that has no guest side of this library.
   *
   * @param exports its own, of which two manage its memory
   *
   * Errors: MPI_ERR_INTERN: it does not export them.
   */
  serve(
    exports: WebAssembly.Exports,
    { reduce, supports }: { readonly reduce: GuestReduce; readonly supports: GuestSupports },
  ): void {
    const { malloc, free } = exports;
    if (typeof malloc !== 'function' || typeof free !== 'function') {
      throw new MpiError(MPI_ERR_INTERN, 'the program does not export malloc and free');
    }
    this.#allocate = malloc as GuestFunction;
    this.#release = free as GuestFunction;
    this.#reduce = (...args) => {
      reduce(...(args as Parameters<GuestReduce>));
      return 0;
    };
    this.#supports = supports as GuestFunction;
    this.#scratch = this.allocate(SCRATCH_BYTES);
  }

  /** A function of the guest's, by its pointer. Errors: MPI_ERR_INTERN: there is none. */
  functionAt(index: number): GuestFunction {
    const table = this.#parts.table();
    const found: unknown = table !== undefined && index >>> 0 < table.length ? table.get(index >>> 0) : null;
    if (typeof found !== 'function') throw new MpiError(MPI_ERR_INTERN, `there is no function ${index >>> 0}`);
    return found as GuestFunction;
  }

  /** Lends SCRATCH_BYTES for one call of the guest's. What it calls may call in its turn: then what stood there is put back. */
  withScratch<T>(use: (address: number) => T): T {
    const { memory } = this.#parts;
    const scratch = this.#scratch;
    const outer = this.#depth > 0 ? memory.bytes.slice(scratch, scratch + SCRATCH_BYTES) : undefined;
    this.#depth++;
    try {
      return use(scratch);
    } finally {
      this.#depth--;
      if (outer !== undefined) memory.bytes.set(outer, scratch);
    }
  }

  /** inout = in op inout, for predefined operations and types. */
  reduce(operation: number, type: number, from: number, to: number, count: number): void {
    required(this.#reduce)(operation, type, from, to, count);
  }

  /** Whether a predefined operation is defined for a predefined type. */
  supports(operation: number, type: number): boolean {
    return required(this.#supports)(operation, type) !== 0;
  }

  /** Memory of the guest's. Errors: MPI_ERR_NO_MEM. */
  allocate(bytes: number): number {
    const address = required(this.#allocate)(Math.max(1, bytes)) >>> 0;
    if (address === 0) throw new MpiError(MPI_ERR_NO_MEM, `there is no memory for ${bytes} bytes`);
    this.#parts.memory.contains(address, bytes); // it may have grown for that
    return address;
  }

  release(address: number): void {
    required(this.#release)(address);
  }

  /** Memory of the guest's for a while. Errors: MPI_ERR_NO_MEM. */
  borrow(bytes: number): number {
    const kind = kindOf(bytes);
    if (kind < 0) return this.allocate(bytes);
    const kept = this.#kept[kind] as number;
    this.#kept[kind] = 0;
    return kept === 0 ? this.allocate(LENT_BYTES[kind] as number) : kept;
  }

  /** @param bytes as they were borrowed */
  giveBack(address: number, bytes: number): void {
    const kind = kindOf(bytes);
    if (this.#kept[kind] === 0) this.#kept[kind] = address;
    else this.release(address);
  }
}

function kindOf(bytes: number): number {
  return LENT_BYTES.findIndex((size) => bytes <= size);
}

function required(found: GuestFunction | undefined): GuestFunction {
  if (found === undefined) throw new MpiError(MPI_ERR_INTERN, 'MPI_Init was not called');
  return found;
}
