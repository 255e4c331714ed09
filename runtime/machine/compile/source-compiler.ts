// A machine's compilers of sources: a worker that begins with the first compile, stays warm, and is closed with the machine.
// One compile at a time, the others wait. On the booting thread; nothing of a compiler is loaded in it.

import { host } from '../../host/index.ts';
import type { HostWorker } from '../../host/port.ts';
import type { Diagnostic, FromCompiler, SourceBuild, ToCompiler } from '../../toolchain/sources/messages.ts';
import { closedError, FusedError } from '../errors.ts';
import { describeProgram, type Program } from '../program.ts';
import { untilAborted } from '../values/deferred.ts';
import { CompileError } from './errors.ts';
import {
  type Compilation,
  type CompileAssemblyScriptOptions,
  type CompileCOptions,
  type CompilerLocations,
  readCompilationOfAssemblyScript,
  readCompilationOfC,
  type Sources,
} from './options.ts';

/** A program that was compiled from sources. */
export interface CompiledProgram extends Program {
  /** The module as the compiler made it, to be kept. */
  readonly bytes: Uint8Array;
  /** What the compiler said though it compiled. */
  readonly warnings: readonly Diagnostic[];
}

export interface SourceCompilerParts {
  readonly compilers: CompilerLocations;
  readonly workers: URL | undefined;
  /** Checks and compiles the module that comes out. */
  readonly load: (bytes: Uint8Array) => Promise<Program>;
}

/** A compile that its worker is at. */
interface Running {
  readonly worker: HostWorker;
  readonly onProgress: Compilation['onProgress'];
  resolve(build: SourceBuild): void;
  /** Of its worker nothing more is expected. */
  fail(error: unknown): void;
}

export class SourceCompiler {
  readonly #parts: SourceCompilerParts;
  #worker: HostWorker | undefined;
  #running: Running | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #ending = new Set<Promise<void>>();
  #isClosed = false;

  constructor(parts: SourceCompilerParts) {
    this.#parts = parts;
  }

  async compileC(sources: Sources, options?: CompileCOptions): Promise<CompiledProgram> {
    return this.#compile(readCompilationOfC(sources, options, this.#parts.compilers));
  }

  async compileAssemblyScript(sources: Sources, options?: CompileAssemblyScriptOptions): Promise<CompiledProgram> {
    return this.#compile(readCompilationOfAssemblyScript(sources, options, this.#parts.compilers));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#running?.fail(closedError());
    this.#drop();
    await Promise.all(this.#ending);
  }

  async #compile(compilation: Compilation): Promise<CompiledProgram> {
    const { signal } = compilation;
    const turn = this.#last.then(() => this.#run(compilation));
    this.#last = turn.catch(() => {});
    const { bytes, diagnostics, text } = await untilAborted(turn, signal);
    if (bytes === undefined) throw new CompileError(diagnostics, text);
    return describeProgram(await this.#parts.load(bytes), { bytes, warnings: diagnostics });
  }

  async #run({ signal, onProgress, ...request }: Compilation): Promise<SourceBuild> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closedError();
    const worker = this.#start();
    worker.setRef(true);
    // A compiler looks at nothing while it works: its worker is ended, the next compile begins with another one.
    const abort = (): void => this.#running?.fail(signal?.reason);
    signal?.addEventListener('abort', abort);
    try {
      return await new Promise<SourceBuild>((resolve, reject) => {
        this.#running = {
          worker,
          onProgress,
          resolve,
          fail: (error) => {
            this.#drop();
            reject(error);
          },
        };
        worker.post({ type: 'compile', ...request } satisfies ToCompiler);
      });
    } finally {
      this.#running = undefined;
      signal?.removeEventListener('abort', abort);
      this.#worker?.setRef(false);
    }
  }

  #start(): HostWorker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = host.createWorker('compiler', this.#parts.workers);
    const fail = (error: unknown): void => {
      if (this.#running?.worker === worker) this.#running.fail(error);
      else if (this.#worker === worker) this.#drop();
    };
    worker.onMessage((message) => this.#receive(worker, message as FromCompiler));
    worker.onError(fail);
    this.#worker = worker;
    return worker;
  }

  #receive(worker: HostWorker, message: FromCompiler): void {
    const running = this.#running;
    if (running?.worker !== worker) return;
    switch (message.type) {
      case 'progress':
        try {
          running.onProgress?.(message.progress);
        } catch (error) {
          running.fail(error);
        }
        return;
      case 'compiled':
        return running.resolve(message);
      case 'failed':
        return running.fail(
          message.code === undefined
            ? new FusedError('EIO', `the compiler failed; please report it. ${message.message}`)
            : new FusedError('ENOSYS', message.message),
        );
    }
  }

  #drop(): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    const ending = worker.terminate();
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }
}
