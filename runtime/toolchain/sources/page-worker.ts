// Entry of a machine's compile worker in a page, built to `page/compiler-worker.js`: fetches the compilers from where the caller
// says, and keeps clang's files in the origin's cache.

import { CLANG_FILES, Llvm, ToolchainError } from '../llvm.ts';
import type { Asc } from './assemblyscript.ts';
import { fetchWhole } from './fetch.ts';
import { type OnProgress, serveSources } from './serve.ts';

serveSources({
  llvm: async (location, onProgress) => {
    if (location === undefined) {
      throw new ToolchainError(
        'no C compiler: serve the folder `gen` of the npm package @yowasp/clang, and tell its URL: boot({ compilers: { clang: URL } })',
      );
    }
    const folder = location.endsWith('/') ? location : `${location}/`;
    const core = await fetchCached(new URL(CLANG_FILES.core, folder), onProgress);
    return Llvm.create(`of ${location}`, {
      core,
      resources: await fetchCached(new URL(CLANG_FILES.resources, folder), onProgress),
    });
  },
  asc: async (location) => {
    if (location === undefined) {
      throw new ToolchainError(
        'no AssemblyScript compiler: bundle `assemblyscript/asc` of the npm package assemblyscript to one file, and tell its URL: boot({ compilers: { assemblyscript: URL } })',
      );
    }
    try {
      return (await import(/* @vite-ignore */ /* webpackIgnore: true */ location)) as Asc;
    } catch (error) {
      throw new ToolchainError(
        `no AssemblyScript compiler: ${location} cannot be imported: ${(error as Error).message}`,
      );
    }
  },
});

const CACHE = 'fusedos-compilers';

/**
 * A file of 30 to 80 MB, from the origin's cache while the server has no other: asked by HEAD. Without a server the cache
 * answers; an origin that is not secure has none.
 */
async function fetchCached(url: URL, onProgress: OnProgress): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const cached = await cache?.match(url);
  if (cached !== undefined) {
    const head = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
    if (head === undefined || !head.ok || stateOf(head) === stateOf(cached)) {
      return new Uint8Array(await cached.arrayBuffer());
    }
  }
  let headers = new Headers();
  const bytes = await fetchWhole(url, onProgress, (response) => {
    headers = response.headers;
  });
  // A cache that is full, or forbidden, makes the next page slow, not this one wrong.
  await cache?.put(url, new Response(bytes, { headers })).catch(() => {});
  return bytes;
}

/** What tells one state of a file from another. */
function stateOf({ headers }: Response): string {
  return ['etag', 'last-modified', 'content-length'].map((name) => headers.get(name) ?? '').join('\n');
}
