// Random modules of people who mean harm, from one seed: wrong signatures of every call, sections that contradict each other,
// absurd limits, features that no machine admits, and valid programs that trap, loop, recurse and grow wherever guest code
// runs. Nothing is said of what a module should do: only that it hurts nobody else.

import { signatureOf, TABLE } from '../../runtime/abi/table.ts';
import {
  type Bytes,
  buildModule,
  concat,
  HEADER,
  i32Const,
  type ModuleSpec,
  name,
  section,
  sized,
  u32,
  type ValueTypeName,
  vector,
} from './module-builder.ts';
import { buildRandomModule, mutated } from './random-module.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface HostileModule {
  /** Of its kind, for the report. */
  readonly kind: string;
  readonly bytes: Uint8Array;
}

const NUMBERS = ['i32', 'i64', 'f32', 'f64'] as const;
const VALUES = [...NUMBERS, 'externref', 'funcref', 'v128'] as const;
const DROP = 0x1a;
const CALL = 0x10;
/** (loop (br 0)) */
const SPIN: Bytes = [0x03, 0x40, 0x0c, 0, 0x0b];
const UNREACHABLE: Bytes = [0x00];

const KINDS: readonly [string, (random: SeededRandom) => Uint8Array][] = [
  ['signature', wrongSignature],
  ['signature', wrongSignature],
  ['arguments', oddArguments],
  ['damaged', (random) => mutated(buildRandomModule(random), random)],
  ['random', buildRandomModule],
  ['sections', oddSections],
  ['limits', oddLimits],
  ['features', oddFeatures],
  ['behaviour', oddBehaviour],
  ['exports', oddExports],
];

/** @param index chooses the kind, so that each has its share */
export function hostileModule(random: SeededRandom, index: number): HostileModule {
  const [kind, make] = KINDS[index % KINDS.length] as (typeof KINDS)[number];
  return { kind, bytes: make(random) };
}

/** Some types of a row changed, or an import that nobody provides, called with whatever fits. */
function wrongSignature(random: SeededRandom): Uint8Array {
  const row = random.pick(TABLE as readonly [(typeof TABLE)[number], ...typeof TABLE]);
  const isKnown = !random.oneIn(3);
  const count = isKnown && random.oneIn(2) ? row.params.length : random.below(12);
  const params = list(count, () => random.pick(VALUES));
  const results = list(random.pick([0, 1, 1, 1, 2, 5]), () => random.pick(VALUES));
  const [module, field] = isKnown
    ? [row.module, row.name]
    : [random.pick([row.module, 'x', '']), `f${random.below(9)}`];
  return caller(random, module, field, params, results);
}

/** A call as it should be, with arguments as they should not. */
function oddArguments(random: SeededRandom): Uint8Array {
  const row = random.pick(TABLE as readonly [(typeof TABLE)[number], ...typeof TABLE]);
  const { params, results } = signatureOf(row);
  return caller(random, row.module, row.name, params, results);
}

function caller(
  random: SeededRandom,
  module: string,
  field: string,
  params: readonly ValueTypeName[],
  results: readonly ValueTypeName[],
): Uint8Array {
  const call = concat(
    ...params.map((type) => constant(random, type)),
    [CALL, 0],
    list(results.length, () => DROP),
  );
  const catching = concat([0x06, 0x40], call, [0x19, 0x0b], call); // try … catch_all end, and once more
  return buildModule({
    types: [{ params, results }, {}],
    imports: [{ module, name: field, func: 0 }],
    ...(random.oneIn(10) ? {} : { memories: [{ initial: random.below(3) }] }),
    functions: [{ type: 1, body: random.oneIn(3) ? catching : call }],
    exports: [{ name: '_start', kind: 'func', index: 1 }],
    ...(random.oneIn(5) ? { start: 1 } : {}),
  });
}

function constant(random: SeededRandom, type: ValueTypeName): Bytes {
  switch (type) {
    case 'i32':
      return i32Const(random.pick([0, 1, 2, 3, 4, -1, 8, 65_535, 65_536, 0x7fffffff, -0x80000000]));
    case 'i64':
      return concat(
        [0x42],
        random.pick([[0], [1], [0x7f], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]]),
      );
    case 'f32':
      return concat([0x43], random.bytes(4));
    case 'f64':
      return concat([0x44], random.bytes(8));
    case 'externref':
      return [0xd0, 0x6f];
    case 'v128':
      return concat([0xfd, 12], random.bytes(16));
    default:
      return [0xd0, 0x70];
  }
}

/** Sections in any order, twice, with counts and sizes that are not theirs. */
function oddSections(random: SeededRandom): Uint8Array {
  const parts: Bytes[] = [HEADER];
  for (let left = 1 + random.below(6); left > 0; left--) {
    const id = random.below(16);
    const count = random.pick([0, 1, 3, 1000, 0xffffffff]);
    const body = concat(u32(count, 1 + random.below(5)), random.bytes(random.below(60)));
    parts.push(
      random.oneIn(3) ? concat([id], u32(random.pick([0, 1, 2 ** 31, 2 ** 32 - 1])), body) : section(id, body),
    );
  }
  return concat(...parts);
}

function oddLimits(random: SeededRandom): Uint8Array {
  const size = (): number => random.pick([0, 1, 100, 16_384, 65_535, 65_536, 65_537, 10_000_000, 2 ** 32 - 1]);
  const limits = () => ({ initial: size(), ...(random.oneIn(2) ? { maximum: size() } : {}), shared: random.oneIn(4) });
  const spec: ModuleSpec = {
    types: [{}],
    memories: list(random.pick([0, 1, 1, 1, 2]), limits),
    tables: list(random.pick([0, 1, 2, 100]), () => ({
      ...limits(),
      shared: false,
      element: random.pick(['funcref', 'externref']),
    })),
    functions: [
      { type: 0, locals: [[random.pick([0, 1, 50_000, 2 ** 32 - 1]), random.pick(NUMBERS)]], body: growing(random) },
    ],
    exports: [{ name: '_start', kind: 'func', index: 0 }],
    data: random.oneIn(2) ? [{ at: size(), bytes: random.bytes(8) }] : [],
  };
  return buildModule(spec);
}

/** Grows memory and table in a loop, as often as it lasts. */
function growing(random: SeededRandom): Bytes {
  const grow = random.oneIn(2)
    ? concat(i32Const(random.pick([1, 100, 65_536])), [0x40, 0])
    : concat([0xd0, 0x70], i32Const(1000), [0xfc, 15, 0]);
  // (loop grow, -1 != → again)
  return concat([0x03, 0x40], grow, i32Const(-1), [0x47, 0x0d, 0, 0x0b]);
}

/** Encodings of proposals: memory64, several memories, GC, typed references, tags, threads, and what is none at all. */
function oddFeatures(random: SeededRandom): Uint8Array {
  const body = random.pick<Bytes>([
    [0xfb, random.below(30)],
    [0xfd, ...u32(random.below(300))],
    [0xfc, random.below(30), 0, 0],
    [0xfe, random.below(80), 2, 0],
    [0x12, 0], // return_call
    [0x14, 0], // call_ref
    [0x1f, 0x40, 0, 0x0b], // try_table
    [0x08, 0], // throw
    [random.below(256), random.below(256)],
  ]);
  const code = section(
    10,
    vector([
      sized(
        concat(
          [0],
          list(random.below(4), () => i32Const(random.below(70_000))).flatMap((one) => [...one]),
          body,
          [0x0b],
        ),
      ),
    ]),
  );
  const memory = random.pick<Bytes>([
    [4, 1],
    [5, 1, 2],
    [3, 1, 1],
    [1, 1, 2],
    [7, 1, 1],
    [0x08, 1],
    [random.below(256), 1, 1],
  ]);
  return concat(
    HEADER,
    section(
      1,
      random.pick<Bytes>([
        [1, 0x60, 0, 0],
        [2, 0x60, 0, 0, 0x5f, 0],
        [1, 0x4e, 1, 0x60, 0, 0],
        [2, 0x60, 0, 0, 0x60, 1, 0x64, 0, 0],
      ]),
    ),
    section(3, [1, 0]),
    random.oneIn(2)
      ? section(
          4,
          random.pick<Bytes>([
            [1, 0x64, 0x70, 0, 1],
            [1, 0x6e, 0, 1],
            [1, 0x70, 4, 1],
          ]),
        )
      : [],
    section(5, concat([1], memory)),
    random.oneIn(3) ? section(13, [1, 0, 0]) : [],
    section(7, vector([concat(name('_start'), [0, 0])])),
    code,
  );
}

/** Valid programs that end in every way but the usual one, from wherever guest code may run. */
function oddBehaviour(random: SeededRandom): Uint8Array {
  const exit = concat(i32Const(random.pick([0, 1, 255, 256, -1, 2 ** 31 - 1])), [CALL, 0]);
  const body = random.pick<Bytes>([
    SPIN,
    UNREACHABLE,
    [CALL, 2], // itself, until the stack ends
    concat([CALL, 1, DROP], [CALL, 2]), // through an import
    exit,
    concat([0x06, 0x40], exit, [0x19, 0x0b], SPIN), // catches its own exit
    concat(i32Const(-4), [0x28, 2, 0, DROP]), // a load beyond the memory
    concat(i32Const(1), i32Const(0), [0x6d, DROP]), // 1 / 0
    concat(i32Const(7), [0x11, 2, 0]), // an index beyond the table
    growing(random),
    concat(i32Const(0), i32Const(0), i32Const(65_536), [0xfc, 11, 0], SPIN), // memory.fill
    concat(i32Const(0), i32Const(0), [0x42, 0x7f, 0xfe, 1, 2, 0, DROP]), // memory.atomic.wait32, for ever
  ]);
  return buildModule({
    types: [{ params: ['i32'] }, { results: ['i32'] }, {}],
    imports: [
      { module: 'wasi_snapshot_preview1', name: 'proc_exit', func: 0 },
      { module: 'wasi_snapshot_preview1', name: 'sched_yield', func: 1 },
    ],
    functions: [{ type: 2, body }],
    tables: [{ initial: 1 }],
    memories: [{ initial: 1 }],
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: random.pick(['_start', '_start', '_initialize']), kind: 'func', index: 2 },
      ...(random.oneIn(3) ? [{ name: 'other', kind: 'func', index: 2 } as const] : []),
    ],
    ...(random.oneIn(3) ? { start: 2 } : {}),
  });
}

/** Names that the machine looks for, on other things; names that are none. */
function oddExports(random: SeededRandom): Uint8Array {
  const names = [
    '_start',
    '_initialize',
    'memory',
    '__indirect_function_table',
    'fusedos_table',
    '',
    'a\0b',
    '__proto__',
    'then',
    'x'.repeat(5000),
  ];
  const kinds = ['func', 'table', 'memory', 'global'] as const;
  const exports = list(1 + random.below(5), () => ({
    name: random.pick(names as [string, ...string[]]),
    kind: random.pick(kinds),
    index: 0,
  }));
  const unique = exports.filter(
    (one, i) => random.oneIn(10) || exports.findIndex((other) => other.name === one.name) === i,
  );
  return buildModule({
    types: [
      {
        params: list(random.below(3), () => random.pick(VALUES)),
        results: list(random.below(2), () => random.pick(NUMBERS)),
      },
    ],
    functions: [{ type: 0, body: random.pick([UNREACHABLE, concat(SPIN, UNREACHABLE)]) }],
    tables: [{ initial: 1 }],
    memories: [{ initial: 1 }],
    globals: [{ type: 'i32', mutable: random.oneIn(2), init: i32Const(1) }],
    exports: unique,
  });
}

function list<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
