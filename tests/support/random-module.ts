// Random valid modules, random damage to modules, and the property that the loader keeps on all of them. Everything follows from one seed.

import { ModuleError, type RewrittenModule, rewriteModule } from '../../runtime/memory/module/index.ts';
import {
  type Bytes,
  buildModule,
  concat,
  type DataSpec,
  type ExportSpec,
  type FunctionSpec,
  functionNameSection,
  type ImportSpec,
  i32Const,
  type LimitsSpec,
  type ModuleSpec,
  type TableSpec,
  u32,
} from './module-builder.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Pages that a process of the fuzz may have; no random module starts with more. */
export const FUZZ_LIMIT = { maximumPages: 16 };

/** A rewrite of an input of some kilobytes takes far below a millisecond; this bound only catches what runs away. */
const SLOWEST_REWRITE_MS = 2000;

const FUNCTION_TYPE = 0;
const START_TYPE = 1;
const ADDRESS_MASK = i32Const(0xfff8);

/** What the functions of a module may use. */
interface Surroundings {
  readonly hasMemory: boolean;
  readonly passiveSegments: readonly number[];
  readonly tables: readonly TableSpec[];
  /** Indexes of the globals that hold an i32. */
  readonly globals: readonly number[];
  readonly callable: number;
}

/** Describes a valid module whose functions take and give an i32 and end soon, by a result or a trap. */
export function randomModule(random: SeededRandom): ModuleSpec {
  const memory = random.oneIn(6) ? undefined : randomMemory(random);
  const importsMemory = memory !== undefined && random.oneIn(3);
  const imports = randomImports(random, importsMemory ? memory : undefined);
  const importedFunctions = imports.filter((entry) => 'func' in entry).length;
  const importedGlobals = imports.filter((entry) => 'global' in entry).length;
  const tables = times(random.below(4), () => randomTable(random));
  const data = memory === undefined ? [] : times(random.below(4), () => randomData(random));
  const globals = times(random.below(3), () => ({
    type: 'i32' as const,
    mutable: true,
    init: i32Const(random.below(2 ** 32)),
  }));
  const functions: FunctionSpec[] = [];
  for (let i = 1 + random.below(5); i > 0; i--) {
    const surroundings = {
      hasMemory: memory !== undefined,
      passiveSegments: data.flatMap(({ at }, index) => (at === undefined ? [index] : [])),
      tables,
      globals: globals.map((_, i) => importedGlobals + i),
      callable: importedFunctions + functions.length,
    };
    functions.push({
      type: FUNCTION_TYPE,
      locals: [[random.below(3), 'i64']],
      body: expression(random, surroundings, 5),
    });
  }
  const start = random.oneIn(3) ? importedFunctions + functions.length : undefined;
  if (start !== undefined) {
    // Guests may grow their memory before they are instantiated.
    const growing = concat(i32Const(random.below(3)), [0x40, 0, 0x1a]); // memory.grow, drop
    functions.push({ type: START_TYPE, body: memory !== undefined && random.oneIn(2) ? growing : [0x01] });
  }
  return {
    types: [{ params: ['i32'], results: ['i32'] }, {}, { params: ['i64', 'f32'], results: ['f64', 'i32'] }],
    ...(imports.length > 0 || random.oneIn(2) ? { imports } : {}),
    functions,
    ...(tables.length > 0 || random.oneIn(3) ? { tables } : {}),
    ...(memory !== undefined && !importsMemory ? { memories: [memory] } : random.oneIn(3) ? { memories: [] } : {}),
    globals,
    exports: randomExports(random, functions, importedFunctions, tables.length, memory !== undefined),
    ...(start === undefined ? {} : { start }),
    ...(data.length > 0 || random.oneIn(3) ? { data, dataCount: true } : {}),
    customs: times(random.below(4), () => randomCustom(random)),
  };
}

/** Damages a copy of `bytes` in one to three places: flips, cuts, repeats, inserts, and numbers blown up. */
export function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let result = bytes;
  for (let i = 1 + random.below(3); i > 0; i--) result = mutatedOnce(result, random);
  return result;
}

/** Rewrites `bytes` and says which promise of the loader was broken; `result` is undefined when the module was refused. */
export function checkRewrite(bytes: Uint8Array): { problem: string | undefined; result: RewrittenModule | undefined } {
  const untouched = bytes.slice();
  const began = performance.now();
  let result: RewrittenModule | undefined;
  let refusal: unknown;
  try {
    result = rewriteModule(bytes, FUZZ_LIMIT);
    result.functionNames();
    result.targetFeatures();
    result.producers();
  } catch (error) {
    refusal = error;
  }
  const tookMs = performance.now() - began;
  const isValid = WebAssembly.validate(untouched);
  if (tookMs > SLOWEST_REWRITE_MS) return { problem: `it took ${tookMs} ms`, result };
  if (Buffer.compare(bytes, untouched) !== 0) return { problem: 'the input was changed', result };
  if (refusal !== undefined) return { problem: problemOfRefusal(refusal), result: undefined };
  const isSound = !isValid || (result !== undefined && WebAssembly.validate(result.bytes));
  return { problem: isSound ? undefined : 'a valid module became invalid', result };
}

function problemOfRefusal(refusal: unknown): string | undefined {
  if (!(refusal instanceof ModuleError)) return `not a ModuleError: ${refusal}`;
  return /^[ -~…]{10,700}$/.test(refusal.message) ? undefined : `a bad message: ${JSON.stringify(refusal.message)}`;
}

function mutatedOnce(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  // Half of the damage goes where the structure is: near the front.
  const at = random.below(random.oneIn(2) ? bytes.length + 1 : Math.min(bytes.length + 1, 200));
  const length = random.below(random.oneIn(8) ? 300 : 8);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const changed = bytes.slice();
  const mutations: [() => Uint8Array, ...(() => Uint8Array)[]] = [
    () => {
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
      return changed;
    },
    () => {
      changed[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff, 0x0b, 0x40]);
      return changed;
    },
    () => before,
    () => concat(before, after.subarray(length)),
    () => concat(before, random.bytes(length), after),
    () => concat(before, after.subarray(0, length), after),
    () => concat(before, [0xff, 0xff, 0xff, 0xff, random.pick([0x0f, 0x07, 0x7f])], after.subarray(1)),
  ];
  return random.pick(mutations)();
}

function randomMemory(random: SeededRandom): LimitsSpec {
  const initial = random.below(3);
  const shared = random.oneIn(3);
  // Bounded by the process's limit, so that growing ends at the same size before and after the rewrite.
  return { initial, maximum: initial + random.below(FUZZ_LIMIT.maximumPages - initial + 1), shared };
}

function randomImports(random: SeededRandom, memory: LimitsSpec | undefined): ImportSpec[] {
  const imports: ImportSpec[] = times(random.below(4), (i) =>
    random.oneIn(3)
      ? { module: 'env', name: `global${i}`, global: { type: 'externref' } }
      : { module: random.pick(['env', 'ümlaut', '']), name: `call${i}`, func: FUNCTION_TYPE },
  );
  if (memory !== undefined) imports.splice(random.below(imports.length + 1), 0, { module: 'env', name: 'mem', memory });
  return imports;
}

function randomTable(random: SeededRandom): TableSpec {
  const initial = random.below(6);
  const element = random.oneIn(2) ? 'funcref' : 'externref';
  return random.oneIn(2) ? { element, initial } : { element, initial, maximum: initial + random.below(4) };
}

function randomData(random: SeededRandom): DataSpec {
  const bytes = random.bytes(random.below(40));
  return random.oneIn(2) ? { bytes } : { at: random.below(300), bytes };
}

function randomExports(
  random: SeededRandom,
  functions: readonly FunctionSpec[],
  importedFunctions: number,
  tables: number,
  hasMemory: boolean,
): ExportSpec[] {
  const exports: ExportSpec[] = functions.flatMap(({ type }, i) =>
    type === FUNCTION_TYPE ? [{ name: `run${i}`, kind: 'func', index: importedFunctions + i }] : [],
  );
  for (let index = 0; index < tables; index++)
    if (random.oneIn(3)) exports.push({ name: `tab${index}`, kind: 'table', index });
  if (random.oneIn(8)) exports.push({ name: 'fusedos_table', kind: 'func', index: importedFunctions });
  if (hasMemory) exports.push({ name: 'memory', kind: 'memory', index: 0 });
  return exports;
}

function randomCustom(random: SeededRandom): { name: string; contents: Bytes; before?: number } {
  const before = random.below(14);
  const name = random.pick(['name', 'producers', 'target_features', '.debug_info', '']);
  const names = new Map(times(random.below(4), (i) => [i, random.pick(['main', 'größe', ''])]));
  const contents = name === 'name' && random.oneIn(2) ? functionNameSection(names) : random.bytes(random.below(30));
  return before === 0 || before > 11 ? { name, contents } : { name, contents, before };
}

/** Instructions that leave one i32. */
function expression(random: SeededRandom, around: Surroundings, depth: number): Bytes {
  const operand = (): Bytes => expression(random, around, depth - 1);
  if (depth === 0) return random.oneIn(2) ? [0x20, 0] : i32Const(random.below(2 ** 32));
  const choices: [() => Bytes, ...(() => Bytes)[]] = [
    () => concat(operand(), operand(), [random.pick([0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x74, 0x6d])]),
    () => concat(operand(), [0x04, 0x7f], operand(), [0x05], operand(), [0x0b]), // if … else … end
  ];
  if (around.callable > 0) choices.push(() => concat(operand(), [0x10], u32(random.below(around.callable))));
  const global = around.globals[random.below(around.globals.length)];
  if (global !== undefined) {
    choices.push(() => concat(operand(), [0x24, global, 0x23, global])); // global.set, global.get
  }
  const { tables } = around;
  if (tables.length > 0) {
    const table = random.below(tables.length);
    const nullReference = tables[table]?.element === 'externref' ? 0x6f : 0x70;
    choices.push(() => [0xfc, 16, table]); // table.size
    choices.push(() => concat([0xd0, nullReference], i32Const(random.below(4)), [0xfc, 15, table])); // table.grow
  }
  if (around.hasMemory) choices.push(...memoryExpressions(random, around, operand));
  return random.pick(choices)();
}

function memoryExpressions(random: SeededRandom, around: Surroundings, operand: () => Bytes): (() => Bytes)[] {
  const address = (): Bytes => concat(operand(), ADDRESS_MASK, [0x71]);
  const expressions = [
    () => concat(address(), [0x28, 2, 4]), // i32.load
    () => concat(address(), operand(), [0x36, 2, 0], [0x3f, 0]), // i32.store, memory.size
    () => concat(i32Const(random.below(3)), [0x40, 0]), // memory.grow
    () => concat(address(), operand(), [0xfe, 0x1e, 2, 0]), // i32.atomic.rmw.add
    () => concat(address(), operand(), i32Const(random.below(500)), [0xfc, 11, 0], operand()), // memory.fill
    () => concat(address(), address(), i32Const(random.below(500)), [0xfc, 10, 0, 0], operand()), // memory.copy
  ];
  for (const segment of around.passiveSegments) {
    expressions.push(() => concat(address(), i32Const(0), i32Const(random.below(8)), [0xfc, 8, segment, 0], operand())); // memory.init
    expressions.push(() => concat([0xfc, 9, segment], operand())); // data.drop
  }
  return expressions;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A random valid module as bytes. */
export function buildRandomModule(random: SeededRandom): Uint8Array<ArrayBuffer> {
  return buildModule(randomModule(random));
}
