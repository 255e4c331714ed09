/**
 * The compile service: one warm compiler for a program's lifetime.
 *
 * Loading LLVM costs a quarter of a second and its first jobs run in unoptimised code, so the CLI, `npm start` and tests share a compiler for all
 * they compile. It runs in a worker where that is built: a compile then blocks nobody, and has the deep stack that nested C++ templates want.
 * Otherwise (tests that run the sources) it runs in this thread and blocks its event loop for each job. `build` also keeps a cache.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildCache, cacheKey, digest } from './cache.ts';
import type { CommandLine, OutputSinks } from './driver.ts';
import { type Engine, type EngineParts, type Language, LocalEngine, listWasiSources } from './engine.ts';
import { readStamp } from './linux-sysroot.ts';
import { ToolchainError } from './llvm.ts';
import { assemblyScriptVersion, llvmVersion } from './packages.ts';
import { WorkerEngine } from './worker-engine.ts';

export type { CommandLine, OutputSinks, Tool } from './driver.ts';
export type { Language } from './engine.ts';
export { ToolchainError } from './llvm.ts';

/** A command line and where its output goes. */
export interface CompileRequest extends CommandLine, OutputSinks {}

export interface BuildRequest {
  readonly language: Language;
  /** A path, relative to `cwd`. */
  readonly source: string;
  /** Further options of the compiler, e.g. `['-O3', '-Iinclude']`. */
  readonly args?: readonly string[] | undefined;
  /** Default: the process's working directory. */
  readonly cwd?: string | undefined;
  /** Is given the compiler's warnings. */
  readonly onWarning?: ((diagnostics: string) => void) | undefined;
}

export interface CompilerOptions {
  /** Where builds are kept, e.g. `build/cache`. Default: nowhere. */
  readonly cacheDir?: string | undefined;
  /** A directory of C sources that each WASI program is linked with when it refers to them. Default: the Linux personality's. */
  readonly wasiSources?: string | URL | undefined;
  /** The directory of Linux's sysroot, `null` for none. Default: `dist/sysroot`. Where there is none, programs are WASI's. */
  readonly sysroot?: string | URL | null | undefined;
  /** The built `worker.ts`. Default: `compile-worker.js` beside this file. Where there is none, the compiler runs in this thread. */
  readonly worker?: URL | undefined;
}

export interface Compiler {
  /**
   * Runs a command line of `cc`, `c++` or `ar`.
   *
   * @returns its exit status
   * Errors: ToolchainError when the compiler is not installed.
   */
  run(request: CompileRequest): Promise<number>;

  /**
   * Compiles one source file to a program.
   *
   * @returns the module's bytes
   * Errors: CompileError with the diagnostics; ToolchainError when the compiler is not installed.
   */
  build(request: BuildRequest): Promise<Uint8Array>;

  /** Lets the compiler go; a call afterwards is an error. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A source that does not compile. */
export class CompileError extends Error {
  readonly code = 'ERR_FUSEDOS_COMPILE';
  readonly source: string;
  readonly diagnostics: string;

  constructor(source: string, diagnostics: string) {
    super(`${source} does not compile:\n${diagnostics.trimEnd()}`);
    this.source = source;
    this.diagnostics = diagnostics;
  }
}

/** Makes a compiler. Nothing is loaded before it is needed: what comes from the cache needs no compiler at all. */
export async function createCompiler(options: CompilerOptions = {}): Promise<Compiler> {
  return new WarmCompiler(options);
}

class WarmCompiler implements Compiler {
  readonly #cache: BuildCache | undefined;
  readonly #parts: EngineParts;
  readonly #engine: Engine;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor({ cacheDir, wasiSources, sysroot, worker }: CompilerOptions) {
    this.#cache = cacheDir === undefined ? undefined : new BuildCache(path.resolve(cacheDir));
    this.#parts = {
      wasiSources: toPath(wasiSources ?? new URL('../../personalities/linux/sysroot/wasip1/', import.meta.url)),
      sysroot: sysroot === null ? undefined : toPath(sysroot ?? new URL('../../dist/sysroot/', import.meta.url)),
    };
    const entry = worker ?? new URL('./compile-worker.js', import.meta.url);
    this.#engine = fs.existsSync(entry) ? new WorkerEngine(entry, this.#parts) : new LocalEngine(this.#parts);
  }

  run({ stdout, stderr, env, ...command }: CompileRequest): Promise<number> {
    // process.env is no plain object and cannot be posted to a worker.
    return this.#inTurn(() => this.#engine.run({ ...command, env: { ...env } }, { stdout, stderr }));
  }

  build(request: BuildRequest): Promise<Uint8Array> {
    return this.#inTurn(() => this.#build(request));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #build({ language, source, args = [], cwd = process.cwd(), onWarning }: BuildRequest): Promise<Uint8Array> {
    const version = language === 'assemblyscript' ? assemblyScriptVersion() : llvmVersion();
    const key = cacheKey([cacheFormat, version, partsDigest(this.#parts), language, source, args, cwd]);
    const cached = this.#cache?.lookup(key);
    if (cached) {
      if (cached.diagnostics !== '') onWarning?.(cached.diagnostics);
      return cached.bytes;
    }
    const { bytes, diagnostics, paths } = await this.#engine.build({ language, source, args, cwd });
    if (!bytes) throw new CompileError(source, diagnostics);
    this.#cache?.store(key, paths, { bytes, diagnostics });
    if (diagnostics !== '') onWarning?.(diagnostics);
    return bytes;
  }

  /** Calls run one after the other: a job needs a whole processor and much memory. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new ToolchainError('the compiler is closed'));
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Changes when what a build means changes without its inputs: options that we add, the cache's own form. */
const cacheFormat = 2;

/** Changes when what programs are linked with does. */
function partsDigest({ wasiSources, sysroot }: EngineParts): string {
  const sources = listWasiSources(wasiSources).map((name) => [
    name,
    fs.readFileSync(path.join(wasiSources, name), 'utf8'),
  ]);
  const stamp = sysroot === undefined ? undefined : readStamp(sysroot);
  return digest(Buffer.from(JSON.stringify([sources, stamp ?? null])));
}

function toPath(location: string | URL): string {
  return typeof location === 'string' ? path.resolve(location) : fileURLToPath(location);
}
