// A small web server on 127.0.0.1 for a folder of files, as a user's own would be: with the headers of a cross-origin isolated
// page, unless a path is told to have others.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { ISOLATION, TYPES } from './site.ts';

export interface FolderSite {
  /** Ends with a slash. */
  readonly url: string;
  close(): Promise<void>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * @param folder what is served; `/` is its index.html
 * @param answer what a path gets instead; undefined: the file
 */
export async function openFolder(
  folder: string,
  answer: (path: string) => Answer | undefined = () => undefined,
): Promise<FolderSite> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const other = answer(path);
    const body = other?.body ?? (await readFile(join(folder, normalize(name))).catch(() => undefined));
    const extension = name.split('.').at(-1) ?? '';
    const type = extension === 'html' ? 'text/html' : (TYPES[extension] ?? 'text/plain');
    const headers = other?.headers ?? ISOLATION;
    response
      .writeHead(other?.status ?? (body === undefined ? 404 : 200), { 'content-type': type, ...headers })
      .end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
