// The loader on what compilers make: clang (WASI and threads) and AssemblyScript. They do the same after the rewrite, and damage to them is
// refused as damage to random modules is.

import { WASI } from 'node:wasi';
import { commands, runLLVM } from '@yowasp/clang';
import asc from 'assemblyscript/asc';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RewrittenModule, rewriteModule } from '../../../runtime/memory/module/index.ts';
import { checkRewrite, mutated } from '../../support/random-module.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';

const SEED = seedOfRun();
const MUTATED = 1500;
const COMPILE_TIMEOUT_MS = 120_000;
const PROCESS_LIMIT = { maximumPages: 1024 };

console.info(`compiled module fuzz: FUSEDOS_SEED=${SEED}`);

const WASI_C = `
#include <stdlib.h>
#include <string.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
  int n = 50000, *v = malloc(n * sizeof *v), sum = 0;
  for (int i = 0; i < n; i++) v[i] = (int)(i * 2654435761u) >> 8;
  qsort(v, n, sizeof *v, compare);
  for (int i = 0; i < n; i += 997) sum = sum * 31 + v[i];
  return sum & 127;
}`;

const THREADED_C = `
static _Thread_local int offset = 5;
static int table[100] = {1, 2, 3};
__attribute__((export_name("get"))) int get(int i) { return __atomic_add_fetch(&table[i], offset, __ATOMIC_SEQ_CST); }`;

const ASSEMBLY = `
let names: string[] = [];
export function run(n: i32): i32 {
  for (let i = 0; i < n; i++) names.push((i * 37).toString());
  names.sort((a, b) => (a < b ? -1 : 1));
  let hash = 7;
  for (let i = 0; i < names.length; i++) hash = hash * 31 + names[i].charCodeAt(0) + memory.size();
  return hash;
}`;

let wasiModule: Uint8Array<ArrayBuffer>;
let threadedModule: Uint8Array<ArrayBuffer>;
let assemblyModule: Uint8Array<ArrayBuffer>;

async function clang(source: string, options: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
  const files = await commands.clang(['-O2', ...options, 'main.c', '-o', 'out.wasm'], { 'main.c': source });
  const out = files?.['out.wasm'];
  if (!(out instanceof Uint8Array)) throw new Error('clang wrote no module');
  return new Uint8Array(out);
}

async function assemblyScript(source: string): Promise<Uint8Array<ArrayBuffer>> {
  const { binary, stderr } = await asc.compileString(source, { optimizeLevel: 2, runtime: 'incremental' });
  if (binary === null) throw new Error(stderr.toString());
  return new Uint8Array(binary);
}

beforeAll(async () => {
  // Without arguments it only loads, and says nothing about it.
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  wasiModule = await clang(WASI_C, ['-g']);
  const linker = '-Wl,--no-entry,--shared-memory,--import-memory,--export-memory,--max-memory=1048576';
  threadedModule = await clang(THREADED_C, [
    '--target=wasm32-unknown-unknown',
    '-nostdlib',
    '-matomics',
    '-mbulk-memory',
    linker,
  ]);
  assemblyModule = await assemblyScript(ASSEMBLY);
}, COMPILE_TIMEOUT_MS);

type Instantiate = (imports: WebAssembly.Imports) => WebAssembly.Instance;

function original(bytes: Uint8Array<ArrayBuffer>): Instantiate {
  return (imports) => new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
}

/** @param memory default: a fresh one */
function rewritten(result: RewrittenModule, memory?: WebAssembly.Memory): Instantiate {
  return (imports) => instantiateRewritten(result, memory, imports);
}

function exitCode(instantiate: Instantiate): number {
  const wasi = new WASI({ version: 'preview1', returnOnExit: true });
  return wasi.start(instantiate({ wasi_snapshot_preview1: wasi.wasiImport }));
}

function callOf(instantiate: Instantiate, name: string): (n: number) => number {
  return instantiate({ env: { abort: () => {} } }).exports[name] as (n: number) => number;
}

describe('a rewritten module', () => {
  it('of clang for WASI ends as before and keeps its names', () => {
    const result = rewriteModule(wasiModule, PROCESS_LIMIT);
    expect(exitCode(rewritten(result))).toBe(exitCode(original(wasiModule)));
    expect([...result.functionNames().values()]).toEqual(expect.arrayContaining(['compare', 'qsort', '_start']));
    expect(result.targetFeatures()).toContain('bulk-memory');
    expect(result.producers().join()).toContain('clang');
    expect(result).toMatchObject({
      hasStart: false,
      isThreadSafeForSecondInstance: false,
      memory: { wasShared: false },
    });
  });

  it('of clang for threads is told to be made for them', () => {
    const result = rewriteModule(threadedModule, PROCESS_LIMIT);
    expect(result).toMatchObject({
      hasStart: true,
      isThreadSafeForSecondInstance: true,
      memory: { maximumPages: 16, wasShared: true, imported: { module: 'env', name: 'memory' } },
    });
    const memory = new WebAssembly.Memory({ initial: result.memory?.initialPages ?? 0, maximum: 16, shared: true });
    const first = callOf(rewritten(result, memory), 'get');
    expect(first(1)).toBe(7);
    // The second instance finds what the first one wrote: its start function sees that the segments are in place.
    const second = callOf(rewritten(result, memory), 'get');
    expect(second(1)).toBe(12);
  });

  it('of AssemblyScript computes as before, while its memory grows', () => {
    const result = rewriteModule(assemblyModule, PROCESS_LIMIT);
    const before = callOf(original(assemblyModule), 'run');
    const after = callOf(rewritten(result), 'run');
    const grown = new WebAssembly.Memory({ initial: 500, maximum: 1024, shared: true });
    const onGrown = callOf(rewritten(result, grown), 'run');
    for (const n of [1, 10, 20_000]) {
      const expected = before(n);
      expect([after(n), onGrown(n)]).toEqual([expected, expected]);
    }
  });
});

describe('a damaged module', () => {
  it.each(['clang', 'clang with threads', 'AssemblyScript'])(
    'of %s is refused or stays as valid as it was',
    (compiler) => {
      const original = { clang: wasiModule, 'clang with threads': threadedModule }[compiler] ?? assemblyModule;
      for (let i = 0; i < MUTATED; i++) {
        const { problem } = checkRewrite(mutated(original, seededRandom(SEED + i)));
        expect(problem, `FUSEDOS_SEED=${SEED + i}`).toBeUndefined();
      }
    },
  );
});
