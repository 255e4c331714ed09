// The programs that pages run: guest apps, compiled through the compiler's cache, and some so small that their bytes are
// written here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GUEST_APPS } from '../../../guest-apps/catalog.ts';
import { createCompiler } from '../../../runtime/toolchain/service.ts';
import { root } from '../../support/built.ts';
import { type Bytes, buildModule, type ModuleSpec } from '../../support/module-builder.ts';

/**
 * Puts guest apps (`LANGUAGE/NAME`) and the programs of this file among what a site serves, and the matrix that `cg` reads.
 */
export async function addPrograms(guests: Map<string, Uint8Array>, apps: readonly string[]): Promise<void> {
  await using compiler = await createCompiler({ cacheDir: join(root, 'build/cache'), sysroot: null });
  for (const wanted of apps) {
    const app = GUEST_APPS.find(({ language, name }) => `${language}/${name}` === wanted);
    if (app === undefined) throw new Error(`there is no guest app ${wanted}`);
    const args = app.language === 'c' ? ['-O3', '-Iguest-apps/c'] : [];
    const bytes = await compiler.build({ language: app.language, source: app.source, args, cwd: root });
    guests.set(`${app.name}.wasm`, bytes);
  }
  guests.set('spin.wasm', command([0x03, 0x40, 0x0c, 0, 0x0b])); // loop: br 0
  guests.set('trap.wasm', command([0x41, 0x7f, 0x28, 2, 0, 0x1a])); // drop (i32.load (i32.const -1))
  guests.set('sleep.wasm', SLEEP);
  guests.set('random.wasm', RANDOM);
  guests.set('abort.wasm', ABORT);
  guests.set('library.wasm', LIBRARY);
  guests.set('laplacian.mtx', readFileSync(join(root, 'guest-apps/inputs/laplacian.mtx')));
}

const MEMORY = { memories: [{ initial: 1 }] } as const satisfies ModuleSpec;

function command(body: Bytes): Uint8Array {
  return buildModule({
    ...MEMORY,
    types: [{}],
    functions: [{ type: 0, body }],
    exports: [
      { name: '_start', kind: 'func', index: 0 },
      { name: 'memory', kind: 'memory', index: 0 },
    ],
  });
}

/** (func (export "add") (param $at i32) (param $n i32) (result i32): stores and gives back the word at $at, plus $n */
const LIBRARY = buildModule({
  ...MEMORY,
  types: [{ params: ['i32', 'i32'], results: ['i32'] }],
  functions: [
    {
      type: 0,
      // local.get 0, local.get 0, i32.load, local.get 1, i32.add, i32.store; local.get 0, i32.load
      body: [0x20, 0, 0x20, 0, 0x28, 2, 0, 0x20, 1, 0x6a, 0x36, 2, 0, 0x20, 0, 0x28, 2, 0],
    },
  ],
  exports: [
    { name: 'add', kind: 'func', index: 0 },
    { name: 'memory', kind: 'memory', index: 0 },
  ],
});

/** Polls one clock subscription, relative, of 0.1 s; its status is the errno of that. */
const SLEEP = buildModule({
  ...MEMORY,
  types: [{ params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] }, {}, { params: ['i32'] }],
  imports: [
    { module: 'wasi_snapshot_preview1', name: 'poll_oneoff', func: 0 },
    { module: 'wasi_snapshot_preview1', name: 'proc_exit', func: 2 },
  ],
  // proc_exit(poll_oneoff(0, 64, 1, 128))
  functions: [{ type: 1, body: [0x41, 0, 0x41, 0xc0, 0, 0x41, 1, 0x41, 0x80, 1, 0x10, 0, 0x10, 1] }],
  exports: [
    { name: '_start', kind: 'func', index: 2 },
    { name: 'memory', kind: 'memory', index: 0 },
  ],
  // userdata, tag (clock), id (monotonic), timeout in ns, precision, flags
  data: [{ at: 16, bytes: [1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0xe1, 0xf5, 0x05] }],
});

/** Asks for more random bytes than the platform gives at once; its status is the errno of that. */
const RANDOM = buildModule({
  ...MEMORY,
  memories: [{ initial: 4 }],
  types: [{ params: ['i32', 'i32'], results: ['i32'] }, {}, { params: ['i32'] }],
  imports: [
    { module: 'wasi_snapshot_preview1', name: 'random_get', func: 0 },
    { module: 'wasi_snapshot_preview1', name: 'proc_exit', func: 2 },
  ],
  // proc_exit(random_get(16, 200000))
  functions: [{ type: 1, body: [0x41, 16, 0x41, 0xc0, 0x9a, 0x0c, 0x10, 0, 0x10, 1] }],
  exports: [
    { name: '_start', kind: 'func', index: 2 },
    { name: 'memory', kind: 'memory', index: 0 },
  ],
});

const GREETING = [...'Grüße'].flatMap((character) => [character.charCodeAt(0), 0]);

/** Aborts as AssemblyScript does, with a message in UTF-16. */
const ABORT = buildModule({
  ...MEMORY,
  types: [{ params: ['i32', 'i32', 'i32', 'i32'] }, {}],
  imports: [{ module: 'env', name: 'abort', func: 0 }],
  // abort(20, 0, 1, 2)
  functions: [{ type: 1, body: [0x41, 20, 0x41, 0, 0x41, 1, 0x41, 2, 0x10, 0] }],
  exports: [
    { name: '_start', kind: 'func', index: 1 },
    { name: 'memory', kind: 'memory', index: 0 },
  ],
  // The length in bytes stands before a string.
  data: [{ at: 16, bytes: [GREETING.length, 0, 0, 0, ...GREETING] }],
});
