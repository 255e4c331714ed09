/**
 * Linux's sysroot as `npm run sysroot` builds it, and how a compile sees it: at `/@fusedos/linux`, read from the disk file by file as they are
 * looked at, once a process. Half a sysroot is none: what makes it whole is its stamp, which is written last. Node only; called by `engine.ts`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { MemoryNode } from './files.ts';
import { MPI_LIBRARY } from './mpi.ts';

/** The stamp: what it was built from, as text. */
export const STAMP = 'stamp.json';

const ARCHIVES = 'wasm32-linux-muslwali';
/** clang's driver wants its own library beside its headers, under the whole name of the target. */
const COMPILER_LIBRARY = 'libclang_rt.builtins.a';
/** One that was built before there were threads has none. */
const OPENMP_LIBRARY = 'libomp.a';
const COMPILER_ARCHIVES = 'wasm32-unknown-linux-muslwali';

export interface LinuxSysroot {
  readonly root: MemoryNode;
  /** clang's own library for the target. */
  readonly compilerLibrary: MemoryNode | undefined;
  readonly threads: 'with threads' | 'without threads';
  /** One that was built before there was MPI has none. */
  readonly hasMpi: boolean;
}

/** The stamp's text; undefined when there is no whole sysroot in a directory. */
export function readStamp(directory: string): string | undefined {
  try {
    return fs.readFileSync(path.join(directory, STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

/** Why a program cannot be linked with what a directory has; undefined: it can. */
export function lackOf(
  directory: string,
  { wantsSysroot, ranks }: { readonly wantsSysroot?: boolean; readonly ranks?: number },
): string | undefined {
  if (wantsSysroot !== true) return undefined;
  if (readStamp(directory) === undefined) return 'there is no sysroot: npm run sysroot';
  if (ranks === undefined || fs.existsSync(path.join(directory, 'lib', ARCHIVES, MPI_LIBRARY))) return undefined;
  return 'the sysroot was built before there was MPI: npm run sysroot';
}

export function readSysroot(directory: string): LinuxSysroot | undefined {
  if (readStamp(directory) === undefined) return undefined;
  const root = readDirectory(directory);
  const archives = root.entries?.get('lib')?.entries?.get(ARCHIVES);
  const threads = archives?.entries?.has(OPENMP_LIBRARY) ? 'with threads' : 'without threads';
  const hasMpi = archives?.entries?.has(MPI_LIBRARY) === true;
  return { root, compilerLibrary: archives?.entries?.get(COMPILER_LIBRARY), threads, hasMpi };
}

/** Shows the sysroot to one compile. @param files what stands at `/@fusedos`, with clang's own tree at `usr` */
export function addSysroot(files: MemoryNode, { root, compilerLibrary }: LinuxSysroot): void {
  files.entries?.set('linux', root);
  if (compilerLibrary === undefined) return;
  // clang's tree is shared by all compiles: what leads to the new directory is copied.
  const usr = new Map(files.entries?.get('usr')?.entries);
  const lib = new Map(usr.get('lib')?.entries);
  lib.set(COMPILER_ARCHIVES, MemoryNode.createDirectory(new Map([[COMPILER_LIBRARY, compilerLibrary]])));
  usr.set('lib', MemoryNode.createDirectory(lib));
  files.entries?.set('usr', MemoryNode.createDirectory(usr));
}

function readDirectory(directory: string): MemoryNode {
  const entries = new Map<string, MemoryNode>();
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name);
    const isDirectory = entry.isSymbolicLink() ? fs.statSync(file).isDirectory() : entry.isDirectory();
    entries.set(
      entry.name,
      isDirectory ? readDirectory(file) : MemoryNode.createFile(() => new Uint8Array(fs.readFileSync(file))),
    );
  }
  return MemoryNode.createDirectory(entries);
}
