// Files that leave one Linux and enter another, where no memory is shared: all of them before a program begins, what it
// changed when it has ended. Through the operations of `machine.fs`; devices and /proc stay behind, a second name of a file becomes
// another file.

import type { HostStat, Linux } from '../../../personalities/linux/index.ts';
import { request } from '../linux/private.ts';
import type { FileChanges, FileCopy } from './messages.ts';

/** What tells a file from its later self, by path. */
export type FileMarks = ReadonlyMap<string, string>;

const TYPE = 0o170000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
/** Made by every Linux for itself. */
const OWN = new Set(['/dev', '/proc']);

/** Copies all files; parents come before what they hold. */
export function copyFiles(linux: Linux): FileCopy[] {
  return [...walk(linux, '/')].map(([path, stat]) => copyOf(linux, path, stat));
}

/** Stores copies over what is there. */
export function loadFiles(linux: Linux, files: readonly FileCopy[]): void {
  for (const file of files) loadFile(linux, file);
}

export function markFiles(linux: Linux): FileMarks {
  return new Map([...walk(linux, '/')].map(([path, stat]) => [path, markOf(stat)]));
}

export function changesSince(linux: Linux, marks: FileMarks): FileChanges {
  const now = new Map(walk(linux, '/'));
  const written = [...now].filter(([path, stat]) => marks.get(path) !== markOf(stat));
  return {
    written: written.map(([path, stat]) => copyOf(linux, path, stat)),
    removed: [...marks.keys()].filter((path) => !now.has(path)),
  };
}

export function applyChanges(linux: Linux, { written, removed }: FileChanges): void {
  for (const path of removed) request(linux, 'rm', [path, { recursive: true, force: true }]);
  loadFiles(linux, written);
}

function* walk(linux: Linux, directory: string): Generator<[path: string, stat: HostStat]> {
  for (const { name } of request(linux, 'readdir', [directory]) as { name: string }[]) {
    const path = `${directory === '/' ? '' : directory}/${name}`;
    if (OWN.has(path)) continue;
    const stat = request(linux, 'lstat', [path]) as HostStat;
    const type = stat.mode & TYPE;
    if (type !== REGULAR && type !== DIRECTORY && type !== SYMLINK) continue;
    yield [path, stat];
    if (type === DIRECTORY) yield* walk(linux, path);
  }
}

/** A directory's times change with what it holds, which is told for itself. */
function markOf({ mode, ino, size, mtimeMs, ctimeMs }: HostStat): string {
  return (mode & TYPE) === DIRECTORY ? `${mode}` : [mode, ino, size, mtimeMs, ctimeMs].join();
}

function copyOf(linux: Linux, path: string, { mode, mtimeMs }: HostStat): FileCopy {
  switch (mode & TYPE) {
    case REGULAR:
      return { path, mode, mtimeMs, content: request(linux, 'readFile', [path]) as Uint8Array };
    case SYMLINK:
      return { path, mode, mtimeMs, target: request(linux, 'readlink', [path]) as string };
    default:
      return { path, mode, mtimeMs };
  }
}

function loadFile(linux: Linux, { path, mode, mtimeMs, content, target }: FileCopy): void {
  const type = mode & TYPE;
  if (type === SYMLINK || hasOtherType(linux, path, type)) {
    request(linux, 'rm', [path, { recursive: true, force: true }]);
  }
  if (type === SYMLINK) {
    request(linux, 'symlink', [target, path]);
    return;
  }
  if (type === DIRECTORY) request(linux, 'mkdir', [path, { recursive: true }]);
  else request(linux, 'writeFile', [path, content]);
  request(linux, 'chmod', [path, mode & 0o7777]);
  request(linux, 'utimes', [path, mtimeMs / 1000, mtimeMs / 1000]);
}

function hasOtherType(linux: Linux, path: string, type: number): boolean {
  try {
    return ((request(linux, 'lstat', [path]) as HostStat).mode & TYPE) !== type;
  } catch {
    return false;
  }
}
