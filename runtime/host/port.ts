// What the runtime needs of its host, Node or a page, and nothing else: workers, messages, processors, files.
// The only import from outside runtime/host is `host` (host/index.ts); `node:` modules stand in host/ alone.

/** The bundles that run in workers; the file is `NAME-worker.js` beside the bundle that creates it, `.cjs` for Node. */
export type WorkerName = 'core' | 'linux' | 'host-directory' | 'opfs' | 'compiler';

/** A worker as its creator sees it. */
export interface HostWorker {
  post(message: unknown, transfer?: readonly Transferable[]): void;
  onMessage(listener: (message: unknown) => void): void;
  /** An error that nothing in the worker caught, or a worker that could not start. */
  onError(listener: (error: Error) => void): void;
  /** Asks the thread to stop. @returns when the thread is known to be gone */
  terminate(): Promise<void>;
  /** Whether a live worker keeps the program running. Node only. */
  setRef(keepsProgramRunning: boolean): void;
}

/** A worker's side of the conversation with its creator. */
export interface ParentPort {
  post(message: unknown, transfer?: readonly Transferable[]): void;
  onMessage(listener: (message: unknown) => void): void;
}

export interface Host {
  readonly name: 'node' | 'browser';
  /** Processors that this program may use. */
  readonly processors: number;
  /** Whether shared memory and blocking waits in workers are to be had; else what is missing. */
  readonly missing: string | undefined;
  /**
   * The folder of workers that a caller names by path (Node) or URL.
   *
   * @returns undefined when it cannot be one
   */
  workersAt(location: string | URL): URL | undefined;
  /**
   * Starts a worker.
   *
   * @param folder where its file lies; undefined: beside the bundle that calls
   *
   * Errors: WorkerStartError, here or by `onError`: its file is not there, or of another version.
   */
  createWorker(name: WorkerName, folder: URL | undefined): HostWorker;
  /** Starts one worker of each name, which the next `createWorker` then answers with: most of a start is waiting for it. */
  startAhead(names: readonly WorkerName[]): void;
  /** In a worker: its creator. */
  parent(): ParentPort;
  /** Why there is no OPFS here, undefined when there is. */
  readonly missingOpfs: string | undefined;
  /** Lets the event loop run once, so that messages are received. */
  turn(): Promise<void>;
  /**
   * The bytes of a program given by path or URL.
   *
   * Errors: an Error whose `code` is the host's (ENOENT, EACCES, EISDIR …).
   */
  readProgram(location: string | URL): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of a file given by path or URL, as they come. Errors: as readProgram, here or when it is read. */
  openStream(location: string | URL): Promise<AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>>;
  /**
   * Compiles a module.
   *
   * Errors: WebAssembly.CompileError.
   */
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module>;
}
