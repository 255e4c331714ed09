// The host port over a page's or a web worker's platform. A worker's death is seen by a Web Lock that it holds (there is
// no exit event, and `terminate` lets a spinning thread run on for seconds).

import { VERSION } from './build-facts.ts';
import { locate, startPageWorker, whyNotStarted } from './page-worker.ts';
import type { Host, HostWorker, ParentPort, WorkerName } from './port.ts';
import { asFolder, mismatchIn, mismatchWith } from './worker-start.ts';

/** What a worker gets first. */
interface Greeting {
  readonly version: string;
  /** The name of the lock that it is to hold while it lives. */
  readonly lock: string | undefined;
}

interface WorkerScope {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

function createWorker(name: WorkerName, folder: URL | undefined): HostWorker {
  const worker = startPageWorker(name, folder);
  // An insecure origin has neither locks nor random names for them, and no shared memory that a thread could still touch.
  const lock = navigator.locks === undefined ? undefined : `fusedos-${crypto.randomUUID()}`;
  worker.postMessage({ version: VERSION, lock } satisfies Greeting);
  let failed: (error: Error) => void = () => {};
  return {
    post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    onMessage: (listener) =>
      worker.addEventListener('message', ({ data }) => {
        const mismatch = mismatchIn(data, name, () => locate(name, folder));
        if (mismatch === undefined) listener(data);
        else failed(mismatch);
      }),
    onError: (listener) => {
      failed = listener;
      worker.addEventListener('error', (event) => {
        // Without a message: nothing of it has run.
        if (event.message) listener(new Error(event.message));
        else void whyNotStarted(name, folder).then(listener);
      });
    },
    terminate: async () => {
      worker.terminate();
      if (lock !== undefined) await navigator.locks.request(lock, () => {});
    },
    setRef: () => {},
  };
}

function startsNone(name: WorkerName): never {
  throw new Error(`a worker starts no worker ${name}`);
}

function parent(): ParentPort {
  const scope = globalThis as unknown as WorkerScope;
  let hasMismatch = false;
  return {
    post: (message, transfer) => scope.postMessage(message, transfer ?? []),
    onMessage: (listener) =>
      scope.addEventListener('message', ({ data }) => {
        if (isGreeting(data)) hasMismatch = greet(scope, data);
        else if (!hasMismatch) listener(data);
      }),
  };
}

function isGreeting(message: unknown): message is Greeting {
  return typeof message === 'object' && message !== null && 'version' in message && 'lock' in message;
}

/** @returns whether this worker is of another version than its creator, and is not to work */
function greet(scope: WorkerScope, { version, lock }: Greeting): boolean {
  if (lock !== undefined) void navigator.locks.request(lock, () => new Promise(() => {}));
  const mismatch = mismatchWith(version);
  if (mismatch !== undefined) scope.postMessage(mismatch);
  return mismatch !== undefined;
}

function workersAt(location: string | URL): URL | undefined {
  const page = globalThis.document?.baseURI ?? globalThis.location.href;
  return URL.canParse(location, page) ? asFolder(new URL(location, page)) : undefined;
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

async function readProgram(location: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await request(location)).arrayBuffer());
}

async function openStream(location: string | URL): Promise<ReadableStream<Uint8Array>> {
  return (await request(location)).body ?? new Blob([]).stream();
}

async function request(location: string | URL): Promise<Response> {
  const response = await fetch(location).catch((error: unknown) => {
    // A page is not told why.
    throw Object.assign(new Error(`${location}: ${String(error)}`, { cause: error }), { code: 'EHOSTUNREACH' });
  });
  if (!response.ok) {
    const code = response.status === 404 ? 'ENOENT' : 'EIO';
    throw Object.assign(new Error(`${location}: HTTP ${response.status}`), { code });
  }
  return response;
}

export function browserHost(): Host {
  return {
    name: 'browser',
    processors: navigator.hardwareConcurrency,
    missing: globalThis.crossOriginIsolated
      ? undefined
      : 'this page is not cross-origin isolated: serve it with "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"',
    // The directory alone: whether its files have synchronous access can only be seen in a worker.
    missingOpfs:
      navigator.storage?.getDirectory === undefined
        ? 'this page has no origin private file system: it must come by https, or from localhost'
        : undefined,
    workersAt,
    // A worker that knew how to start workers would have bundlers bundle them again, in circles.
    createWorker: typeof FUSEDOS_IS_WORKER === 'boolean' && FUSEDOS_IS_WORKER ? startsNone : createWorker,
    startAhead: () => {},
    parent,
    turn,
    readProgram,
    openStream,
    compile: (bytes) => WebAssembly.compile(bytes),
  };
}
