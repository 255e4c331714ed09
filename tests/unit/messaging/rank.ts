// A rank for tests of what needs no other: its memory, with a place for arguments, and the tables of its objects. Entries are called as a
// program does, with addresses.

import { expect } from 'vitest';
import { Keyvals } from '../../../personalities/messaging/mpi/attributes.ts';
import { Communicators } from '../../../personalities/messaging/mpi/communicator.ts';
import type { DatatypeContext } from '../../../personalities/messaging/mpi/datatypes/context.ts';
import { Datatypes } from '../../../personalities/messaging/mpi/datatypes/table.ts';
import { MpiError } from '../../../personalities/messaging/mpi/errors.ts';
import { Group } from '../../../personalities/messaging/mpi/groups.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

const ARGUMENTS = 0x8000;
const RESULT = 0x40;
const SCRATCH = 0x100;
const ALONE = new Group([0]);

export class Rank implements DatatypeContext {
  readonly memory = new GuestMemory(new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true }));
  readonly parts = { memory: this.memory };
  readonly datatypes = new Datatypes();
  readonly keyvals = new Keyvals();
  /** Of the program, by index. */
  readonly functions: ((...args: number[]) => number)[] = [];
  readonly services = {
    withScratch: (use: (address: number) => void) => use(SCRATCH),
    functionAt: (index: number) => this.functions[index] ?? expect.fail(`no function ${index}`),
  };
  readonly communicators = new Communicators(ALONE, ALONE, 0);
  /** Where a result goes: 64 bytes. */
  readonly result = RESULT;
  #next = ARGUMENTS;

  /** Places an array of ints. @returns its address */
  ints(values: readonly number[]): number {
    const address = this.place(values.length * 4);
    for (const [index, value] of values.entries()) this.memory.writeU32(address + index * 4, value);
    return address;
  }

  /** Places an array of MPI_Counts. @returns its address */
  counts(values: readonly number[]): number {
    const address = this.place(values.length * 8);
    for (const [index, value] of values.entries())
      this.memory.view.setBigInt64(address + index * 8, BigInt(value), true);
    return address;
  }

  /** Room for arguments. @returns its address */
  place(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 8) * 8;
    return address;
  }

  /** Forgets all arguments. */
  clear(): void {
    this.#next = ARGUMENTS;
  }

  int(address: number): number {
    return this.memory.readU32(address) | 0;
  }

  intsAt(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.int(address + index * 4));
  }

  countAt(address: number): number {
    return Number(this.memory.view.getBigInt64(address, true));
  }

  countsAt(address: number, count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.countAt(address + index * 8));
  }

  /** Calls an entry whose last parameter is where it stores a handle or an int. @returns that */
  made<A extends readonly number[]>(entry: (context: this, ...args: [...A, number]) => number, ...args: A): number {
    entry(this, ...args, this.result);
    return this.int(this.result);
  }
}

/** The class of the error that a call throws; 0: none. */
export function errorClassOf(call: () => unknown): number {
  try {
    call();
    return 0;
  } catch (error) {
    if (error instanceof MpiError) return error.errorClass;
    throw error;
  }
}
