// A fuzzed guest as the test holds it: its memory, to read and write directly, and the ring by which it is told what to
// call. The library gives out copies of a guest's memory only; the test takes the memory itself, by watching them being
// made. It blocks its own thread while it waits in `call`: nothing that a guest calls needs that thread.

import { errnoName } from '../../runtime/abi/errno.ts';
import { wasmTypeOf } from '../../runtime/abi/row.ts';
import { linuxErrnoOf } from '../../runtime/abi/wasi/errno.ts';
import type { GuestProcess, Library, Machine, SpawnOptions } from '../../runtime/index.ts';
import {
  CALLS,
  COMPLETED,
  guestModule,
  PAGE,
  PAGES,
  REQUESTED,
  RING,
  SLOT_ARGS,
  SLOT_BYTES,
  SLOT_RESULT,
  SLOTS,
  TAG,
} from './guest-module.ts';

export interface Operation {
  readonly name: string;
  readonly args: readonly (number | bigint)[];
}

const DEADLINE_MS = 10_000;
const INDEX = new Map(CALLS.map(({ name }, index) => [name, index]));

/** All that were made: a machine uses them again. */
const made = new Set<WebAssembly.Memory>();
/** Between two looks whether the guest has done what it was told. */
const LOOK_MS = 0.02;
let lastTag = 0;

/** Before the machine is booted: from now on memories are known. */
export function watchMemories(): void {
  const { Memory } = WebAssembly;
  if (Memory.name === 'WatchedMemory') return;
  WebAssembly.Memory = class WatchedMemory extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      made.add(this);
    }
  };
}

export function describeOperation({ name, args }: Operation): string {
  const texts = args.map((arg) => (typeof arg === 'bigint' ? `${arg}n` : String(arg)));
  return `${name}(${texts.join(', ')})`;
}

export class FuzzGuest {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #library: Library;
  #posted = 0;

  private constructor(library: Library, memory: WebAssembly.Memory) {
    this.#library = library;
    // The memory may have been made for a larger guest.
    this.bytes = new Uint8Array(memory.buffer, 0, PAGES * PAGE);
    this.#words = new Int32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  static async start(machine: Machine, options: SpawnOptions): Promise<FuzzGuest> {
    const tag = ++lastTag;
    const library = await machine.load(guestModule(tag), options);
    const memory = [...made].find(({ buffer }) => buffer.byteLength > TAG && new Uint32Array(buffer)[TAG / 4] === tag);
    if (memory === undefined) throw new Error('the guest’s memory was made before they were watched');
    const guest = new FuzzGuest(library, memory);
    // Rejects when the guest is killed, which its exit tells too.
    library.call('run').catch(() => {});
    return guest;
  }

  get process(): GuestProcess {
    return this.#library.process;
  }

  get completed(): number {
    // Pairs with the guest's store.
    return Atomics.load(this.#words, COMPLETED / 4);
  }

  /** Operations posted and not done. */
  get pending(): number {
    return this.#posted - this.completed;
  }

  /** Posts operations; there is room for `SLOTS` that are not done. */
  post(operations: readonly Operation[]): void {
    if (this.pending + operations.length > SLOTS) throw new Error('the ring is full');
    for (const [i, operation] of operations.entries()) this.#write(this.#posted + i, operation);
    this.#posted += operations.length;
    // Pairs with the guest's load.
    Atomics.store(this.#words, REQUESTED / 4, this.#posted);
  }

  /** Blocks until all that was posted is done. @returns false when that takes too long */
  wait(deadlineMs: number = DEADLINE_MS): boolean {
    // The guest's notify is for threads of its process: both sides look again and again.
    for (const endMs = performance.now() + deadlineMs; performance.now() < endMs; ) {
      const done = this.completed;
      if (done === this.#posted) return true;
      Atomics.wait(this.#words, COMPLETED / 4, done, LOOK_MS);
    }
    return this.completed === this.#posted;
  }

  /** The operation that the guest is at. */
  get current(): string | undefined {
    const slot = this.#slot(this.completed);
    return CALLS[this.#words[slot / 4] as number]?.name;
  }

  /** The errno of one of the last `SLOTS` operations: `OK`, or its name. @param back 1: the last one that was posted */
  result(back: number): string {
    const errno = this.#words[(this.#slot(this.#posted - back) + SLOT_RESULT) / 4] as number;
    return errno === 0 ? 'OK' : errnoName(linuxErrnoOf(errno));
  }

  /** Makes one call. */
  call(operation: Operation): string {
    this.post([operation]);
    if (!this.wait()) throw new Error(`${describeOperation(operation)} does not return`);
    return this.result(1);
  }

  /** Lets it return from its loop, and end. */
  async close(): Promise<void> {
    this.#words[this.#slot(this.#posted) / 4] = CALLS.length;
    Atomics.store(this.#words, REQUESTED / 4, ++this.#posted);
    Atomics.notify(this.#words, REQUESTED / 4);
    await this.#library.close();
  }

  #slot(index: number): number {
    return RING + (index % SLOTS) * SLOT_BYTES;
  }

  #write(index: number, { name, args }: Operation): void {
    const call = INDEX.get(name);
    const row = CALLS[call ?? -1];
    if (call === undefined || row === undefined) throw new Error(`no call ${name}`);
    const slot = this.#slot(index);
    this.#words[slot / 4] = call;
    for (const [i, param] of row.params.entries()) {
      const at = slot + SLOT_ARGS + 8 * i;
      const value = args[i] ?? 0;
      if (wasmTypeOf(param) === 'i64') this.#view.setBigInt64(at, BigInt.asIntN(64, BigInt(value)), true);
      else this.#view.setInt32(at, Number(value) | 0, true);
    }
  }
}
