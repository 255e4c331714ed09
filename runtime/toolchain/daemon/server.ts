/**
 * The compile daemon: one loaded LLVM, and a worker a processor that runs command lines for clients.
 *
 * It ends by itself when nobody has asked for a while. A client that goes away ends its compile. Workers share the compiled code; one that has
 * run often, or of a process that has grown large, makes room for a new one. Called by `main.ts`.
 */
import * as fs from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { version } from '../../../package.json';
import type { Llvm, SharedLlvm } from '../llvm.ts';
import { loadLlvm } from '../packages.ts';
import { WorkerEngine } from '../worker-engine.ts';
import { viewOfFiles } from './client-files.ts';
import { type CompileOrder, type DaemonDescription, onFrames, send } from './frames.ts';
import type { DaemonPlace } from './place.ts';

/** A worker's own garbage, and what LLVM leaks, goes with it. */
const JOBS_A_WORKER = 100;
const RESIDENT_LIMIT = 2 * 2 ** 30;

interface Job {
  readonly order: CompileOrder;
  readonly socket: Socket;
  hasEnded: boolean;
}

interface PoolWorker {
  engine: WorkerEngine;
  jobs: number;
}

export class CompileDaemon {
  readonly #place: DaemonPlace;
  readonly #idleMs: number;
  readonly #server: Server;
  readonly #loading: Promise<SharedLlvm>;
  readonly #waiting: Job[] = [];
  readonly #idle: PoolWorker[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #cancels = new Map<Job, () => void>();
  readonly #startedMs = Date.now();
  /** The socket's own file: another one in its place is another daemon's. */
  #inode: number | undefined;
  #workers = 0;
  #running = 0;
  #done = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(place: DaemonPlace, idleMs: number) {
    this.#place = place;
    this.#idleMs = idleMs;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#loading = loadLlvm().then((llvm: Llvm) => llvm.share());
    this.#loading.catch(() => {}); // each job is told
  }

  /** Errors: the host's, when the socket cannot be made. */
  async listen(): Promise<void> {
    const { socket } = this.#place;
    fs.rmSync(socket, { force: true }); // whoever starts a daemon has found nobody there
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socket, resolve);
    });
    fs.chmodSync(socket, 0o600);
    this.#inode = fs.statSync(socket).ino;
    this.#rest();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    clearTimeout(this.#timer);
    let job: Job | undefined;
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (job !== undefined) this.#cancel(job);
      this.#rest();
    });
    onFrames(socket, (kind, bytes) => {
      switch (kind) {
        case 'status':
          send(socket, 'described', this.#describe());
          return;
        case 'stop':
          socket.end();
          this.#stop();
          return;
        case 'compile':
          if (job === undefined) job = this.#enqueue(JSON.parse(bytes.toString()) as CompileOrder, socket);
          return;
        default:
          socket.destroy();
      }
    });
  }

  #enqueue(order: CompileOrder, socket: Socket): Job {
    const job: Job = { order, socket, hasEnded: false };
    if (viewOfFiles(order.cwd).join() !== order.files.join()) {
      job.hasEnded = true;
      send(socket, 'refused');
      return job;
    }
    this.#waiting.push(job);
    void this.#next();
    return job;
  }

  /** Starts what waits, as far as there are workers. */
  async #next(): Promise<void> {
    if (this.#waiting.length === 0) return;
    let worker = this.#idle.pop();
    if (worker === undefined) {
      if (this.#workers >= availableParallelism()) return;
      this.#workers++;
      try {
        worker = { engine: this.#makeEngine(await this.#loading), jobs: 0 };
      } catch (error) {
        this.#workers--;
        for (const job of this.#waiting.splice(0)) this.#fail(job, error);
        return;
      }
    }
    const job = this.#waiting.shift();
    if (job === undefined) this.#idle.push(worker);
    else await this.#run(worker, job);
  }

  #makeEngine(llvm: SharedLlvm): WorkerEngine {
    const { wasiSources, sysroot } = this.#place;
    return new WorkerEngine(new URL('./compile-worker.js', import.meta.url), { wasiSources, sysroot, llvm });
  }

  async #run(worker: PoolWorker, job: Job): Promise<void> {
    const { order, socket } = job;
    this.#running++;
    worker.jobs++;
    this.#cancels.set(job, () => void worker.engine.close());
    const { files: _, stdin, ...command } = order;
    try {
      const status = await worker.engine.run(
        { ...command, stdin: stdin === undefined ? undefined : new Uint8Array(Buffer.from(stdin, 'base64')) },
        {
          stdout: (bytes) => void (job.hasEnded || send(socket, 'stdout', bytes)),
          stderr: (bytes) => void (job.hasEnded || send(socket, 'stderr', bytes)),
        },
      );
      if (!job.hasEnded) send(socket, 'exited', { status });
      job.hasEnded = true;
    } catch (error) {
      this.#fail(job, error);
    }
    this.#cancels.delete(job);
    this.#running--;
    this.#done++;
    await this.#giveBack(worker);
    void this.#next();
  }

  async #giveBack(worker: PoolWorker): Promise<void> {
    if (worker.jobs >= JOBS_A_WORKER || process.memoryUsage.rss() > RESIDENT_LIMIT) {
      await worker.engine.close();
      this.#workers--;
      return;
    }
    this.#idle.push(worker);
  }

  #fail(job: Job, error: unknown): void {
    if (!job.hasEnded) send(job.socket, 'failed', { message: error instanceof Error ? error.message : String(error) });
    job.hasEnded = true;
  }

  #cancel(job: Job): void {
    if (job.hasEnded) return;
    job.hasEnded = true;
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#cancels.get(job)?.();
  }

  #describe(): DaemonDescription {
    return {
      pid: process.pid,
      version,
      workers: this.#workers,
      running: this.#running,
      waiting: this.#waiting.length,
      done: this.#done,
      residentBytes: process.memoryUsage.rss(),
      startedMs: this.#startedMs,
    };
  }

  /** Without clients it ends after a while. */
  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#sockets.size === 0) this.#timer = setTimeout(() => this.#stop(), this.#idleMs);
  }

  #stop(): void {
    const { socket } = this.#place;
    if (fs.statSync(socket, { throwIfNoEntry: false })?.ino === this.#inode) fs.rmSync(socket, { force: true });
    process.exit(0);
  }
}
