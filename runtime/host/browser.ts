// The host port over a page's or a web worker's platform. A worker's death is seen by a Web Lock that it holds (there is
// no exit event, and `terminate` lets a spinning thread run on for seconds).

import type { Host, HostWorker, ParentPort, WorkerName } from './port.ts';

interface WorkerScope {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** The literal URLs are what bundlers look for. */
function startWorker(name: WorkerName): Worker {
  const options = { type: 'module', name: `fusedos ${name}` } as const;
  switch (name) {
    case 'core':
      return new Worker(new URL('./core-worker.js', import.meta.url), options);
    case 'linux':
      return new Worker(new URL('./linux-worker.js', import.meta.url), options);
    case 'opfs':
      return new Worker(new URL('./opfs-worker.js', import.meta.url), options);
    case 'host-directory':
      throw Object.assign(new Error('a page has no host directories'), { code: 'ENOSYS' });
  }
}

function createWorker(name: WorkerName): HostWorker {
  const worker = startWorker(name);
  // An insecure origin has neither locks nor random names for them, and no shared memory that a thread could still touch.
  const lock = navigator.locks === undefined ? undefined : `fusedos-${crypto.randomUUID()}`;
  if (lock !== undefined) worker.postMessage({ holdLock: lock });
  return {
    post: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    onMessage: (listener) => worker.addEventListener('message', (event) => listener(event.data)),
    onError: (listener) =>
      worker.addEventListener('error', (event) => listener(new Error(event.message || `worker ${name} did not start`))),
    terminate: async () => {
      worker.terminate();
      if (lock !== undefined) await navigator.locks.request(lock, () => {});
    },
    setRef: () => {},
  };
}

function parent(): ParentPort {
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message, transfer) => scope.postMessage(message, transfer ?? []),
    onMessage: (listener) =>
      scope.addEventListener('message', ({ data }) => {
        if (isLockRequest(data)) void navigator.locks.request(data.holdLock, () => new Promise(() => {}));
        else listener(data);
      }),
  };
}

function isLockRequest(message: unknown): message is { holdLock: string } {
  return typeof message === 'object' && message !== null && 'holdLock' in message;
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
  const response = await fetch(location);
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
    createWorker,
    startAhead: () => {},
    parent,
    turn,
    readProgram,
    openStream,
    compile: (bytes) => WebAssembly.compile(bytes),
  };
}
