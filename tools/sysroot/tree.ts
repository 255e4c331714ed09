// The source tree of a library: the pinned archive unpacked, our files put over it, our edits made. It is made anew when any
// of that changes, and is never there by half.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from './failure.ts';
import type { SourcePackage } from './packages.ts';
import { lastLine, run } from './run.ts';

/** In `file`, the text `find`, which stands there `times` times, gives way to `replace`. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Default: 1. */
  readonly times?: number;
}

/** Takes over a file of the archive under another name. */
export interface Copy {
  readonly from: string;
  readonly to: string;
}

export interface Port {
  /** A directory of files of ours, laid over the tree. */
  readonly overlay?: string;
  readonly copies: readonly Copy[];
  readonly edits: readonly Edit[];
}

/** Makes one edit. Errors: the text is not there, or more often. */
export function applyEdit(text: string, { file, find, replace, times = 1 }: Edit): string {
  const pieces = text.split(find);
  const found = pieces.length - 1;
  if (found !== times) {
    throw new Failure(
      `${file} has "${find.split('\n')[0]}" ${found} times, not ${times}: the source is another version than the port is made for`,
    );
  }
  return pieces.join(replace);
}

/** The tree's directory. @param work the build's own directory */
export async function makeTree(pinned: SourcePackage, archive: string, port: Port, work: string): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([pinned, port.copies, port.edits]))
    .update(port.overlay === undefined ? '' : digestOf(port.overlay))
    .digest('hex');
  const trees = join(work, 'trees');
  const tree = join(trees, `${pinned.name}-${key.slice(0, 16)}`);
  if (existsSync(tree)) return tree;
  mkdirSync(trees, { recursive: true });
  for (const name of readdirSync(trees)) {
    if (name.startsWith(`${pinned.name}-`)) rmSync(join(trees, name), { recursive: true });
  }
  const temporary = `${tree}.part`;
  mkdirSync(temporary);
  const members = pinned.members?.flatMap((member) => [`*/${member}`]) ?? [];
  const wildcards = members.length > 0 ? ['--wildcards', '--no-wildcards-match-slash', ...members] : [];
  const unpacked = await run('tar', ['-xf', archive, '-C', temporary, '--strip-components=1', ...wildcards]);
  if (unpacked.status !== 0) {
    throw new Failure(
      `${pinned.archive} cannot be unpacked (${lastLine(unpacked.stderr)}): remove ${archive} and run it again`,
    );
  }
  if (listFiles(temporary).length < pinned.leastFiles)
    throw new Failure(`${pinned.archive} has not the files that it should have`);
  for (const { from, to } of port.copies) {
    mkdirSync(dirname(join(temporary, to)), { recursive: true });
    cpSync(join(temporary, from), join(temporary, to));
  }
  for (const edit of port.edits) {
    const path = join(temporary, edit.file);
    writeFileSync(path, applyEdit(readFileSync(path, 'utf8'), edit));
  }
  if (port.overlay !== undefined) cpSync(port.overlay, temporary, { recursive: true });
  renameSync(temporary, tree);
  return tree;
}

/** The paths of all files below a directory, in order, relative to it. */
export function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

/** One checksum of the names and contents of all files below a directory, of some of them by name. */
export function digestOf(directory: string, includes: (path: string) => boolean = () => true): string {
  const hash = createHash('sha256');
  for (const path of listFiles(directory).filter(includes)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(directory, path)))
      .update('\0');
  }
  return hash.digest('hex');
}
