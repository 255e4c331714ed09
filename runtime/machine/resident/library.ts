// A loaded program as its embedder holds it: exported functions to call one by one or in batches, memory to read and write by
// copy, strings, the program's own allocator; and the way to begin anew after its end. Made by `machine.load`.

import type { FunctionType } from '../../memory/module/index.ts';
import { FusedError } from '../errors.ts';
import type { Exit } from '../process/exit.ts';
import type { GuestProcess } from '../process/process.ts';
import type { Program } from '../program.ts';
import { checkInteger, checkOneOf, checkString } from '../values/arguments.ts';
import { type Readers, readDuration, readOptions, readSignal } from '../values/option-readers.ts';
import { checkWasmValues, type WasmValue } from '../values/wasm-values.ts';
import { allocatorOf, checkAllocated } from './allocation.ts';
import { type BatchCall, encodeBatch, type Functions, findFunction } from './batch.ts';
import { ProgramEndedError } from './ended-error.ts';
import type { CallOptions } from './export-calls.ts';
import type { LibraryMemory } from './memory.ts';
import { encodeString, ProgramMemory, type StringEncoding } from './program-memory.ts';

/** What a process of the program is reached by. */
export interface LoadedProgram {
  readonly process: GuestProcess;
  /** Undefined when the program has none; an error where nobody but its thread can reach it. */
  readonly memory: LibraryMemory | undefined | FusedError;
}

const MAX_ADDRESS = 2 ** 32 - 1;

export class Library extends ProgramMemory {
  /** The names of its exported functions. */
  readonly exports: readonly string[];
  /** The types of their parameters and results. */
  readonly types: Readonly<Record<string, FunctionType>>;
  readonly #functions: Functions;
  readonly #load: () => Promise<LoadedProgram>;
  #loaded: LoadedProgram;
  #restarting: Promise<void> | undefined;

  /**
   * Use `machine.load`.
   *
   * @param load starts another process of the program
   *
   * @internal
   */
  constructor(program: Program, loaded: LoadedProgram, load: () => Promise<LoadedProgram>) {
    super();
    this.#functions = functionsOf(program);
    this.exports = [...this.#functions.keys()];
    this.types = Object.fromEntries(this.#functions);
    this.#loaded = loaded;
    this.#load = load;
  }

  /** The process that runs it; another one after a restart. */
  get process(): GuestProcess {
    return this.#loaded.process;
  }

  /**
   * Calls an exported function. Calls run one after another. Options may follow the arguments: `call('work', 1, { timeoutMs: 50 })`.
   *
   * @returns its result: undefined, a number, a bigint for a 64-bit integer, or an array of several
   *
   * Errors: ERR_INVALID_ARG_VALUE: no such function, or another number of arguments. ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE: an
   * argument that is not of the function's type. ProgramEndedError (ESRCH): the program trapped, exited or was ended.
   * ETIMEDOUT; the signal's reason.
   */
  call(name: string, ...args: WasmValue[]): Promise<unknown>;
  call(name: string, ...args: [...args: WasmValue[], options: CallOptions]): Promise<unknown>;
  async call(name: string, ...args: (WasmValue | CallOptions)[]): Promise<unknown> {
    const type = findFunction('name', name, this.#functions);
    const last = args.at(-1);
    const hasOptions = typeof last === 'object' && last !== null;
    const limits = readLimits(hasOptions ? last : {});
    const values = checkWasmValues('args', hasOptions ? args.slice(0, -1) : args, type, name);
    return this.#loaded.process.call({ name, args: values }, limits);
  }

  /**
   * Calls many functions with one crossing, in order: `batch([['put', 1, 2], ['sum', 2]])`. An argument may be the result of an
   * earlier call of the batch, by its index: `[['malloc', 64], ['fill', { result: 0 }, 64]]`.
   *
   * @returns the results, one a call
   *
   * Errors: those of `call`, before anything runs, which name the call: `calls[3][1]`. When a call ends the program, a
   * ProgramEndedError with the call's `index` and the `results` of those before it.
   */
  async batch(calls: readonly BatchCall[], options: CallOptions = {}): Promise<unknown[]> {
    const limits = readLimits(options);
    const batch = encodeBatch(calls, this.#functions);
    return (await this.#loaded.process.call({ batch }, limits)) as unknown[];
  }

  /**
   * Memory from the program's own allocator.
   *
   * @returns its address
   *
   * Errors: ENOSYS: the program exports none. ENOMEM: it has no more. Those of `call`.
   */
  async alloc(bytes: number): Promise<number> {
    checkInteger('bytes', bytes, 0, MAX_ADDRESS);
    return this.#allocate(bytes, 'bytes');
  }

  /** Gives back what `alloc` or `newString` gave. Errors: as alloc. */
  async free(address: number): Promise<void> {
    checkInteger('address', address, 0, MAX_ADDRESS);
    await this.batch([allocatorOf(this.#functions).free(address)]);
  }

  /**
   * A new string in the program's memory; `utf16` makes an AssemblyScript string.
   *
   * @returns its address, to be given to `free`
   *
   * Errors: as alloc.
   */
  async newString(text: string, encoding: StringEncoding = 'utf8'): Promise<number> {
    checkString('text', text);
    checkOneOf('encoding', encoding, ['utf8', 'utf16']);
    const bytes = encodeString(text, encoding);
    const address = await this.#allocate(bytes.length, encoding === 'utf16' ? 'string' : 'bytes');
    this.write(address, bytes);
    return address;
  }

  /**
   * Begins anew, with the same program and options in a new process: after a trap, a call that took too long, or for a clean
   * state. A process that runs is ended first; what it had in memory is gone.
   *
   * Errors: as `machine.load`.
   */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** Lets the program end and gives its core back. */
  async close(): Promise<Exit> {
    this.process.unload();
    return this.process.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  protected override get bytes(): Uint8Array {
    const { memory, process } = this.#loaded;
    const bytes = process.isRunning ? bytesOf(memory) : undefined;
    if (bytes === undefined) throw new ProgramEndedError('the program has ended, and its memory with it', undefined);
    return bytes;
  }

  async #allocate(bytes: number, what: 'bytes' | 'string'): Promise<number> {
    const results = await this.batch(allocatorOf(this.#functions).allocate(bytes, what));
    return checkAllocated(results.at(-1), bytes);
  }

  async #restart(): Promise<void> {
    const { process } = this.#loaded;
    process.kill('SIGKILL');
    await process.left; // so that its core is free, also for options that do not want to wait for one
    this.#loaded = await this.#load();
  }
}

const NO_BYTES = new Uint8Array(0);

/** @returns undefined when the program has ended. Errors: that of a memory which nobody but the program's thread can reach. */
function bytesOf(memory: LoadedProgram['memory']): Uint8Array | undefined {
  if (memory instanceof FusedError) throw memory;
  return memory === undefined ? NO_BYTES : memory.bytes;
}

/** The functions that a program exports, by name. */
export function functionsOf({ exports }: Program): Functions {
  return new Map(exports.flatMap(({ name, type }) => (type === undefined ? [] : [[name, type] as const])));
}

const CALL_OPTIONS: Readers<CallOptions> = { timeoutMs: readDuration, signal: readSignal };

/** Errors: those of readOptions. */
function readLimits(options: unknown): CallOptions {
  return readOptions('options', options, CALL_OPTIONS);
}
