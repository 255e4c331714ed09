// From what a user names as a program to a compiled, rewritten module: read, checked, rewritten, compiled once a machine.
// The cache is bounded and keyed by content, so the same bytes from two places compile once.

import { WALI_MODULE } from '../abi/linux/call.ts';
import { isMessagingImport } from '../abi/mpi/foreign.ts';
import { checkImports, type UnknownImport } from '../core/linkage.ts';
import { isNarrow } from '../core/narrow.ts';
import { host } from '../host/index.ts';
import { type FunctionType, type MemoryCallNames, ModuleError, rewriteModule } from '../memory/module/index.ts';
import { invalidType } from './values/arguments.ts';
import { viewBytes } from './values/bytes.ts';

/** Bytes, a URL, a path, or what `machine.compile` gave. */
export type ProgramSource = ArrayBufferView | ArrayBuffer | URL | string | Program;

/** A compiled program; may be run any number of times, on any machine that shares memory as the one that compiled it. */
export interface Program {
  readonly module: WebAssembly.Module;
  /** Undefined when the program has none. */
  readonly memory: { readonly initialPages: number; readonly maximumPages: number } | undefined;
  /**
   * How its instances learn the size of their memory, grow it, and wait; undefined when they do nothing of it through the machine.
   *
   * @internal
   */
  readonly memoryCalls: MemoryCallNames | undefined;
  /**
   * Under which name its instances export table 0; undefined when it has none.
   *
   * @internal
   */
  readonly tableExport: string | undefined;
  readonly exports: readonly ProgramExport[];
  /** Functions that it imports and nobody provides. */
  readonly unknownImports: readonly UnknownImport[];
  /** Instantiation already runs guest code. */
  readonly hasStart: boolean;
  /**
   * It can start threads.
   *
   * @internal
   */
  readonly spawnsThreads: boolean;
  /**
   * An instance that a thread has left can run the next one: all its globals are set as a thread begins.
   *
   * @internal
   */
  readonly reusesInstance: boolean;
  /**
   * It makes Linux's calls (module `wali`): a working directory is where its paths begin, and no directory is open for it.
   *
   * @internal
   */
  readonly isLinuxProgram: boolean;
  /**
   * It makes calls of MPI: its thread is a rank of a job.
   *
   * @internal
   */
  readonly usesMessaging: boolean;
}

export interface ProgramExport {
  readonly name: string;
  readonly kind: string;
  /** Of a function: the types of its parameters and results. */
  readonly type?: FunctionType | undefined;
}

/** Any memory may stand for the one that a module imports: what a guest may grow to is ours to keep. */
const LINKED_PAGES = 65536;
/** Limits of the cache. */
const CACHED_PROGRAMS = 64;
const CACHED_BYTES = 64 * 2 ** 20;

interface CachedProgram {
  readonly bytes: Uint8Array;
  readonly program: Promise<Program>;
}

export class Programs {
  readonly #maximumPages: number;
  readonly #isShared: boolean;
  /** Oldest use first. Bytes are compared: digests want a secure origin, and cost as much. */
  #cache: CachedProgram[] = [];

  /**
   * @param maximumPages the most that one process's memory may have
   * @param isShared whether programs get shared memories
   */
  constructor(maximumPages: number, isShared = true) {
    this.#maximumPages = maximumPages;
    this.#isShared = isShared;
  }

  /**
   * Errors (an Error with `code`): ERR_INVALID_ARG_TYPE; ENOENT, EACCES, EISDIR as the host says; ENOEXEC when it is no program that the machine
   * runs; ENOMEM when it wants more memory than a process may have.
   */
  async load(source: ProgramSource): Promise<Program> {
    if (isProgram(source)) return source;
    const bytes = await bytesOf(source);
    const known = this.#cache.find((entry) => isEqual(entry.bytes, bytes));
    if (known !== undefined) {
      this.#cache = [...this.#cache.filter((entry) => entry !== known), known];
      return known.program;
    }
    const program = compile(bytes, this.#maximumPages, this.#isShared);
    const entry = { bytes, program };
    this.#cache.push(entry);
    program.catch(() => {
      this.#cache = this.#cache.filter((other) => other !== entry);
    });
    while (this.#isOverfull()) this.#cache.shift();
    return program;
  }

  #isOverfull(): boolean {
    const size = this.#cache.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.#cache.length > CACHED_PROGRAMS || size > CACHED_BYTES;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/**
 * Checks, rewrites and compiles a module.
 *
 * Errors: ModuleError with code ENOEXEC or ENOMEM.
 */
async function compile(input: Uint8Array<ArrayBuffer>, maximumPages: number, isShared: boolean): Promise<Program> {
  const rewritten = rewriteModule(input, { maximumPages, importMaximumPages: LINKED_PAGES, isShared, isNarrow });
  let module: WebAssembly.Module;
  try {
    module = await host.compile(rewritten.bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new ModuleError(
      'ENOEXEC',
      `not a valid WebAssembly module: ${error.message.replace(/^.*?Compiling function/, 'function')}`,
    );
  }
  const program: Program = {
    module,
    unknownImports: checkImports(rewritten.imports),
    memory: rewritten.memory ?? undefined,
    memoryCalls: rewritten.memoryCalls ?? undefined,
    tableExport: rewritten.tableExport ?? undefined,
    exports: rewritten.exports.map(({ name, kind, type }) => ({ name, kind, type })),
    hasStart: rewritten.hasStart,
    isLinuxProgram: rewritten.imports.some(({ module: from }) => from === WALI_MODULE),
    usesMessaging: rewritten.imports.some(({ module: from, name }) => isMessagingImport(from, name)),
    spawnsThreads: rewritten.spawnsThreads,
    reusesInstance: rewritten.reusesInstance,
  };
  compiled.add(program);
  return program;
}

/** What `machine.compile` has made, on any machine: all that it says of a module was read from the module. */
const compiled = new WeakSet<object>();

/** A program with what else its maker tells of it. */
export function describeProgram<More extends object>(program: Program, more: More): Program & More {
  const described = { ...program, ...more };
  compiled.add(described);
  return described;
}

function isProgram(source: ProgramSource): source is Program {
  return typeof source === 'object' && compiled.has(source);
}

async function bytesOf(source: unknown): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === 'string' || source instanceof URL) return withoutLauncher(await host.readProgram(source));
  const bytes = viewBytes(source);
  if (bytes === undefined) {
    const expected = 'of type string or an instance of URL, ArrayBuffer, ArrayBufferView or Program';
    throw invalidType('program', expected, source);
  }
  // A copy: the caller may change its bytes, and platforms refuse shared ones.
  return new Uint8Array(bytes);
}

/** A program's file may begin with a line `#!…`, by which a host starts it by itself; see toolchain/launcher.ts. */
function withoutLauncher(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes[0] === 0x23 && bytes[1] === 0x21 ? bytes.slice(bytes.indexOf(10) + 1) : bytes;
}
