// The files of the model: what POSIX says of directories, names and bytes, written for clarity and on its own. Names are
// byte strings, one character a byte. Nothing here is imported from what it checks.
// See: POSIX.1-2024, 4.16 Pathname Resolution; openat2(2), RESOLVE_BENEATH.

export const LARGEST_FILE = 2 ** 44 - 4096;
const NAME_MAX = 255;
const SYMLOOP_MAX = 40;
const PIECE = 4096;

/** A file's bytes, holes included, without storing them. */
export class SparseBytes {
  size = 0;
  readonly #pieces = new Map<number, Uint8Array>();

  byteAt(position: number): number {
    return this.#pieces.get(Math.floor(position / PIECE))?.[position % PIECE] ?? 0;
  }

  set(position: number, byte: number): void {
    const index = Math.floor(position / PIECE);
    let piece = this.#pieces.get(index);
    if (piece === undefined) {
      piece = new Uint8Array(PIECE);
      this.#pieces.set(index, piece);
    }
    piece[position % PIECE] = byte;
    this.size = Math.max(this.size, position + 1);
  }

  resize(size: number): void {
    for (const [index, piece] of this.#pieces) {
      const start = index * PIECE;
      if (start >= size) this.#pieces.delete(index);
      else if (start + PIECE > size) piece.fill(0, size - start);
    }
    this.size = size;
  }
}

interface Common {
  nlink: number;
  /** Nanoseconds since 1970 when a call has set it and nothing has changed it since. */
  atim: bigint | undefined;
  mtim: bigint | undefined;
}

export interface ModelFile extends Common {
  readonly type: 'file';
  readonly bytes: SparseBytes;
}
export interface ModelSymlink extends Common {
  readonly type: 'symlink';
  readonly target: string;
}
export interface ModelDirectory extends Common {
  readonly type: 'directory';
  readonly entries: Map<string, ModelNode>;
  /** Itself at the top. */
  above: ModelDirectory;
  isRemoved: boolean;
}
export type ModelNode = ModelFile | ModelSymlink | ModelDirectory;

export function newFile(): ModelFile {
  return { type: 'file', bytes: new SparseBytes(), nlink: 1, atim: undefined, mtim: undefined };
}

export function newSymlink(target: string): ModelSymlink {
  return { type: 'symlink', target, nlink: 1, atim: undefined, mtim: undefined };
}

export function newDirectory(above?: ModelDirectory): ModelDirectory {
  const common = { nlink: 2, atim: undefined, mtim: undefined, isRemoved: false };
  const directory: ModelDirectory = {
    type: 'directory',
    entries: new Map(),
    ...common,
    above: above as ModelDirectory,
  };
  directory.above ??= directory;
  return directory;
}

export function sizeOf(node: ModelNode): number | undefined {
  if (node.type === 'file') return node.bytes.size;
  return node.type === 'symlink' ? node.target.length : undefined;
}

/** What a path leads to. */
export interface Place {
  readonly directory: ModelDirectory;
  /** `.` or `..`: the last name says nothing about `directory`. */
  readonly last: 'name' | '.' | '..';
  readonly name: string;
  readonly hasTrailingSlash: boolean;
  /** Undefined: no such name. */
  readonly node: ModelNode | undefined;
}

/**
 * Walks a path beneath a directory.
 *
 * @param follow `last`: the last name may be a link and is followed; `slash`: only with a slash behind it; `never`;
 *   `create`: as `last`, but what ends in a slash, `.` or `..` is not gone to (Linux looks at that first)
 * @returns the place of the last name, or the name of an errno
 */
export function walk(
  start: ModelDirectory,
  path: string,
  follow: 'last' | 'slash' | 'never' | 'create',
): Place | string {
  const stack: ModelNode[] = [start];
  let links = 0;
  let rest = path;
  for (;;) {
    if (rest.startsWith('/')) return 'ENOTCAPABLE';
    const name = (rest.match(/^[^/]*/) as RegExpMatchArray)[0];
    const after = rest.slice(name.length);
    const next = after.replace(/^\/+/, '');
    const isLast = next === '';
    const hasTrailingSlash = isLast && after !== '';
    if (name.length > NAME_MAX) return 'ENAMETOOLONG';
    const directory = stack.at(-1);
    if (directory?.type !== 'directory') return 'ENOTDIR';
    if (name === '.' || name === '..') {
      if (isLast && (follow === 'never' || follow === 'create'))
        return { directory, last: name, name, hasTrailingSlash, node: undefined };
      if (name === '..' && stack.length === 1) return 'ENOTCAPABLE';
      if (name === '..') stack.pop();
      const here = stack.at(-1) as ModelDirectory;
      if (isLast) return { directory: here, last: name, name, hasTrailingSlash, node: here };
      rest = next;
      continue;
    }
    const node = directory.entries.get(name);
    const isFollowed =
      !isLast ||
      follow === 'last' ||
      (hasTrailingSlash && follow === 'slash') ||
      (!hasTrailingSlash && follow === 'create');
    if (node?.type === 'symlink' && isFollowed) {
      if (++links > SYMLOOP_MAX) return 'ELOOP';
      rest = node.target + after;
      continue;
    }
    if (isLast) return { directory, last: 'name', name, hasTrailingSlash, node };
    if (node === undefined) return 'ENOENT';
    stack.push(node);
    rest = next;
  }
}

/** Walks through to a file that is there. */
export function find(start: ModelDirectory, path: string, follow: boolean): ModelNode | string {
  const place = walk(start, path, follow ? 'last' : 'slash');
  if (typeof place === 'string') return place;
  if (place.node === undefined) return 'ENOENT';
  return place.hasTrailingSlash && place.node.type !== 'directory' ? 'ENOTDIR' : place.node;
}

/** Puts a node under a name that is free. */
export function addName(directory: ModelDirectory, name: string, node: ModelNode): void {
  directory.entries.set(name, node);
  touched(directory);
  if (node.type !== 'directory') return;
  directory.nlink++;
  node.above = directory;
}

/** Takes a name away; the node keeps its own count. */
export function takeName(directory: ModelDirectory, name: string): ModelNode | undefined {
  const node = directory.entries.get(name);
  directory.entries.delete(name);
  touched(directory);
  if (node?.type === 'directory') directory.nlink--;
  return node;
}

/** A name of the node is gone for good. */
export function unlinked(node: ModelNode): void {
  if (node.type === 'directory') {
    node.isRemoved = true;
    node.nlink = 0;
  } else node.nlink--;
}

export function isBelow(directory: ModelDirectory, ancestor: ModelNode): boolean {
  for (let at = directory; ; at = at.above) {
    if (at === ancestor) return true;
    if (at.above === at) return false;
  }
}

export function touched(node: ModelNode): void {
  node.mtim = undefined;
}
