// Which directories a WASI program finds open, under which names, and in which order. Pure; used by the machine for its
// default and by the command line for --dir.
//
// Programs of Zig and of older C libraries take descriptor 3, the first of them, for the working directory, and the first of
// two of one name; wasi-libc takes the last of two. So the working directory comes first, then what the user named, and no
// name stands twice. wasi-libc drops a leading `/` or `./` from names and paths before it compares them: `.` and `/` are the
// same name to it, and so are `dev` and `/dev`. So with `.` open `/` is not, and the other directories at the top of the tree
// are open by name instead, because `/dev/null` would be looked for in the working directory; except where that has an entry
// of that name: then a relative path means what it says.
// See: wasi-libc libc-bottom-half/sources/preopens.c.

import type { Preopen } from '../messages.ts';

const ROOT: Preopen = { name: '/', path: '/' };

/** The directories at the top of every machine's tree. */
export const TOP_DIRECTORIES: readonly string[] = ['dev', 'proc', 'tmp'];

/**
 * @param named what the user asked for, in order; of equal names the last wins
 * @param topDirectories names of the directories at the top of the tree
 * @param workingEntries names in the directory that is open as `.` or `/`
 */
export function preopensFor(
  named: readonly Preopen[],
  topDirectories: readonly string[],
  workingEntries: readonly string[],
): Preopen[] {
  const byPrefix = new Map(named.map((preopen) => [prefixOf(preopen.name), preopen]));
  const working = byPrefix.get('');
  byPrefix.delete('');
  const others = [...byPrefix.values()];
  if (working === undefined) return [...others, ROOT];
  if (working.path === '/') return [working, ...others];
  const taken = new Set([...workingEntries, ...byPrefix.keys()]);
  const byName = topDirectories
    .filter((name) => !taken.has(name))
    .map((name) => ({ name: `/${name}`, path: `/${name}` }));
  return [working, ...others, ...byName];
}

/** The default of a process: its working directory as `.`. */
export function workingDirectory(cwd: string): Preopen[] {
  return cwd === '/' ? [] : [{ name: '.', path: cwd }];
}

/** Where the paths of a program begin that has a working directory instead of open ones, and was told none. */
export function workingPath(preopens: readonly Preopen[]): string {
  return preopens.find(({ name }) => isWorkingDirectory(name))?.path ?? '/';
}

/** Whether wasi-libc looks here for relative paths. */
export function isWorkingDirectory(name: string): boolean {
  return prefixOf(name) === '';
}

/** A name as wasi-libc compares it. */
function prefixOf(name: string): string {
  return name.replace(/^(\.?\/+|\.$)+/, '');
}
