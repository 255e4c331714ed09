// A loaded program as its embedder holds it: exported functions to call, memory to read and write by copy.

import { FusedError } from './errors.ts';
import type { Exit, GuestProcess } from './process.ts';

/** A value that a WebAssembly function takes or gives. */
export type WasmValue = number | bigint;

export class Library {
  /** The names of its exported functions. */
  readonly exports: readonly string[];
  readonly process: GuestProcess;
  readonly #memory: WebAssembly.Memory | undefined;

  constructor(process: GuestProcess, exports: readonly string[], memory: WebAssembly.Memory | undefined) {
    this.process = process;
    this.exports = exports;
    this.#memory = memory;
  }

  /**
   * Calls an exported function. Calls run one after another.
   *
   * @returns its result: undefined, a number, a bigint for a 64-bit integer, or an array of several
   *
   * Errors: EINVAL: no such function, or an argument of another type. ESRCH: the program trapped, exited or was closed.
   */
  call(name: string, ...args: WasmValue[]): Promise<unknown> {
    return this.process.call(name, args);
  }

  /** Size of the program's memory in bytes. */
  get memoryBytes(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** A copy of a range of the program's memory. Errors: RangeError EFAULT outside of it. */
  read(address: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes(address, length);
    return new Uint8Array(bytes);
  }

  /** Stores bytes into the program's memory. Errors: EFAULT outside of it. */
  write(address: number, from: Uint8Array): void {
    this.#bytes(address, from.length).set(from);
  }

  /** Lets the program end and gives its core back. */
  async close(): Promise<Exit> {
    this.process.unload();
    return this.process.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #bytes(address: number, length: number): Uint8Array {
    const size = this.memoryBytes;
    if (!(address >= 0 && length >= 0 && address + length <= size) || this.#memory === undefined) {
      throw new FusedError('EFAULT', `the range ${address}+${length} is outside the program's memory of ${size} bytes`);
    }
    return new Uint8Array(this.#memory.buffer, address, length);
  }
}
