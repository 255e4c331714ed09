// Once before the system tests: builds dist/ and compiles the guest programs of tests/guests. Both are what users would
// get; compiled programs are kept in build/cache, so that only the first run takes long.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Compiler, createCompiler, type Language } from '../../runtime/toolchain/service.ts';
import { distDirectory, guestDirectory, guestPath, root } from './built.ts';
import { buildSqlite, buildSqliteShell } from './sqlite.ts';

interface GuestSource {
  readonly language: Language;
  readonly file: string;
  readonly args?: readonly string[];
}

/** By name; what is not told is a C program, compiled with -O2. */
const GUESTS: Readonly<Record<string, Partial<GuestSource>>> = {
  catch: { language: 'c++', file: 'catch.cpp', args: ['-O2', '-fexceptions', '-fwasm-exceptions'] },
  copy: {},
  differential: {},
  embedded: { args: ['-O2', '-mexec-model=reactor', '-Wl,--export=malloc,--export=free'] },
  exhaust: {},
  fault: { args: ['-O1', '-matomics', '-D_WASI_EMULATED_SIGNAL'] },
  fileops: {},
  files: {},
  hang: {},
  hold: {},
  library: { args: ['-O2', '-mexec-model=reactor'] },
  mounted: {},
  order: {},
  pour: {},
  sequential: {},
  show: {},
  status: {},
  unstable: {},
};

/** Set once it is done in this run: two projects want it. */
const DONE = 'FUSEDOS_TESTS_BUILT';

export default async function setup(): Promise<void> {
  if (process.env[DONE] !== undefined) return;
  process.env[DONE] = '1';
  const { status, stderr } = spawnSync(process.execPath, ['tools/build.mjs', `--outdir=${distDirectory}`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tools/build.mjs failed:\n${stderr}`);
  mkdirSync(guestDirectory, { recursive: true });
  await using compiler = await createCompiler({ cacheDir: join(root, 'build/cache') });
  for (const [name, source] of Object.entries(GUESTS)) await compileGuest(compiler, name, source);
  writeFileSync(guestPath('sqlite'), await buildSqlite(compiler, root));
  writeFileSync(guestPath('sqlite3'), await buildSqliteShell(compiler, root));
}

async function compileGuest(compiler: Compiler, name: string, given: Partial<GuestSource>): Promise<void> {
  const { language = 'c', file = `${name}.c`, args = ['-O2'] } = given;
  const bytes = await compiler.build({ language, source: `tests/guests/${file}`, args, cwd: root });
  writeFileSync(guestPath(name), bytes);
}
