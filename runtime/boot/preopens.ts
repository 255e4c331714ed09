// Which directories a WASI program finds open, under which names. Pure; used by the machine for its default and by the
// command line for --dir. Descriptor 3 is always `/`, so that a program finds the whole tree whatever else is open.
//
// wasi-libc drops a leading `/` or `./` from names and paths before it compares them: `.` and `/` are the same prefix, of
// which the last in the list wins, and `dev` and `/dev` are one. So with `.` open, `/dev/null` would be looked for in the
// working directory; the other directories at the top of the tree are therefore open by name too, except where the working
// directory has an entry of that name: then a relative path means what it says.
// See: wasi-libc libc-bottom-half/sources/preopens.c.

import type { Preopen } from './messages.ts';

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
  const hidesRoot = named.some(({ name, path }) => isWorkingDirectory(name) && path !== '/');
  if (!hidesRoot) return [ROOT, ...named];
  const taken = new Set([...workingEntries, ...named.map(({ name }) => prefixOf(name))]);
  const byName = topDirectories
    .filter((name) => !taken.has(name))
    .map((name) => ({ name: `/${name}`, path: `/${name}` }));
  return [ROOT, ...named, ...byName];
}

/** The default of a process: its working directory as `.`. */
export function workingDirectory(cwd: string): Preopen[] {
  return cwd === '/' ? [] : [{ name: '.', path: cwd }];
}

/** Whether wasi-libc looks here for relative paths. */
export function isWorkingDirectory(name: string): boolean {
  return prefixOf(name) === '';
}

/** A name as wasi-libc compares it. */
function prefixOf(name: string): string {
  return name.replace(/^(\.?\/+|\.$)+/, '');
}
