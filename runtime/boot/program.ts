// From what a user names as a program to a compiled, rewritten module: read, checked, rewritten, compiled once a machine.
// The cache is bounded and keyed by content, so the same bytes from two places compile once.

import { host } from '../host/index.ts';
import { ModuleError, quoteName, rewriteModule } from '../memory/module/index.ts';

/** Bytes, a URL, a path, or what `machine.compile` gave. */
export type ProgramSource = Uint8Array | ArrayBuffer | URL | string | Program;

/** A compiled program; may be run any number of times, on any machine whose limit for memory is the same. */
export interface Program {
  readonly module: WebAssembly.Module;
  /** Undefined when the program has none. */
  readonly memory: { readonly initialPages: number; readonly maximumPages: number } | undefined;
  readonly exports: readonly { readonly name: string; readonly kind: string }[];
  /** Instantiation already runs guest code. */
  readonly hasStart: boolean;
}

const CACHED_PROGRAMS = 64;

export class Programs {
  readonly #maximumPages: number;
  readonly #isShared: boolean;
  readonly #cache = new Map<string, Promise<Program>>();

  /**
   * @param maximumPages the most that one process's memory may have
   * @param isShared whether programs get shared memories
   */
  constructor(maximumPages: number, isShared = true) {
    this.#maximumPages = maximumPages;
    this.#isShared = isShared;
  }

  /**
   * Errors (an Error with `code`): ENOENT, EACCES, EISDIR as the host says; ENOEXEC when it is no program that the machine
   * runs; ENOMEM when it wants more memory than a process may have.
   */
  async load(source: ProgramSource): Promise<Program> {
    if (isProgram(source)) return source;
    const bytes = await bytesOf(source);
    const key = await digest(bytes);
    if (key === undefined) return compile(bytes, this.#maximumPages, this.#isShared);
    const known = this.#cache.get(key);
    if (known !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, known);
      return known;
    }
    const program = compile(bytes, this.#maximumPages, this.#isShared);
    this.#cache.set(key, program);
    program.catch(() => this.#cache.delete(key));
    if (this.#cache.size > CACHED_PROGRAMS) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return program;
  }
}

/**
 * Checks, rewrites and compiles a module.
 *
 * Errors: ModuleError with code ENOEXEC or ENOMEM.
 */
async function compile(input: Uint8Array<ArrayBuffer>, maximumPages: number, isShared: boolean): Promise<Program> {
  host.prepareEngine();
  const rewritten = rewriteModule(input, { maximumPages, importMaximumPages: maximumPages, isShared });
  let module: WebAssembly.Module;
  try {
    module = await WebAssembly.compile(rewritten.bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new ModuleError(
      'ENOEXEC',
      `not a valid WebAssembly module: ${error.message.replace(/^.*?Compiling function/, 'function')}`,
    );
  }
  for (const { module: from, name, kind } of rewritten.imports) {
    if (kind === 'function') continue;
    throw new ModuleError(
      'ENOEXEC',
      `the program imports the ${kind} ${quoteName(from)}.${quoteName(name)}, which nobody provides`,
    );
  }
  return {
    module,
    memory: rewritten.memory ?? undefined,
    exports: rewritten.exports.map(({ name, kind }) => ({ name, kind })),
    hasStart: rewritten.hasStart,
  };
}

function isProgram(source: ProgramSource): source is Program {
  return typeof source === 'object' && 'module' in source && source.module instanceof WebAssembly.Module;
}

async function bytesOf(source: Exclude<ProgramSource, Program>): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === 'string' || source instanceof URL) return host.readProgram(source);
  // A copy: the caller may change its bytes, and platforms refuse shared ones.
  return source instanceof Uint8Array ? new Uint8Array(source) : new Uint8Array(source.slice(0));
}

/** Undefined where the platform has no digests: a page from an insecure origin. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  if (crypto.subtle === undefined) return undefined;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return hash.reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
}
