// The option --stage of `fusedos run`: files of the host that are read before the program starts and served in its own worker.

import { readFile } from 'node:fs/promises';
import { CliError, STATUS } from '../status.ts';

export interface StageOption {
  readonly hostPath: string;
  /** In the program's tree: absolute, or from its working directory. */
  readonly path: string;
}

/**
 * Reads HOST::GUEST.
 *
 * @returns undefined when a part is missing
 */
export function parseStaged(text: string): StageOption | undefined {
  const at = text.lastIndexOf('::');
  const [hostPath, path] = [text.slice(0, Math.max(0, at)), text.slice(at + 2)];
  return at < 0 || hostPath === '' || path === '' ? undefined : { hostPath, path };
}

/**
 * The contents of the files, by absolute path in the program's tree.
 *
 * Errors: CliError for a file that cannot be read.
 */
export async function readStaged(files: readonly StageOption[], cwd: string): Promise<Record<string, Uint8Array>> {
  const contents: Record<string, Uint8Array> = {};
  for (const { hostPath, path } of files) contents[absolute(path, cwd)] = await read(hostPath);
  return contents;
}

/** The name at the top of the tree that a path leads through; undefined: the working directory's. */
export function topOf({ path }: StageOption): string | undefined {
  return path.startsWith('/') ? path.split('/').find((name) => name !== '') : undefined;
}

function absolute(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

async function read(hostPath: string): Promise<Uint8Array> {
  try {
    return await readFile(hostPath);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const reason = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : message;
    throw new CliError(STATUS.FAILURE, `--stage ${hostPath}: ${reason}`);
  }
}
