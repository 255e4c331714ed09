// Programs whose imports are not what the machine provides: refused before anything runs, or given a function of their own
// type; nobody beside them notices.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule, concat, i32Const, type ValueTypeName } from '../support/module-builder.ts';

let machine: Machine;
beforeAll(async () => {
  machine = await (await importBuilt()).boot({ appCores: 2 });
});
afterAll(() => machine.close());

const ZERO: { readonly [type in ValueTypeName]?: ArrayLike<number> } = {
  i32: i32Const(0),
  i64: [0x42, 0],
  f32: [0x43, 0, 0, 0, 0],
  f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  externref: [0xd0, 0x6f],
  funcref: [0xd0, 0x70],
};

/** Calls one import with zeros and drops its results. */
function caller(module: string, name: string, params: ValueTypeName[], results: ValueTypeName[]): Uint8Array {
  return buildModule({
    types: [{ params, results }, {}],
    imports: [{ module, name, func: 0 }],
    memories: [{ initial: 1 }],
    functions: [
      {
        type: 1,
        body: concat(
          ...params.map((type) => ZERO[type] ?? []),
          [0x10, 0],
          results.map(() => 0x1a),
        ),
      },
    ],
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: '_start', kind: 'func', index: 1 },
    ],
  });
}

test.each(['cnk', 'fused', 'linux', 'library'] as const)('a wrong signature is refused under %s', async (placement) => {
  const bystander = machine.run(guestPath('hang'), { args: ['spin'], timeoutMs: 500 });
  const hostile = caller('wasi_snapshot_preview1', 'fd_write', ['i32', 'i64', 'i32', 'i32'], ['i32']);
  await expect(machine.run(hostile, { placement })).rejects.toMatchObject({
    code: 'ENOEXEC',
    message: expect.stringContaining('"wasi_snapshot_preview1"."fd_write" as (i32, i64, i32, i32) → i32, but it is'),
  });
  expect((await bystander).hasTimedOut).toBe(true);
  expect((await machine.run(guestPath('status'), { args: ['3'], placement })).exitCode).toBe(3);
});

test.each<[ValueTypeName[], ValueTypeName[]]>([
  [[], []],
  [['i64'], ['i64']],
  [['f32', 'f64'], ['f32']],
  [['externref'], ['externref']],
  [['funcref'], ['funcref']],
  [['i32'], ['i64', 'f64', 'i32']],
])(
  'an unknown import of %j → %j gives ENOSYS in its own types, or ends the program by SIGSYS',
  async (params, results) => {
    const program = caller('other', 'function', params, results);
    for (const trace of [undefined, () => {}]) {
      const options = trace === undefined ? {} : { trace };
      expect((await machine.run(program, { ...options, unknownImports: 'enosys' })).exitCode).toBe(0);
      const { signal, trap } = await machine.run(program, options);
      expect([signal, trap?.message]).toEqual(['SIGSYS', 'the program called other.function, which nobody provides']);
    }
  },
);

test('a function with a v128 is refused: no host could provide it', async () => {
  await expect(machine.run(caller('other', 'function', [], ['v128']))).rejects.toMatchObject({ code: 'ENOEXEC' });
});

test.each(['_start', '_initialize'])('a %s with parameters is refused', async (entry) => {
  const program = buildModule({
    types: [{ params: ['i64'] }, {}],
    functions: [
      { type: 0, body: [] },
      { type: 1, body: [] },
    ],
    exports: [
      { name: entry, kind: 'func', index: 0 },
      { name: 'other', kind: 'func', index: 1 },
    ],
  });
  for (const start of [() => machine.run(program), () => machine.load(program)]) {
    await expect(start()).rejects.toMatchObject({ code: 'ENOEXEC', message: expect.stringContaining(entry) });
  }
});
