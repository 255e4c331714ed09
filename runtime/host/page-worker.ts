// Starts a page's workers, and finds out why one did not start: an `error` event of a worker that could not be loaded says
// neither which file it was nor what was wrong. Used by the page's host alone.

import type { WorkerName } from './port.ts';
import { howToCopy, WorkerStartError } from './worker-start.ts';

const HOW_TO_COPY = howToCopy('dist/page/*-worker.js');

/**
 * @param folder where the workers lie; undefined: beside this bundle, or where a bundler has put them
 *
 * Errors: WorkerStartError.
 */
export function startPageWorker(name: WorkerName, folder: URL | undefined): Worker {
  if (typeof Worker === 'undefined') {
    throw new WorkerStartError(
      'ENOSYS',
      `${name}-worker.js`,
      'there are no Web Workers here. This is the build for pages; Node takes the other one by the condition "node" of package.json, which a bundler for Node must be told, or leave the package external',
    );
  }
  try {
    return construct(name, folder);
  } catch (error) {
    // Pages may start workers of their own origin only; a module of theirs may come from any that allows it.
    if (!(error instanceof DOMException) || error.name !== 'SecurityError') throw error;
    const source = `import ${JSON.stringify(locate(name, folder))};`;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    return new Worker(url, { type: 'module', name: `fusedos-${name}` });
  }
}

/**
 * Bundlers look for just this form: a literal URL relative to the module, and literal options. What they find they bundle, and
 * put its URL in the place of this one.
 */
function construct(name: WorkerName, folder: URL | undefined): Worker {
  if (folder !== undefined) {
    return new Worker(/* @vite-ignore */ new URL(`${name}-worker.js`, folder), {
      type: 'module',
      name: `fusedos-${name}`,
    });
  }
  switch (name) {
    case 'core':
      return new Worker(new URL('./core-worker.js', import.meta.url), { type: 'module', name: 'fusedos-core' });
    case 'linux':
      return new Worker(new URL('./linux-worker.js', import.meta.url), { type: 'module', name: 'fusedos-linux' });
    case 'opfs':
      return new Worker(new URL('./opfs-worker.js', import.meta.url), { type: 'module', name: 'fusedos-opfs' });
    case 'compiler':
      return new Worker(new URL('./compiler-worker.js', import.meta.url), { type: 'module', name: 'fusedos-compiler' });
    case 'host-directory':
      throw Object.assign(new Error('a page has no host directories'), { code: 'ENOSYS' });
  }
}

/** The URL that a bundler has put in the place of ours: seen by starting the worker with a constructor that only notes it. */
export function locate(name: WorkerName, folder: URL | undefined): string {
  const native = globalThis.Worker;
  let location = `${name}-worker.js`;
  globalThis.Worker = class {
    constructor(url: string | URL) {
      location = new URL(url, globalThis.location.href).href;
    }
  } as typeof Worker;
  try {
    construct(name, folder);
  } finally {
    globalThis.Worker = native;
  }
  return location;
}

/** Asks for the file of a worker that could not be loaded, to see what is wrong with it. */
export async function whyNotStarted(name: WorkerName, folder: URL | undefined): Promise<WorkerStartError> {
  const location = locate(name, folder);
  const failure = (code: string, reason: string): WorkerStartError => new WorkerStartError(code, location, reason);
  let response: Response;
  try {
    response = await fetch(location);
  } catch (error) {
    return failure('EIO', `it cannot be fetched (${error instanceof Error ? error.message : String(error)})`);
  }
  const { ok, status, headers } = response;
  void response.body?.cancel();
  // Vite before 8 moves packages there, without their workers.
  const remedy = location.includes('/.vite/') ? "Tell Vite: optimizeDeps: { exclude: ['fusedos'] }" : HOW_TO_COPY;
  if (!ok) return failure(status === 404 ? 'ENOENT' : 'EIO', `HTTP ${status}. ${remedy}`);
  const type = headers.get('content-type') ?? 'of no type';
  if (!/javascript|ecmascript/i.test(type)) {
    return failure('ENOENT', `it came as ${type}, not as JavaScript: a page instead of the file? ${remedy}`);
  }
  const embedder = headers.get('cross-origin-embedder-policy');
  if (
    globalThis.crossOriginIsolated &&
    isOfThisOrigin(location) &&
    !/^(require-corp|credentialless)/.test(embedder ?? '')
  ) {
    return failure(
      'EACCES',
      'it came without "Cross-Origin-Embedder-Policy: require-corp", which a cross-origin isolated page’s workers need as the page does',
    );
  }
  return failure(
    'EACCES',
    'its file is there. Does a Content-Security-Policy forbid it (worker-src, script-src), or is it damaged?',
  );
}

function isOfThisOrigin(location: string): boolean {
  return new URL(location).origin === globalThis.location.origin;
}
