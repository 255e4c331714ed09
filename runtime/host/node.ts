// The host port over Node: worker threads, their messages, processors, files.

import { VERSION } from './build-facts.ts';
import { builtin } from './node-builtins.ts';
import type { Host, HostWorker, ParentPort, WorkerName } from './port.ts';
import { asFolder, howToCopy, mismatchIn, mismatchWith, WorkerStartError } from './worker-start.ts';

/** Guests recurse on the thread's own stack; V8's default of about 1 MB is an eighth of what native programs have. */
const STACK_MB = 16;
/** clang recurses with the source: 1,024 nested template instantiations, its own limit, need about 10 MB. */
const COMPILER_STACK_MB = 64;
/** Workers allocate little: a small nursery keeps their resident memory level over thousands of runs. */
const YOUNG_GENERATION_MB = 2;
const READ_AHEAD = 1 << 20;

/** `node --input-type=module -e …`: workers inherit that option, and refuse to start from a file. */
function isTextProgram(): boolean {
  return process.execArgv.some((option) => option.startsWith('--input-type'));
}

/** Workers that were started before anybody asked for them. */
const started = new Map<WorkerName, HostWorker>();

function createWorker(name: WorkerName, folder: URL | undefined): HostWorker {
  if (folder !== undefined) return startWorker(name, folder);
  const worker = started.get(name) ?? startWorker(name, undefined);
  started.delete(name);
  return worker;
}

/** Errors: WorkerStartError. */
function startWorker(name: WorkerName, folder: URL | undefined): HostWorker {
  const { Worker } = builtin('node:worker_threads');
  const file = new URL(`${name}-worker.cjs`, folder ?? import.meta.url);
  const worker = allowed(
    file,
    () =>
      new Worker(file, {
        name: `fusedos ${name}`,
        workerData: VERSION,
        resourceLimits:
          name === 'compiler'
            ? { stackSizeMb: COMPILER_STACK_MB }
            : { stackSizeMb: STACK_MB, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
        // Files that guests have open on the host pass between threads: see host-descriptors.
        trackUnmanagedFds: false,
        ...(isTextProgram() && { execArgv: [] }),
      }),
  );
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let failed: (error: Error) => void = () => {};
  return {
    post: (message, transfer) =>
      worker.postMessage(message, transfer as readonly import('node:worker_threads').Transferable[]),
    onMessage: (listener) =>
      worker.on('message', (message) => {
        const mismatch = mismatchIn(message, name, () => file.href);
        if (mismatch === undefined) listener(message);
        else failed(mismatch);
      }),
    onError: (listener) => {
      failed = listener;
      worker.on('error', (error) => listener(isThere(file) ? error : notThere(file, error)));
    },
    terminate: async () => {
      void worker.terminate();
      await gone;
    },
    setRef: (keepsProgramRunning) => (keepsProgramRunning ? worker.ref() : worker.unref()),
  };
}

/** Errors: WorkerStartError EACCES: Node's permission model forbids workers. */
function allowed<T>(file: URL, start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_ACCESS_DENIED') throw error;
    throw new WorkerStartError(
      'EACCES',
      file.href,
      'Node’s permission model forbids it: start Node with --allow-worker',
      {
        cause: error,
      },
    );
  }
}

function isThere(file: URL): boolean {
  return builtin('node:fs').existsSync(file);
}

function notThere(file: URL, cause: Error): WorkerStartError {
  const copy = howToCopy('dist/*.cjs');
  return new WorkerStartError('ENOENT', file.href, `there is no such file. ${copy}, or leave the package external`, {
    cause,
  });
}

function workersAt(location: string | URL): URL | undefined {
  const url = urlOf(location) ?? builtin('node:url').pathToFileURL(String(location));
  return url?.protocol === 'file:' ? asFolder(url) : undefined;
}

function parent(): ParentPort {
  const { parentPort, workerData } = builtin('node:worker_threads');
  if (parentPort === null) throw new Error('not in a worker');
  const mismatch = mismatchWith(workerData);
  if (mismatch !== undefined) {
    parentPort.postMessage(mismatch);
    return { post: () => {}, onMessage: () => {} };
  }
  return {
    post: (message, transfer) =>
      parentPort.postMessage(message, transfer as readonly import('node:worker_threads').Transferable[]),
    onMessage: (listener) => parentPort.on('message', listener),
  };
}

async function readProgram(location: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const url = urlOf(location);
  if (isRemote(url)) return new Uint8Array(await (await request(url)).arrayBuffer());
  const bytes = await builtin('node:fs').promises.readFile(url ?? location);
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}

async function openStream(location: string | URL): Promise<AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>> {
  const url = urlOf(location);
  if (isRemote(url)) return (await request(url)).body ?? new Blob([]).stream();
  return builtin('node:fs').createReadStream(url ?? location, { highWaterMark: READ_AHEAD });
}

async function request(url: URL): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => Promise.reject(unreachable(url, error)));
  if (!response.ok) throw Object.assign(new Error(`${url}: HTTP ${response.status}`), { code: 'EIO' });
  return response;
}

/** As whoever speaks to the network says it: ECONNREFUSED, ENOTFOUND, ETIMEDOUT. */
function unreachable(url: URL, error: unknown): Error {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } };
  const reason = cause?.message || cause?.code || String(error);
  return Object.assign(new Error(`${url}: ${reason}`, { cause: error }), { code: cause?.code ?? 'EHOSTUNREACH' });
}

function urlOf(location: string | URL): URL | undefined {
  return location instanceof URL ? location : isUrl(location) ? new URL(location) : undefined;
}

function isRemote(url: URL | undefined): url is URL {
  return url !== undefined && url.protocol !== 'file:';
}

function isUrl(location: string): boolean {
  return /^(https?|file|data):/.test(location);
}

/** What a timer takes at most. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Up to here a module is compiled at once: sooner than another thread could begin. */
const COMPILE_AT_ONCE = 1 << 16;
/** Up to here all of a module is optimised before it runs: in at most some 0.1 s. */
const OPTIMISE_AHEAD = 1 << 18;
/** The first implies the last, and its opposite does not take that back. */
const AHEAD = ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering'];
let compilations = 0;

/**
 * V8 never replaces the code of a function that runs: a program whose `main` loops for minutes would do so in unoptimised
 * code, 2.4 times slower. So small modules are optimised ahead. V8 looks at these flags while it compiles; they are the whole
 * process's, and while they differ from the default V8 rejects Node's code cache, so they are set for that time only.
 */
async function compile(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (bytes.length > OPTIMISE_AHEAD) return compileApart(bytes);
  const { setFlagsFromString } = builtin('node:v8');
  if (++compilations === 1) for (const flag of AHEAD) setFlagsFromString(flag);
  try {
    return bytes.length <= COMPILE_AT_ONCE ? new WebAssembly.Module(bytes) : await compileApart(bytes);
  } finally {
    if (--compilations === 0) for (const flag of AHEAD) setFlagsFromString(flag.replace('--no-', '--'));
  }
}

/** In other threads. Newer versions of Node do not wait for them: a program that has nothing else to do would end. */
async function compileApart(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const stay = setInterval(() => {}, LONGEST_TIMER_MS);
  try {
    return await WebAssembly.compile(bytes);
  } finally {
    clearInterval(stay);
  }
}

export function nodeHost(): Host {
  return {
    name: 'node',
    processors: builtin('node:os').availableParallelism(),
    missing: undefined,
    missingOpfs: 'the origin private file system is a page’s; in Node, mount a directory of the host instead',
    workersAt,
    createWorker,
    startAhead: (names) => {
      for (const name of names) started.set(name, startWorker(name, undefined));
    },
    parent,
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    readProgram,
    openStream,
    compile,
  };
}
