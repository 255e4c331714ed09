// A small web server on 127.0.0.1: the same page and bundle twice, under /isolated/ with the headers that make a page
// cross-origin isolated, under /plain/ without them; and the guest programs of the tests. Nothing else is served.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>fusedos</title>
<script type="module">globalThis.fusedos = await import('./dist/page/index.js');</script>`;

export const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

export interface Site {
  readonly port: number;
  /** Files under `guest/`, by name; may be added to. */
  readonly guests: Map<string, Uint8Array>;
  /** Folders of the host whose files are served, by name. */
  readonly folders: Map<string, string>;
  /** What was asked for, `GET name/file`, without the realm. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param dist the folder with the bundle */
export async function openSite(dist: string): Promise<Site> {
  const guests = new Map<string, Uint8Array>();
  const folders = new Map<string, string>();
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const [, realm, ...rest] = (request.url ?? '').split('/');
    const path = rest.join('/');
    requests.push(`${request.method} ${path}`);
    const isKnown = realm === 'isolated' || realm === 'plain';
    const content = isKnown ? await contentOf(dist, guests, folders, path) : undefined;
    if (content === undefined) return void response.writeHead(404).end();
    const type = path === '' ? 'text/html' : (TYPES[path.split('.').at(-1) ?? ''] ?? 'text/plain');
    response
      .writeHead(200, {
        'content-type': type,
        'content-length': Buffer.byteLength(content),
        ...(realm === 'isolated' ? ISOLATION : {}),
      })
      .end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, guests, folders, requests, close: () => closeServer(server) };
}

async function contentOf(
  dist: string,
  guests: ReadonlyMap<string, Uint8Array>,
  folders: ReadonlyMap<string, string>,
  path: string,
): Promise<Uint8Array | string | undefined> {
  if (path === '') return PAGE;
  const [folder, name, ...rest] = path.split('/');
  if (name === undefined) return undefined;
  if (folder === 'guest') return guests.get(name);
  const served = folders.get(folder ?? '');
  if (served !== undefined) return rest.length > 0 ? undefined : readFile(join(served, name)).catch(() => undefined);
  if (folder !== 'dist' || name !== 'page' || rest.length !== 1) return undefined;
  return readFile(join(dist, name, ...rest)).catch(() => undefined);
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
