// The only rank of a job, whole, for tests of entries that need no other. Functions of the program, which are called by their indices, are the tests' own.

import { createRank, jobMemoryBytes, type MessagingContext } from '../../../personalities/messaging/index.ts';
import { SERVICES } from '../../../runtime/abi/mpi/constants.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';

type GuestFunction = (...args: number[]) => number;

const SERVICES_AT = 0x100;
const SCRATCH = 0x200;
const RESULT = 0x40;
const ARGUMENTS = 0x1000;
/** 0 is no function, 1 an address that MPI gives another meaning. */
const FIRST_FUNCTION = 2;

export class JobOfOne {
  readonly memory: GuestMemory;
  readonly context: MessagingContext;
  /** Where a result goes: 64 bytes. */
  readonly result = RESULT;
  readonly #functions: GuestFunction[] = [];
  #next = ARGUMENTS;

  constructor(pages = 2) {
    const memory = new GuestMemory(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
    this.memory = memory;
    const table = { get: (index: number) => this.#functions[index] ?? null, length: 100 };
    this.context = createRank({
      rank: 0,
      size: 1,
      ranksHere: 1,
      torus: { shape: [1, 1, 1, 1, 1], ranksPerNode: 1, mapping: 'ABCDET' },
      shared: new SharedArrayBuffer(jobMemoryBytes(1)),
      memory,
      peer: () => memory,
      ring: () => {},
      sleepUntil: () => {},
      tellThreads: () => {},
      nowMs: () => 0,
      deadlockCheck: false,
      processors: 1,
      table: () => table as unknown as WebAssembly.Table,
      exports: () => ({}),
      abort: (status, message) => {
        throw new Error(`the job ended with ${status}: ${message}`);
      },
      placesOf: (ranks) => ranks.map(() => ''),
      processorName: 'test',
    });
    this.context.state.phase = 'initialized';
    memory.writeU32(SERVICES_AT + SERVICES.SCRATCH, SCRATCH);
    const allocate = this.function((bytes = 0) => this.place(bytes));
    const predefined = this.function((_operation, _type, left = 0, right = 0, count = 0) =>
      this.#add(left, right, count),
    );
    const named = {
      REDUCE: predefined,
      SUPPORTS: this.function(() => 1),
      ALLOCATE: allocate,
      RELEASE: this.function(() => 0),
    };
    for (const [name, index] of Object.entries(named))
      memory.writeU32(SERVICES_AT + SERVICES[name as keyof typeof named], index);
    this.context.services.attach(SERVICES_AT);
  }

  /** @returns its index, as a pointer to a function is */
  function(called: GuestFunction): number {
    const index = Math.max(FIRST_FUNCTION, this.#functions.length);
    this.#functions[index] = called;
    return index;
  }

  /** Room for arguments. @returns its address */
  place(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil(bytes / 8) * 8;
    return address;
  }

  ints(...values: readonly number[]): number {
    const address = this.place(values.length * 4);
    for (const [index, value] of values.entries()) this.memory.writeU32(address + index * 4, value);
    return address;
  }

  /** A string that ends in NUL. @returns its address */
  text(text: string): number {
    const address = this.place(text.length + 1);
    this.memory.copyIn(address, new TextEncoder().encode(`${text}\0`));
    return address;
  }

  int(address: number): number {
    return this.memory.readU32(address) | 0;
  }

  textAt(address: number): string {
    const { bytes } = this.memory;
    return String.fromCharCode(...bytes.subarray(address, bytes.indexOf(0, address)));
  }

  /** The predefined reduction of these tests: sums of ints. */
  #add(left: number, right: number, count: number): number {
    for (let at = 0; at < count * 4; at += 4)
      this.memory.writeU32(right + at, this.int(left + at) + this.int(right + at));
    return 0;
  }
}
