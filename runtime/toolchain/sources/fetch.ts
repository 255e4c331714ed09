// Fetches a compiler's files by URL, telling how far it is. In Node or a page.

import { ToolchainError } from '../llvm.ts';
import type { OnProgress } from './serve.ts';

export function isRemote(location: string): boolean {
  return /^https?:/.test(location);
}

/**
 * @param onResponse is given the response before its body is read
 *
 * Errors: ToolchainError that names the URL.
 */
export async function fetchWhole(
  url: URL,
  onProgress: OnProgress,
  onResponse: (response: Response) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const unreachable = (reason: string): ToolchainError =>
    new ToolchainError(`no C compiler: ${url} cannot be fetched: ${reason}`);
  try {
    const response = await fetch(url);
    if (!response.ok) throw unreachable(`HTTP ${response.status}`);
    onResponse(response);
    const { headers, body } = response;
    // Of what is compressed on its way the length says little.
    const total = headers.has('content-encoding') ? 0 : Number(headers.get('content-length'));
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let loaded = 0;
    for (const reader = body?.getReader(); reader !== undefined; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      loaded += value.length;
      onProgress({ phase: 'fetching', loaded, ...(total > 0 ? { total } : {}) });
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  } catch (error) {
    if (error instanceof ToolchainError) throw error;
    throw unreachable(error instanceof Error ? error.message : String(error));
  }
}
