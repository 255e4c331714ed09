// SQLite as guests: its amalgamation from the package @nozbe/sqlite, compiled once by `fusedos cc` (half a minute, kept in the
// compiler's cache), and linked with our test program (tests/guests/sqlite) and with SQLite's own shell.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compiler } from '../../runtime/toolchain/service.ts';

const AMALGAMATION = 'node_modules/@nozbe/sqlite/sqlite-amalgamation-3460000';
const PROGRAM = 'tests/guests/sqlite';
/** Relative to the repository, as all paths here: the cache knows a build by them. */
const OBJECTS = 'build/guests/sqlite';

/** What SQLite's manual recommends for one thread; WASI has no locks and nothing to load extensions with. */
const OPTIONS = [
  '-O2',
  // A link is then a second, whichever program is linked.
  '-fno-lto',
  '-DSQLITE_THREADSAFE=0',
  '-DSQLITE_OMIT_LOAD_EXTENSION',
];
const LIBRARY_OPTIONS = [
  ...OPTIONS,
  // As for any Unix: see unix.h.
  '-U__wasi__',
  '-include',
  `${PROGRAM}/unix.h`,
  '-D_WASI_EMULATED_GETPID',
  '-D_WASI_EMULATED_MMAN',
  '-DHAVE_MREMAP=0',
  '-DSQLITE_MAX_MMAP_SIZE=0',
  '-DSQLITE_DEFAULT_UNIX_VFS="unix-none"',
  '-DHAVE_FDATASYNC',
  '-DHAVE_USLEEP',
  '-DUSE_PREAD',
];
const LIBRARIES = ['-lwasi-emulated-mman', '-lwasi-emulated-getpid'];

/** Compiles the library and leaves it as an object file. @returns its path */
async function compileLibrary(compiler: Compiler, root: string): Promise<string> {
  const source = `${AMALGAMATION}/sqlite3.c`;
  const object = await compiler.build({ language: 'c', source, args: [...LIBRARY_OPTIONS, '-c'], cwd: root });
  const path = `${OBJECTS}/sqlite3.o`;
  mkdirSync(join(root, OBJECTS), { recursive: true });
  writeFileSync(join(root, path), object);
  return path;
}

/**
 * Builds the test program, which tests/guests/sqlite/main.c explains.
 *
 * @param linkOptions further options of the link
 */
export async function buildSqlite(
  compiler: Compiler,
  root: string,
  linkOptions: readonly string[] = [],
): Promise<Uint8Array> {
  const library = await compileLibrary(compiler, root);
  const others = readdirSync(join(root, PROGRAM)).filter((name) => name.endsWith('.c') && name !== 'main.c');
  const sources = others.sort().map((name) => `${PROGRAM}/${name}`);
  const args = ['-O2', '-Wall', '-Wextra', `-I${AMALGAMATION}`, '-D_WASI_EMULATED_SIGNAL', ...sources];
  return await compiler.build({
    language: 'c',
    source: `${PROGRAM}/main.c`,
    args: [...args, library, ...LIBRARIES, ...linkOptions],
    cwd: root,
    onWarning: (diagnostics) => {
      throw new Error(diagnostics);
    },
  });
}

/** Builds SQLite's own command-line shell. */
export async function buildSqliteShell(compiler: Compiler, root: string): Promise<Uint8Array> {
  const library = await compileLibrary(compiler, root);
  const emulated = ['SIGNAL', 'GETPID', 'PROCESS_CLOCKS'].map((what) => `-D_WASI_EMULATED_${what}`);
  return await compiler.build({
    language: 'c',
    source: `${AMALGAMATION}/shell.c`,
    args: [
      ...OPTIONS,
      ...emulated,
      // No users, no other programs to run.
      '-DSQLITE_WASI',
      '-DSQLITE_NOHAVE_SYSTEM',
      library,
      ...LIBRARIES,
      '-lwasi-emulated-signal',
      '-lwasi-emulated-process-clocks',
    ],
    cwd: root,
  });
}
