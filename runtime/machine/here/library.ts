// A program whose functions its embedder calls as functions, in the booting thread: no crossing, so a call costs little more
// than a plain export. Made by `machine.loadHere`. While a function runs the thread does nothing else, and nothing can stop it.

import type { FunctionType } from '../../memory/module/index.ts';
import type { Exit } from '../process/exit.ts';
import type { Output } from '../process/output.ts';
import { allocatorOf, checkAllocated } from '../resident/allocation.ts';
import type { BatchCall, Functions } from '../resident/batch.ts';
import type { LibraryMemory } from '../resident/memory.ts';
import { encodeString, ProgramMemory, type StringEncoding } from '../resident/program-memory.ts';
import { checkInteger, checkOneOf, checkString } from '../values/arguments.ts';
import type { WasmValue } from '../values/wasm-values.ts';
import { bindExports } from './export-closures.ts';
import type { HereProcess } from './process.ts';

/** An exported function. Extra arguments are ignored, as JavaScript's functions do. */
export type HereFunction = (...args: WasmValue[]) => unknown;

const MAX_ADDRESS = 2 ** 32 - 1;

export interface HereLibraryParts {
  readonly process: HereProcess;
  readonly exports: WebAssembly.Exports;
  readonly functions: Functions;
  /** Undefined when the program has none. */
  readonly memory: Pick<LibraryMemory, 'bytes'> | undefined;
}

export class HereLibrary extends ProgramMemory {
  /**
   * Its exported functions, by name. Each checks its arguments as `Library.call` does.
   *
   * Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE: an argument that is not of the function's type. ProgramEndedError: the
   * program trapped or exited in this call, or has ended before.
   */
  readonly exports: Readonly<Record<string, HereFunction>>;
  /** The types of the functions' parameters and results. */
  readonly types: Readonly<Record<string, FunctionType>>;
  readonly #parts: HereLibraryParts;

  /** Use `machine.loadHere`. @internal */
  constructor(parts: HereLibraryParts) {
    super();
    this.#parts = parts;
    this.exports = bindExports(parts.exports, parts.functions, parts.process);
    this.types = Object.fromEntries(parts.functions);
  }

  /** Its process in the machine's Linux. */
  get pid(): number {
    return this.#parts.process.pid;
  }

  /** How the program ended; undefined while its functions can be called. */
  get exit(): Exit | undefined {
    return this.#parts.process.exit;
  }

  /** What it has written so far; of more than 16 MiB the first. */
  get stdout(): Output {
    return this.#parts.process.output[0];
  }

  get stderr(): Output {
    return this.#parts.process.output[1];
  }

  /** As Library.alloc, at once. */
  alloc(bytes: number): number {
    checkInteger('bytes', bytes, 0, MAX_ADDRESS);
    return this.#allocate(bytes, 'bytes');
  }

  /** As Library.free, at once. */
  free(address: number): void {
    checkInteger('address', address, 0, MAX_ADDRESS);
    this.#run([allocatorOf(this.#parts.functions).free(address)]);
  }

  /** As Library.newString, at once. */
  newString(text: string, encoding: StringEncoding = 'utf8'): number {
    checkString('text', text);
    checkOneOf('encoding', encoding, ['utf8', 'utf16']);
    const bytes = encodeString(text, encoding);
    const address = this.#allocate(bytes.length, encoding === 'utf16' ? 'string' : 'bytes');
    this.write(address, bytes);
    return address;
  }

  /** Ends the program, and gives back its memory and what it had open. */
  close(): Exit {
    return this.#parts.process.settle({ waitStatus: 0, trap: undefined });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  protected override get bytes(): Uint8Array {
    const { process, memory } = this.#parts;
    const bytes = process.exit === undefined ? (memory ?? NO_MEMORY).bytes : undefined;
    if (bytes === undefined) throw process.ended('the program has ended, and its memory with it');
    return bytes;
  }

  #allocate(bytes: number, what: 'bytes' | 'string'): number {
    return checkAllocated(this.#run(allocatorOf(this.#parts.functions).allocate(bytes, what)), bytes);
  }

  /** Makes the calls of an allocator. @returns the last one's result */
  #run(calls: readonly BatchCall[]): unknown {
    const results: unknown[] = [];
    for (const [name, ...args] of calls) {
      const values = args.map((arg) => (typeof arg === 'object' ? (results[arg.result] as WasmValue) : arg));
      results.push(this.exports[name]?.(...values));
    }
    return results.at(-1);
  }
}

const NO_MEMORY = { bytes: new Uint8Array(0) };
