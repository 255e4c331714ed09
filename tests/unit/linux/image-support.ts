// A Linux whose trees are saved and restored by its own requests; trees written down for comparison.

import { spawnSync } from 'node:child_process';
import type { LinuxError } from '../../../personalities/linux/index.ts';
import { Guest } from './harness.ts';

export interface Requests {
  readonly guest: Guest;
  request(operation: string, ...args: readonly unknown[]): unknown;
}

export function requests(quotaBytes?: number): Requests {
  const guest = new Guest(quotaBytes === undefined ? {} : { quotaBytes });
  const request = (operation: string, ...args: readonly unknown[]): unknown => {
    const outcomes: ({ value: unknown } | { error: LinuxError })[] = [];
    guest.linux.request(operation, args, (outcome) => outcomes.push(outcome));
    while (outcomes.length === 0) guest.linux.takeRunnable();
    const [outcome] = outcomes;
    if (outcome === undefined || 'error' in outcome) throw outcome?.error;
    return outcome.value;
  };
  return { guest, request };
}

export function save({ request }: Requests, path = '/'): Buffer {
  const id = request('saveBegin', path);
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = request('saveRead', id) as Uint8Array | undefined;
    if (chunk === undefined) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}

export interface RestoreOptions {
  readonly path?: string;
  readonly merge?: boolean;
  /** Bytes a piece. */
  readonly piece?: number;
}

export function restore({ request }: Requests, image: Uint8Array, options: RestoreOptions = {}): void {
  const { path = '/', merge = false, piece = 65_536 } = options;
  const id = request('restoreBegin', path, merge);
  for (let at = 0; at < image.length; at += piece) request('restoreWrite', id, image.subarray(at, at + piece));
  request('restoreEnd', id);
}

interface Stat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

/** Every file below a directory, in a form that compares: attributes, contents, links, which names are one file. */
export function describeTree({ request }: Requests, top = '/', hasContent = true): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  const firsts = new Map<number, string>();
  const visit = (path: string): void => {
    const { mode, uid, gid, size, ino, nlink, mtimeMs } = request('lstat', path) as Stat;
    const type = mode & 0o170000;
    const isDirectory = type === 0o040000;
    const known = { mode: mode.toString(8), uid, gid, mtimeMs };
    if (isDirectory) {
      tree[path] = known;
      for (const { name } of request('readdir', path) as { name: string }[]) {
        const child = path === '/' ? `/${name}` : `${path}/${name}`;
        if (child !== '/dev' && child !== '/proc') visit(child);
      }
      return;
    }
    const first = firsts.get(ino) ?? path;
    firsts.set(ino, first);
    const content =
      type === 0o120000
        ? request('readlink', path)
        : hasContent && Buffer.from(request('readFile', path) as Uint8Array).toString('base64');
    tree[path] = { ...known, size, nlink, first, content };
  };
  visit(top);
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The code that something fails with, and its message. */
export function failure(run: () => void): LinuxError {
  try {
    run();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error as LinuxError;
    throw error;
  }
  throw new Error('it did not fail');
}

/** Whether a program is there; a test that wants it is skipped otherwise. */
export function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

export function isGnuTar(): boolean {
  return (spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '').includes('GNU tar');
}
