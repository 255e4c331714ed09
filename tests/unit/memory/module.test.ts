// What the loader makes of a module that it admits: memory, tables, exports, what it reports, and that the rest stays as it was.

import { describe, expect, it } from 'vitest';
import {
  MEMORY_IMPORT,
  type RewriteOptions,
  type RewrittenModule,
  rewriteModule,
} from '../../../runtime/memory/module/index.ts';
import {
  buildModule,
  concat,
  customSection,
  functionNameSection,
  HEADER,
  i32Const,
  type ModuleSpec,
  name,
  section,
  u32,
  vector,
} from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

const PROCESS_LIMIT = { maximumPages: 256 };
const TO_I32 = { params: ['i32'], results: ['i32'] } as const;
const LOAD_BYTE = { type: 0, body: [0x20, 0, 0x2d, 0, 0] }; // local.get 0, i32.load8_u
const GROW = { type: 0, body: [0x20, 0, 0x40, 0] }; // local.get 0, memory.grow

function rewrite(spec: ModuleSpec, options: RewriteOptions = PROCESS_LIMIT): RewrittenModule {
  const input = buildModule(spec);
  expect(WebAssembly.validate(input)).toBe(true);
  const result = rewriteModule(input, options);
  expect(WebAssembly.validate(result.bytes)).toBe(true);
  return result;
}

function machineImports({ memory }: RewrittenModule): { memory: WebAssembly.Memory; imports: WebAssembly.Imports } {
  const shared = new WebAssembly.Memory({
    initial: memory?.initialPages ?? 0,
    maximum: memory?.importMaximumPages ?? 1,
    shared: true,
  });
  return { memory: shared, imports: { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: shared } } };
}

function exportedFunction(instance: WebAssembly.Instance, exportName: string): (argument: number) => number {
  return instance.exports[exportName] as (argument: number) => number;
}

describe('the memory of a rewritten module', () => {
  const program: ModuleSpec = {
    types: [TO_I32],
    functions: [LOAD_BYTE, GROW],
    memories: [{ initial: 2 }],
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: 'load', kind: 'func', index: 0 },
      { name: 'grow', kind: 'func', index: 1 },
    ],
    data: [{ at: 7, bytes: [42] }],
  };

  it('is imported unshared where the host has no shared memory', () => {
    const result = rewrite(program, { ...PROCESS_LIMIT, isShared: false });
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 256 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), {
      [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory },
    });
    expect(exportedFunction(instance, 'load')(7)).toBe(42);
    expect(exportedFunction(instance, 'grow')(1)).toBe(2);
    expect(memory.buffer.byteLength).toBe(3 * 65536);
  });

  it('is imported, shared, bounded by the process and still exported', () => {
    const result = rewrite(program);
    expect(result.memory).toEqual({
      initialPages: 2,
      maximumPages: 256,
      importMaximumPages: 256,
      wasShared: false,
      imported: null,
    });
    const { memory } = machineImports(result);
    const instance = instantiateRewritten(result, memory);
    expect(instance.exports).toMatchObject({ memory });
    expect(exportedFunction(instance, 'load')(7)).toBe(42);
    expect(exportedFunction(instance, 'grow')(3)).toBe(2);
    expect(exportedFunction(instance, 'grow')(252)).toBe(-1);
    expect(memory.buffer.byteLength).toBe(5 * 65536);
  });

  it('keeps a smaller maximum of its own', () => {
    expect(rewrite({ memories: [{ initial: 1, maximum: 3 }] }).memory?.maximumPages).toBe(3);
  });

  it('loses what it declared beyond the bound of the process', () => {
    expect(rewrite({ memories: [{ initial: 1, maximum: 65536 }] }).memory?.maximumPages).toBe(256);
  });

  it('states a larger maximum in the import for a pool of larger memories', () => {
    const result = rewrite({ memories: [{ initial: 1, maximum: 3 }] }, { ...PROCESS_LIMIT, importMaximumPages: 1024 });
    expect(result.memory).toMatchObject({ maximumPages: 3, importMaximumPages: 1024 });
    const pooled = new WebAssembly.Memory({ initial: 4, maximum: 1024, shared: true });
    const imports = { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: pooled } };
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(result.bytes), imports)).not.toThrow();
  });

  it.each([{ initial: 1 }, { initial: 1, maximum: 2 }, { initial: 1, maximum: 2, shared: true }])(
    'replaces an imported one, between imports of other kinds: %j',
    (memory) => {
      const result = rewrite({
        types: [TO_I32, {}],
        imports: [
          { module: 'env', name: 'before', func: 0 },
          { module: 'env', name: 'memory', memory },
          { module: 'env', name: 'after', func: 1 },
        ],
        functions: [{ type: 0, body: [0x20, 0, 0x10, 0] }],
        exports: [{ name: 'call', kind: 'func', index: 2 }],
      });
      const wasShared = memory.shared === true;
      expect(result.memory).toMatchObject({ wasShared, imported: { module: 'env', name: 'memory' } });
      expect(WebAssembly.Module.imports(new WebAssembly.Module(result.bytes))).toMatchObject([
        { name: 'before' },
        { ...MEMORY_IMPORT, kind: 'memory' },
        { name: 'after' },
      ]);
      const { imports } = machineImports(result);
      const env = { before: (value: number) => value + 1, after: () => {} };
      const instance = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), { ...imports, env });
      expect(exportedFunction(instance, 'call')(41)).toBe(42);
    },
  );

  it('is appended to existing imports, whose function indexes stay', () => {
    const result = rewrite({
      types: [TO_I32],
      imports: [{ module: 'env', name: 'next', func: 0 }],
      functions: [{ type: 0, body: [0x20, 0, 0x10, 0, 0x2d, 0, 0] }],
      memories: [{ initial: 1 }],
      exports: [{ name: 'run', kind: 'func', index: 1 }],
      data: [{ at: 8, bytes: [9] }],
    });
    const { imports } = machineImports(result);
    const env = { next: (value: number) => value + 1 };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(result.bytes), { ...imports, env });
    expect(exportedFunction(instance, 'run')(7)).toBe(9);
  });

  it('is not given to a module that has none', () => {
    const input = buildModule({ types: [TO_I32], functions: [{ type: 0, body: [0x20, 0] }] });
    const result = rewriteModule(input, PROCESS_LIMIT);
    expect(result.memory).toBeNull();
    expect(result.bytes).toEqual(input);
  });

  it('is left as it is by a second rewrite', () => {
    const once = rewrite(program);
    const twice = rewriteModule(once.bytes, PROCESS_LIMIT);
    expect(twice.bytes).toEqual(once.bytes);
    expect(twice.memory?.wasShared).toBe(true);
  });

  it('may be declared with overlong integers, as linkers write them', () => {
    const memories = concat(u32(1, 5), [1], u32(1, 5), u32(4, 5));
    const input = concat(HEADER, [5], u32(memories.length, 5), memories);
    const result = rewriteModule(input, PROCESS_LIMIT);
    expect(result.memory).toMatchObject({ initialPages: 1, maximumPages: 4 });
    expect(WebAssembly.validate(result.bytes)).toBe(true);
  });
});

describe('the tables of a rewritten module', () => {
  const table = { initial: 1, maximum: 1 };

  it('has table 0 exported under a name of ours', () => {
    const result = rewrite({ tables: [table] });
    expect(result.tableExport).toBe('fusedos_table');
    expect(WebAssembly.Module.exports(new WebAssembly.Module(result.bytes))).toEqual([
      { name: 'fusedos_table', kind: 'table' },
    ]);
  });

  it('keeps an export of table 0 that is there', () => {
    const result = rewrite({
      tables: [table, table],
      exports: [
        { name: 'second', kind: 'table', index: 1 },
        { name: 'first', kind: 'table', index: 0 },
      ],
    });
    expect(result.tableExport).toBe('first');
    expect(result.exports).toHaveLength(2);
  });

  it('exports an imported table 0, too', () => {
    const imported = { module: 'env', name: '__indirect_function_table', table: { initial: 1 } };
    const result = rewrite({ imports: [imported], memories: [{ initial: 1 }] });
    expect(result.tableExport).toBe('fusedos_table');
    expect(result.imports).toEqual([
      {
        module: 'env',
        name: '__indirect_function_table',
        kind: 'table',
        type: { element: 'funcref', initial: 1, maximum: undefined },
      },
    ]);
  });

  it('takes another name when the guest has ours', () => {
    const result = rewrite({
      types: [TO_I32],
      functions: [LOAD_BYTE],
      memories: [{ initial: 1 }],
      tables: [table],
      exports: [{ name: 'fusedos_table', kind: 'func', index: 0 }],
    });
    expect(result.tableExport).toBe('fusedos_table_2');
  });

  it('has none when the module has none', () => {
    expect(rewrite({}).tableExport).toBeNull();
  });

  it('bounds tables that may grow for ever, each by its share, and leaves the others', () => {
    const growAll = { type: 0, body: [0xd0, 0x6f, 0x20, 0, 0xfc, 15, 1] }; // ref.null extern, local.get 0, table.grow 1
    const result = rewrite({
      types: [TO_I32],
      functions: [growAll],
      tables: [
        { initial: 8, maximum: 8 },
        { initial: 4, element: 'externref' },
        { initial: 4, maximum: 0xffff_ffff },
      ],
      exports: [{ name: 'grow', kind: 'func', index: 0 }],
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(result.bytes));
    const share = Math.floor((2 ** 20 - 16) / 2);
    expect(exportedFunction(instance, 'grow')(share + 1)).toBe(-1);
    expect(exportedFunction(instance, 'grow')(share)).toBe(4);
    expect(exportedFunction(instance, 'grow')(1)).toBe(-1);
    expect(instance.exports).toMatchObject({ fusedos_table: { length: 8 } });
  });
});

describe('what a rewritten module tells', () => {
  it('lists imports and exports with the types of functions', () => {
    const result = rewrite({
      types: [{ params: ['i32', 'i64', 'f32', 'f64'], results: ['externref', 'funcref'] }, {}],
      imports: [
        { module: 'a', name: '', func: 0 },
        { module: 'é', name: '\ufeffb', global: { type: 'v128', mutable: true } },
        { module: 'a', name: 'tag', tag: 1 },
      ],
      functions: [{ type: 1, body: [] }],
      memories: [{ initial: 0 }],
      globals: [{ type: 'i32', init: i32Const(-5) }],
      exports: [
        { name: 'again', kind: 'func', index: 0 },
        { name: '_start', kind: 'func', index: 1 },
        { name: 'global', kind: 'global', index: 1 },
      ],
    });
    const type = { params: ['i32', 'i64', 'f32', 'f64'], results: ['externref', 'funcref'] };
    expect(result.imports).toEqual([
      { module: 'a', name: '', kind: 'function', type },
      { module: 'é', name: '\ufeffb', kind: 'global', type: { value: 'v128', isMutable: true } },
      { module: 'a', name: 'tag', kind: 'tag', type: { params: [], results: [] } },
    ]);
    expect(result.exports).toEqual([
      { name: 'again', kind: 'function', index: 0, type },
      { name: '_start', kind: 'function', index: 1, type: { params: [], results: [] } },
      { name: 'global', kind: 'global', index: 1, type: undefined },
    ]);
    expect(result).toMatchObject({ hasStart: false, functionCount: 2, codeBytes: 4 });
  });

  it('keeps custom sections where they are, byte for byte', () => {
    const customs = [1, 2, 3, 5, 10, undefined].map((before) => ({
      name: `debug_${before}`,
      contents: [before ?? 0, 255],
      ...(before === undefined ? {} : { before }),
    }));
    const result = rewrite({ types: [TO_I32], functions: [LOAD_BYTE], memories: [{ initial: 1 }], customs });
    const module = new WebAssembly.Module(result.bytes);
    for (const custom of customs) {
      const [contents] = WebAssembly.Module.customSections(module, custom.name);
      expect([...new Uint8Array(contents ?? new ArrayBuffer(0))]).toEqual(custom.contents);
    }
  });

  it('knows the names of functions, features and producers', () => {
    const names = new Map([
      [0, 'load'],
      [1, 'größe'],
    ]);
    const producers = vector([concat(name('processed-by'), vector([concat(name('clang'), name('22'))]))]);
    const result = rewrite({
      types: [TO_I32],
      functions: [LOAD_BYTE, GROW],
      memories: [{ initial: 1 }],
      customs: [
        { name: 'name', contents: concat([0, 2], name('m'), functionNameSection(names)) },
        { name: 'target_features', contents: vector([concat([43], name('atomics')), concat([45], name('simd128'))]) },
        { name: 'producers', contents: producers },
      ],
    });
    expect(result.functionNames()).toEqual(names);
    expect(result.functionNames()).toBe(result.functionNames());
    expect(result.targetFeatures()).toEqual(['atomics']);
    expect(result.producers()).toEqual(['processed-by clang 22']);
  });

  it.each([[[1]], [[1, 200]], [[1, 4, 9, 0, 9, 0]], [[1, 5, 2, 0, 1, 97, 1]]])(
    'reads what it can of a malformed name section: %j',
    (contents) => {
      const result = rewrite({ customs: [{ name: 'name', contents }] });
      expect(result.functionNames().size).toBeLessThanOrEqual(1);
    },
  );

  it('takes bytes in shared memory, which platform decoders refuse', () => {
    const input = buildModule({
      memories: [{ initial: 1 }],
      exports: [{ name: 'm'.repeat(80), kind: 'memory', index: 0 }],
    });
    const shared = new Uint8Array(new SharedArrayBuffer(input.length + 3), 3);
    shared.set(input);
    const result = rewriteModule(shared, PROCESS_LIMIT);
    expect(result.bytes).toEqual(rewriteModule(input, PROCESS_LIMIT).bytes);
  });
});

describe('whether a module can be instantiated twice on one memory', () => {
  const sharedMemory = [{ initial: 1, maximum: 1, shared: true }];
  const passive = { data: [{ bytes: [1] }], dataCount: true };
  // i32.store of 7 to address 0
  const plainStart = { type: 0, body: [0x41, 0, 0x41, 7, 0x36, 2, 0] };
  // i32.atomic.rmw.cmpxchg of address 0 from 0 to 1, dropped
  const guardedStart = { type: 0, body: [0x41, 0, 0x41, 0, 0x41, 1, 0xfe, 0x48, 2, 0, 0x1a] };

  it.each<[string, ModuleSpec, boolean]>([
    ['passive segments, no start', { memories: sharedMemory, ...passive }, true],
    [
      'passive segments, guarded start',
      { memories: sharedMemory, ...passive, functions: [guardedStart], start: 0 },
      true,
    ],
    ['a start that guards nothing', { memories: sharedMemory, ...passive, functions: [plainStart], start: 0 }, false],
    ['active segments', { memories: sharedMemory, data: [{ at: 0, bytes: [1] }] }, false],
    ['memory that was not shared', { memories: [{ initial: 1, maximum: 1 }], ...passive }, false],
  ])('%s', (_what, spec, expected) => {
    const result = rewrite({ types: [{}], ...spec });
    expect(result.isThreadSafeForSecondInstance).toBe(expected);
    expect(result.hasStart).toBe(spec.start !== undefined);
  });
});

describe('a custom section first in the file', () => {
  it('stays before the inserted import section', () => {
    const input = concat(HEADER, customSection({ name: 'first', contents: [1] }), section(5, vector([[0, 1]])));
    const { bytes } = rewriteModule(input, PROCESS_LIMIT);
    expect(WebAssembly.validate(bytes)).toBe(true);
    expect(bytes[8]).toBe(0);
  });
});
