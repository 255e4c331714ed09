/**
 * The compile engine in a worker of its own, and what passes between the two threads.
 *
 * One call at a time: `service.ts` sees to that. The worker keeps the process alive only while a call runs. A worker that dies (no memory left)
 * fails its call; the next one starts another.
 */
import { Worker } from 'node:worker_threads';
import type { CommandLine, OutputSinks } from './driver.ts';
import type { Engine, EngineParts, ProgramBuild, ProgramRequest } from './engine.ts';
import { ToolchainError } from './llvm.ts';

/** What the worker is started with. */
export type EngineWorkerData = EngineParts;

export type EngineCall =
  | { readonly kind: 'run'; readonly command: CommandLine }
  | { readonly kind: 'build'; readonly request: ProgramRequest };

export type EngineReply =
  | { readonly kind: 'stdout' | 'stderr'; readonly bytes: Uint8Array }
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'built'; readonly build: ProgramBuild }
  | { readonly kind: 'failed'; readonly isToolchainError: boolean; readonly message: string };

/** clang recurses with the source: 1,024 nested template instantiations, its own limit, need about 10 MB. */
const stackSizeMb = 64;

interface PendingCall {
  readonly sinks: OutputSinks;
  readonly resolve: (reply: EngineReply) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerEngine implements Engine {
  readonly #entry: URL;
  readonly #data: EngineWorkerData;
  #worker: Worker | undefined;
  #pending: PendingCall | undefined;

  constructor(entry: URL, parts: EngineParts) {
    this.#entry = entry;
    this.#data = parts;
  }

  async run(command: CommandLine, sinks: OutputSinks): Promise<number> {
    const reply = await this.#call({ kind: 'run', command }, sinks);
    if (reply.kind !== 'exited') throw new Error(`the compiler answered "${reply.kind}" to a command line`);
    return reply.status;
  }

  async build(request: ProgramRequest): Promise<ProgramBuild> {
    const reply = await this.#call({ kind: 'build', request }, { stdout: () => {}, stderr: () => {} });
    if (reply.kind !== 'built') throw new Error(`the compiler answered "${reply.kind}" to a build`);
    return reply.build;
  }

  /** Ends the worker, and the call that it is at, which fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #call(call: EngineCall, sinks: OutputSinks): Promise<EngineReply> {
    return new Promise((resolve, reject) => {
      this.#pending = { sinks, resolve, reject };
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(call);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { workerData: this.#data, resourceLimits: { stackSizeMb } });
    worker.on('message', (reply: EngineReply) => this.#receive(reply));
    worker.on('error', (error) => this.#fail(worker, error));
    worker.on('exit', () => this.#fail(worker, new ToolchainError('the compiler died')));
    return worker;
  }

  #receive(reply: EngineReply): void {
    const pending = this.#pending;
    if (!pending) return;
    if (reply.kind === 'stdout' || reply.kind === 'stderr') {
      pending.sinks[reply.kind](reply.bytes);
      return;
    }
    this.#pending = undefined;
    this.#worker?.unref();
    if (reply.kind !== 'failed') pending.resolve(reply);
    else pending.reject(reply.isToolchainError ? new ToolchainError(reply.message) : new Error(reply.message));
  }

  #fail(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}
