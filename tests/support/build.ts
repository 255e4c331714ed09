// Once before the system tests: builds dist/ and compiles the guest programs of tests/guests, for the project `long` SQLite
// too. Both are what users would get; compiled programs are kept in build/cache, so that only the first run takes long.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Language } from '../../runtime/toolchain/service.ts';
import { distDirectory, guestDirectory, guestPath, root } from './built.ts';
import { compilePrograms, makeCompiler } from './compile-programs.ts';
import { buildSqlite, buildSqliteShell } from './sqlite.ts';

interface GuestSource {
  readonly language: Language;
  readonly file: string;
  readonly args?: readonly string[];
}

/** A program without a C library: the one that these programs are compiled with has no threads. */
const SHARED = ['shared-memory', 'import-memory', 'export-memory', 'max-memory=16777216', 'no-entry'].map(
  (option) => `-Wl,--${option}`,
);

/** By name; what is not told is a C program, compiled with -O2. */
const GUESTS: Readonly<Record<string, Partial<GuestSource>>> = {
  catch: { language: 'c++', file: 'catch.cpp', args: ['-O2', '-fexceptions', '-fwasm-exceptions'] },
  clocks: {},
  copy: {},
  differential: {},
  embedded: { args: ['-O2', '-mexec-model=reactor', '-Wl,--export=malloc,--export=free'] },
  exhaust: {},
  fault: { args: ['-O1', '-matomics', '-D_WASI_EMULATED_SIGNAL'] },
  fileops: {},
  files: {},
  hang: {},
  hold: {},
  limits: {},
  hosted: {},
  library: { args: ['-O2', '-mexec-model=reactor'] },
  memory: { args: ['-O1'] },
  mounted: {},
  order: {},
  pour: {},
  rank: { args: ['-O1', '-D_WASI_EMULATED_SIGNAL'] },
  sequential: {},
  show: {},
  standard: {},
  status: {},
  unstable: {},
  'wasi-threads': { args: ['-O2', '-nostdlib', '-matomics', '-mbulk-memory', ...SHARED] },
};

/** The one project that has the time to compile SQLite; see vitest.config.ts. */
const LONG = 'long';

/** Set once it is done in this run: several projects want it, each with this file loaded anew. */
const DONE = 'FUSEDOS_TESTS_BUILT';

/** @param project whose tests come next */
export default async function setup(project: { readonly name: string }): Promise<void> {
  if (process.env[DONE] === undefined) await buildAll();
  process.env[DONE] = '1';
  if (project.name === LONG) await buildSqlitePrograms();
}

async function buildAll(): Promise<void> {
  const { status, stderr } = spawnSync(process.execPath, ['tools/build.mjs', `--outdir=${distDirectory}`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tools/build.mjs failed:\n${stderr}`);
  mkdirSync(guestDirectory, { recursive: true });
  // These programs are WASI's, whatever is built.
  await compilePrograms(
    null,
    Object.entries(GUESTS).map(([name, { language = 'c', file = `${name}.c`, args = ['-O2'] }]) => ({
      language,
      source: `tests/guests/${file}`,
      args,
      file: guestPath(name),
    })),
  );
}

async function buildSqlitePrograms(): Promise<void> {
  await using compiler = await makeCompiler(null);
  writeFileSync(guestPath('sqlite'), await buildSqlite(compiler, root));
  writeFileSync(guestPath('sqlite3'), await buildSqliteShell(compiler, root));
}
