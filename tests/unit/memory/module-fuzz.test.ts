// The loader against random modules: what is valid stays valid and does the same, what is damaged is refused by a ModuleError, all in
// linear time. The seed is printed; FUSEDOS_SEED repeats a run.

import { describe, expect, it } from 'vitest';
import { MEMORY_IMPORT, type RewrittenModule, rewriteModule } from '../../../runtime/memory/module/index.ts';
import { rounds } from '../../support/long.ts';
import {
  type Bytes,
  buildModule,
  concat,
  customSection,
  HEADER,
  type LimitsSpec,
  type ModuleSpec,
  name,
  section,
  sized,
  u32,
} from '../../support/module-builder.ts';
import { buildRandomModule, checkRewrite, FUZZ_LIMIT, mutated, randomModule } from '../../support/random-module.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';

const SEED = seedOfRun();
const GENERATED = rounds(400);
const EXECUTED = rounds(120);
const MUTATED = rounds(6000);
const ARGUMENTS = [0, 1, 7, 4096, -1];

console.info(`module fuzz: FUSEDOS_SEED=${SEED}`);

interface Behaviour {
  readonly results: readonly unknown[];
  readonly tables: readonly unknown[];
  readonly memory: string | undefined;
}

/** Everything that can be seen of an instance after calls of its functions: results, traps, sizes of tables, memory. */
function behaviour(instantiate: () => WebAssembly.Instance): Behaviour | string {
  let instance: WebAssembly.Instance;
  try {
    instance = instantiate();
  } catch (error) {
    return String(error).replace(/^.*?Instance\(\): /, '');
  }
  const functions = Object.entries(instance.exports).filter(([key]) => key.startsWith('run'));
  const results = functions.flatMap(([key, run]) => ARGUMENTS.map((argument) => [key, outcome(run, argument)]));
  const tables = Object.entries(instance.exports).filter(([key]) => key.startsWith('tab'));
  const { memory: exported } = instance.exports;
  return {
    results,
    tables: tables.map(([key, table]) => [key, table instanceof WebAssembly.Table ? table.length : 0]),
    memory: exported instanceof WebAssembly.Memory ? Buffer.from(exported.buffer).toString('latin1') : undefined,
  };
}

function behaviourOf(spec: ModuleSpec, input: Uint8Array<ArrayBuffer>): Behaviour | string {
  const own = importedMemory(spec);
  const module = new WebAssembly.Module(input);
  return behaviour(
    () =>
      new WebAssembly.Instance(module, importsFor(module, own === undefined ? undefined : new WebAssembly.Memory(own))),
  );
}

/** @param memory default: a fresh one */
function behaviourOfRewritten(result: RewrittenModule, memory?: WebAssembly.Memory): Behaviour | string {
  return behaviour(() =>
    instantiateRewritten(result, memory, importsFor(new WebAssembly.Module(result.bytes), undefined)),
  );
}

function outcome(run: WebAssembly.ExportValue, argument: number): unknown {
  if (typeof run !== 'function') return 'not a function';
  try {
    return run(argument);
  } catch (error) {
    return String(error);
  }
}

function importsFor(module: WebAssembly.Module, memory: WebAssembly.Memory | undefined): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const entry of WebAssembly.Module.imports(module)) {
    imports[entry.module] ??= {};
    const fields = imports[entry.module] ?? {};
    if (entry.kind === 'function') fields[entry.name] = (value: number) => Math.imul(value, 3) + entry.name.length;
    if (entry.kind === 'global') fields[entry.name] = new WebAssembly.Global({ value: 'externref' }, undefined);
    if (entry.kind === 'memory' && memory !== undefined) fields[entry.name] = memory;
  }
  return imports;
}

function importedMemory(spec: ModuleSpec): LimitsSpec | undefined {
  return spec.imports?.flatMap((entry) => ('memory' in entry ? [entry.memory] : []))[0];
}

describe('a random valid module', () => {
  it('is admitted and stays valid', () => {
    for (let i = 0; i < GENERATED; i++) {
      const input = buildRandomModule(seededRandom(SEED + i));
      expect(WebAssembly.validate(input), `FUSEDOS_SEED=${SEED + i}: input`).toBe(true);
      const { problem, result } = checkRewrite(input);
      expect(problem, `FUSEDOS_SEED=${SEED + i}`).toBeUndefined();
      expect(result, `FUSEDOS_SEED=${SEED + i}`).toBeDefined();
    }
  });

  it('does the same before and after', () => {
    for (let i = 0; i < EXECUTED; i++) {
      const spec = randomModule(seededRandom(SEED + i));
      const input = buildModule(spec);
      const result = rewriteModule(input, FUZZ_LIMIT);
      expect(behaviourOfRewritten(result), `FUSEDOS_SEED=${SEED + i}`).toEqual(behaviourOf(spec, input));
    }
  });

  it('finds in a memory that has grown before the size that it declares, and its own limit', () => {
    let compared = 0;
    for (let i = 0; i < EXECUTED; i++) {
      const spec = randomModule(seededRandom(SEED + i));
      const input = buildModule(spec);
      const before = behaviourOf(spec, input);
      // What lies beyond its size does not trap there.
      if (typeof before === 'string' || before.results.join().includes('out of bounds')) continue;
      const result = rewriteModule(input, { ...FUZZ_LIMIT, importMaximumPages: 4 * FUZZ_LIMIT.maximumPages });
      const grown = new WebAssembly.Memory({
        initial: 2 * FUZZ_LIMIT.maximumPages,
        maximum: 4 * FUZZ_LIMIT.maximumPages,
        shared: true,
      });
      const after = behaviourOfRewritten(result, grown);
      expect(after, `FUSEDOS_SEED=${SEED + i}`).toMatchObject({ results: before.results, tables: before.tables });
      compared++;
    }
    expect(compared).toBeGreaterThan(EXECUTED / 10);
  });

  it('imports memory from the machine alone', () => {
    for (let i = 0; i < GENERATED; i++) {
      const result = rewriteModule(buildRandomModule(seededRandom(SEED + i)), FUZZ_LIMIT);
      const memories = WebAssembly.Module.imports(new WebAssembly.Module(result.bytes)).filter(
        (e) => e.kind === 'memory',
      );
      expect(memories, `FUSEDOS_SEED=${SEED + i}`).toMatchObject(result.memory === null ? [] : [MEMORY_IMPORT]);
    }
  });
});

describe('a damaged module', () => {
  it('is refused by a ModuleError or stays as valid as it was', () => {
    let admitted = 0;
    for (let i = 0; i < MUTATED; i++) {
      const random = seededRandom(SEED + i);
      const input = mutated(buildRandomModule(random), random);
      const { problem, result } = checkRewrite(input);
      if (problem !== undefined)
        expect.fail(`FUSEDOS_SEED=${SEED + i}: ${problem}: ${Buffer.from(input).toString('hex')}`);
      if (result !== undefined) admitted++;
    }
    expect(admitted).toBeGreaterThan(MUTATED / 20);
    expect(admitted).toBeLessThan((MUTATED * 19) / 20);
  });
});

// Each of these takes some 10 to 200 ms; anything quadratic in its count would take minutes.
describe('a module made to take long', () => {
  const repeated = (entry: Bytes, count: number): Uint8Array => {
    const all = new Uint8Array(entry.length * count);
    for (let i = 0; i < count; i++) all.set(entry, i * entry.length);
    return all;
  };
  const many = (id: number, entry: Bytes, count: number): Uint8Array =>
    section(id, concat(u32(count), repeated(entry, count)));
  const DEADLINE_MS = 8000;

  it.each<[string, Uint8Array]>([
    ['a million function types', many(1, [0x60, 0, 0], 1_000_000)],
    ['types with many parameters', many(1, concat([0x60], sized(repeated([0x7f], 1000)), [0]), 5_000)],
    [
      'a million functions',
      concat(section(1, [1, 0x60, 0, 0]), many(3, [0], 1_000_000), many(10, [2, 0, 0x0b], 1_000_000)),
    ],
    ['300,000 custom sections', repeated(customSection({ name: 'name', contents: [] }), 300_000)],
    ['100,000 data segments', concat(section(5, [1, 0, 1]), many(11, [0, 0x41, 0, 0x0b, 0], 100_000))],
    ['a constant of a million instructions', section(6, concat([1, 0x7f, 0], repeated([0x41, 0], 1_000_000), [0x0b]))],
    ['imports with long names', many(2, concat(name('é'.repeat(500)), name('n'.repeat(1000)), [3, 0x7f, 0]), 10_000)],
    [
      'a start function that looks guarded at every byte',
      concat(
        section(1, [1, 0x60, 0, 0]),
        section(3, [1, 0]),
        section(5, [1, 3, 1, 1]),
        section(8, [0]),
        section(10, concat([1], sized(concat([0], repeated([0xfe], 2_000_000))))),
      ),
    ],
    [
      '300,000 questions for the size of the memory, in one function',
      concat(
        section(1, [1, 0x60, 0, 0]),
        section(3, [1, 0]),
        section(5, [1, 0, 1]),
        section(10, concat([1], sized(concat([0], repeated([0x3f, 0, 0x1a], 300_000), [0x0b])))),
      ),
    ],
    [
      '150,000 functions, each of which grows the memory',
      concat(
        section(1, [1, 0x60, 0, 0]),
        many(3, [0], 150_000),
        section(5, [1, 0, 1]),
        many(10, [7, 0, 0x41, 1, 0x40, 0, 0x1a, 0x0b], 150_000),
      ),
    ],
    [
      'names by the million',
      customSection({
        name: 'name',
        contents: concat([1], sized(concat(u32(1_000_000), repeated([0, 1, 65], 1_000_000)))),
      }),
    ],
  ])('is done soon: %s', (_what, body) => {
    const began = performance.now();
    expect(rewriteModule(concat(HEADER, body), FUZZ_LIMIT).functionNames().size).toBeLessThan(2);
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS);
  });

  it('is done soon: 100,000 exports', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => ({ name: `e${i}`, kind: 'memory', index: 0 }) as const);
    const input = buildModule({ memories: [{ initial: 1 }], tables: [{ initial: 1 }], exports: names });
    const began = performance.now();
    expect(rewriteModule(input, FUZZ_LIMIT).exports).toHaveLength(100_000);
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS);
  });
});
