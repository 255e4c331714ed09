// How calls are bound: by home, placement and routes to services, with results as the ABI that is imported tells them. The ABI is
// the test's own: what holds for it needs nothing but rows and handlers. Each kind of result is called by a guest's import,
// served in its thread and by another thread, with and without a trace.

import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { Row } from '../../../runtime/abi/row.ts';
import { signatureOf } from '../../../runtime/abi/table.ts';
import { Client } from '../../../runtime/channel/client.ts';
import { type Control, createControl } from '../../../runtime/channel/layout.ts';
import { type Binding, bindImports, bindTable, LinkError, shipping } from '../../../runtime/core/bind.ts';
import type { CallService } from '../../../runtime/core/route.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { createTracer } from '../../../runtime/trace/tracer.ts';
import { buildModule, type ImportSpec } from '../../support/module-builder.ts';
import { bundledForTests } from '../files/support.ts';
import { FAR_HANDLERS, SMALL_CALLS, SMALL_HANDLERS, SMALL_ROWS, type SmallContext } from './small-abi.ts';

const CALLS = 20;
const TWO_40 = 2 ** 40;
const serverBundle = bundledForTests('tests/unit/core/small-server.ts');

type Value = number | bigint;
type Guest = { readonly [name: string]: (...args: Value[]) => Value | undefined };

/** What happened outside of the guest. */
let missing: string[];
let bugs: unknown[];
let waits: number;
let lines: string[];
let local: Float64Array;
let shipped: Float64Array;

beforeEach(() => {
  missing = [];
  bugs = [];
  waits = 0;
  lines = [];
  local = new Float64Array(CALLS);
  shipped = new Float64Array(CALLS);
});

function newContext(name: string): SmallContext {
  return { name, runs: 0, noted: [] };
}

/** A service in this thread. */
function service(parts: Partial<CallService> = {}): CallService {
  const context = newContext('near');
  return {
    context,
    handlerFor: ({ number }) => SMALL_HANDLERS[number],
    counters: local,
    wait: () => {
      waits++;
      return true;
    },
    after: () => {},
    ...parts,
  };
}

/** One that has no handler at all. */
const nobody = (counters: Float64Array): CallService => ({ context: undefined, handlerFor: () => undefined, counters });

class Left extends Error {}

function binding(parts: Pick<Binding, 'services' | 'rest'> & Partial<Binding>): Binding {
  return {
    calls: SMALL_CALLS,
    placement: 'cnk',
    routes: {},
    unknownImports: 'trap',
    stubs: [],
    missing: (module, name) => {
      missing.push(`${module}.${name}`);
      throw new Left();
    },
    contain: (error) => {
      if (!(error instanceof Left)) bugs.push(error);
      throw error;
    },
    ...parts,
  };
}

/** A module that imports rows, and exports each as it is; of another module than `small` with that before its name. */
function moduleOf(rows: readonly Pick<Row, 'module' | 'name' | 'params' | 'result'>[]): WebAssembly.Module {
  const bytes = buildModule({
    types: rows.map((row) => signatureOf(row as Row)),
    imports: rows.map(({ module, name }, func): ImportSpec => ({ module, name, func })),
    exports: rows.map(({ module, name }, index) => ({
      name: module === 'small' ? name : `${module}.${name}`,
      kind: 'func',
      index,
    })),
  });
  return new WebAssembly.Module(bytes);
}

const EVERY_ROW = moduleOf(SMALL_ROWS);

/** A guest's exports are its imports, called by way of WebAssembly: results have their types there. */
function guestOf(bound: Binding, module = EVERY_ROW): Guest {
  return new WebAssembly.Instance(module, bindImports(module, undefined, bound)).exports as Guest;
}

function tracer(): NonNullable<Binding['trace']> {
  const memory = new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 });
  return createTracer({ memory, shipped, emit: (line) => lines.push(line.replace(/ [0-9.]+ µs/, '')) });
}

function counted(counters: Float64Array): { readonly [name: string]: number } {
  const names = SMALL_ROWS.filter(({ number }) => counters[number] !== 0);
  return Object.fromEntries(names.map(({ name, number }) => [name, counters[number] as number]));
}

let control: Control;
let server: Worker;
beforeAll(async () => {
  control = createControl(1, 'park');
  server = new Worker(serverBundle.path, { workerData: control.buffer });
  await new Promise((resolve) => server.once('message', resolve));
});
afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.postMessage('stop');
  await ended;
});

function client(): CallService {
  return shipping(new Client(control, 0, 0, () => expect.fail('the guest was to go on')), shipped);
}

const WAYS = [
  ['in the thread of the guest', false, false],
  ['in the thread of the guest, traced', false, true],
  ['by another thread', true, false],
  ['by another thread, traced', true, true],
] as const;

describe.each(WAYS)('served %s', (_title, isShipped, isTraced) => {
  let guest: Guest;
  let counters: Float64Array;
  beforeEach(() => {
    const rest = isShipped ? client() : service();
    guest = guestOf(binding({ services: {}, rest, ...(isTraced && { trace: tracer() }) }));
    counters = isShipped ? shipped : local;
  });

  test('an errno is 0, or the error as the ABI that is imported tells it', () => {
    expect([0, Errno.EPERM, Errno.ENOTCAPABLE].map((errno) => guest['check']?.(errno))).toEqual([0, -1, -200]);
    expect([0, Errno.EPERM].map((errno) => guest['other.check']?.(errno))).toEqual([0, -1001]);
  });

  test('no error number is another answer', () => {
    for (let errno = 1; errno < 4096; errno++) expect(guest['check']?.(errno)).toBe(-errno);
  });

  test('a value is a count or an error, and no count is another answer', () => {
    const given = [
      [0, 5],
      [3, 4],
      [1, 0x7fff_ffff],
      [1 << 29, 1],
      [-1, Errno.EBADF],
    ] as const;
    expect(given.map(([a, b]) => guest['count']?.(a, b))).toEqual([0, 12, 0x7fff_ffff, 1 << 29, -9]);
  });

  test('an address above 2^31 keeps its bits', () => {
    expect(guest['count']?.(0x4000_0000, 3)).toBe(0xc000_0000 | 0);
  });

  test('a value in 64 bits is exact up to 2^53', () => {
    const given = [0n, BigInt(TWO_40) + 1n, BigInt(Number.MAX_SAFE_INTEGER), -BigInt(Errno.EINVAL)];
    expect(given.map((a) => guest['total']?.(a))).toEqual(given);
  });

  test('a result of 64 bits whose handler has fewer keeps its sign', () => {
    const given = [0, 5, 0x7fff_ffff, -Errno.EBADF];
    expect(given.map((a) => guest['wide']?.(a))).toEqual(given.map(BigInt));
  });

  test('a long is a number for its handler, exact up to 2^53 and near beyond', () => {
    const given = [0n, -1n, BigInt(TWO_40), BigInt(Number.MAX_SAFE_INTEGER), 1n << 62n];
    expect(given.map((b) => guest['offset']?.(0, b))).toEqual([0n, -1n, BigInt(TWO_40), given[3], 1n << 62n]);
    expect(guest['offset']?.(-Errno.EINVAL, 0n)).toBe(-BigInt(Errno.EINVAL));
    expect(guest['offset']?.(7, -(1n << 63n))).toBe(-(1n << 63n));
  });

  test('a number is any, also below zero and none at all', () => {
    for (const call of ['ratio', 'other.ratio']) {
      const given = [1, -3, 0, -1 << 31, -4 * Errno.EPERM].map((a) => guest[call]?.(a));
      expect(given).toEqual([0.25, -0.75, 0, -(2 ** 29), -Errno.EPERM]);
    }
  });

  test('a row without a result gives none', () => {
    expect(guest['note']?.(3)).toBeUndefined();
  });

  test('arguments keep their places', () => {
    expect(guest['sum0']?.()).toBe(7);
    expect(guest['sum3']?.(1, 2, 3)).toBe(321);
    expect(guest['sum4']?.(1, 2, 3, 4)).toBe(4321);
    expect(guest['sum5']?.(1, 2, 3, 4, 0.25)).toBe(4322);
  });

  test('a call that waits runs again until it has a result; it counts once', () => {
    expect(guest['wait']?.(0, 5)).toBe(5);
    if (!isShipped) expect(waits).toBe(0);
    for (let i = 0; i < 3; i++) guest['sum0']?.();
    // In this thread nobody clears what a run left, so the next one goes on from there.
    expect(guest['wait']?.(3, -Errno.EPIPE)).toBe(-Errno.EPIPE);
    expect(guest['wait64']?.(6, BigInt(TWO_40))).toBe(BigInt(TWO_40));
    if (!isShipped) expect(waits).toBe(4);
    expect(counted(counters)).toEqual({ wait: 2, wait64: 1, sum0: 3 });
  });

  test('each call is counted, failed or not, and no other service counts', () => {
    guest['check']?.(0);
    guest['check']?.(5);
    guest['ratio']?.(5);
    guest['note']?.(5);
    expect(counted(counters)).toEqual({ check: 2, ratio: 1, note: 1 });
    expect(counted(isShipped ? local : shipped)).toEqual({});
  });

  test('a trace tells results and errors as the handler gave them', () => {
    guest['other.check']?.(Errno.EPERM);
    guest['count']?.(3, 4);
    guest['count']?.(-1, Errno.EBADF);
    guest['total']?.(BigInt(TWO_40));
    guest['ratio']?.(-1);
    guest['note']?.(8);
    const who = isShipped ? 'shipped' : 'local';
    const expected = [
      `check(a=1) = 1 EPERM <${who}>`,
      `count(a=3, b=4) = 12 <${who}>`,
      `count(a=-1, b=9) = -9 EBADF <${who}>`,
      `total(a=${TWO_40}) = ${TWO_40} <${who}>`,
      `ratio(a=-1) = -0.25 <${who}>`,
      `note(a=8) <${who}>`,
    ];
    expect(lines).toEqual(isTraced ? expected : []);
  });
});

test('what nobody has a handler for ends the guest by its name, or is ENOSYS where it is shipped', () => {
  const alone = guestOf(binding({ services: {}, rest: service() }));
  expect(() => alone['nobody']?.(1)).toThrow(Left);
  expect(missing).toEqual(['small.nobody']);
  expect(counted(local)).toEqual({});
  expect(guestOf(binding({ services: {}, rest: client() }))['nobody']?.(1)).toBe(-Errno.ENOSYS);
});

describe('a call that waits', () => {
  test.each([
    ['must not', () => false],
    ['cannot', undefined],
  ])('where the thread %s fails with EAGAIN', (_title, wait) => {
    const { wait: _, ...rest } = service();
    const guest = guestOf(binding({ services: {}, rest: { ...rest, ...(wait && { wait }) } }));
    expect(guest['wait']?.(1, 5)).toBe(-Errno.EAGAIN);
    expect(bugs).toEqual([]);
  });

  test('leaves the guest by what its wait throws', () => {
    const wait = (): boolean => {
      throw new Left();
    };
    const guest = guestOf(binding({ services: {}, rest: service({ wait }) }));
    expect(() => guest['wait']?.(1, 5)).toThrow(Left);
  });
});

test('after each call the service is told what its handler answered; of a number, that there was no error', () => {
  const results: number[] = [];
  const guest = guestOf(binding({ services: {}, rest: service({ after: (result) => results.push(result) }) }));
  guest['other.check']?.(Errno.EPERM);
  guest['count']?.(3, 4);
  guest['wait']?.(2, 9);
  guest['ratio']?.(-8);
  expect(results).toEqual([-Errno.EPERM, 12, 9, 0]);
});

describe('who serves a call', () => {
  /** Asks each of three services that answer alike who they are, by what they count. */
  function served(parts: Partial<Binding>, call: string): { local: object; shipped: object } {
    const movable = service({ placements: ['cnk'] });
    const bound = binding({ services: { cnk: movable, near: service() }, rest: farService(), ...parts });
    guestOf(bound)[call]?.(1, 1);
    return { local: counted(local), shipped: counted(shipped) };
  }

  /** As another thread's, in this one. */
  function farService(): CallService {
    return service({ context: newContext('far'), handlerFor: ({ number }) => FAR_HANDLERS[number], counters: shipped });
  }

  const own = (call: string) => ({ local: { [call]: 1 }, shipped: {} });
  const rests = (call: string) => ({ local: {}, shipped: { [call]: 1 } });

  test.each(['cnk', 'fused', 'linux', 'library'] as const)('under %s, a home that is local everywhere', (placement) => {
    expect(served({ placement }, 'near')).toEqual(own('near'));
  });

  test.each([
    ['cnk', own('count')],
    ['fused', rests('count')],
    ['linux', rests('count')],
    ['library', rests('count')],
  ] as const)('under %s, a home that is local under cnk alone', (placement, expected) => {
    expect(served({ placement }, 'count')).toEqual(expected);
  });

  test.each([
    ['cnk', 'linux', rests('count')],
    ['fused', 'cnk', own('count')],
  ] as const)('under %s, a call with a route to %s', (placement, to, expected) => {
    expect(served({ placement, routes: { count: to } }, 'count')).toEqual(expected);
  });

  test('a route does not move what is local everywhere, nor what has no service', () => {
    expect(served({ routes: { near: 'linux', far: 'cnk' } }, 'near')).toEqual(own('near'));
    local.fill(0);
    expect(served({ routes: { near: 'linux', far: 'cnk' } }, 'far')).toEqual(rests('far'));
  });

  test('a home whose service lacks the handler is served by the rest', () => {
    expect(served({ services: { cnk: nobody(local) } }, 'count')).toEqual(rests('count'));
  });

  test('what a service leaves is the rest’s, and counts there', () => {
    const guest = guestOf(binding({ services: { cnk: service() }, rest: farService() }));
    expect([1, 2, 3, 4].map((a) => guest['odd']?.(a))).toEqual([1, 102, 3, 104]);
    expect(counted(local)).toEqual({ odd: 2 });
    expect(counted(shipped)).toEqual({ odd: 2 });
    expect([0, Errno.EPERM].map((errno) => guest['other.left']?.(errno))).toEqual([0, -1001]);
  });

  test('what a service leaves, and the rest has no handler for, ends the guest', () => {
    const guest = guestOf(binding({ services: { cnk: service() }, rest: nobody(shipped) }));
    expect(() => guest['odd']?.(2)).toThrow(Left);
    expect(missing).toEqual(['small.odd']);
    expect(guest['odd']?.(3)).toBe(3);
  });

  test('what the rest leaves ends the guest', () => {
    const guest = guestOf(binding({ services: {}, rest: service() }));
    expect(() => guest['odd']?.(2)).toThrow(Left);
    expect(missing).toEqual(['small.odd']);
  });
});

describe('an exception in a handler', () => {
  const failing = (kind: string): CallService =>
    service({
      handlerFor:
        ({ result }) =>
        () => {
          if (result === kind) throw new TypeError('ours');
          return 0;
        },
    });

  test.each(['check', 'ratio', 'note', 'total', 'sum5'])('is taken as a bug of ours in %s', (call) => {
    const kind = SMALL_ROWS.find(({ name }) => name === call)?.result ?? '';
    const guest = guestOf(binding({ services: {}, rest: failing(kind) }));
    const args = call === 'total' ? [1n] : [1, 1, 1, 1, 1];
    expect(() => guest[call]?.(...args)).toThrow('ours');
    expect(bugs).toEqual([expect.objectContaining({ message: 'ours' })]);
  });

  test('of the trace, too', () => {
    const trace: Binding['trace'] = () => () => {
      throw new TypeError('of the trace');
    };
    const guest = guestOf(binding({ services: {}, rest: service(), trace }));
    expect(() => guest['sum0']?.()).toThrow('of the trace');
    expect(bugs).toHaveLength(1);
  });
});

describe('an import that no row is for', () => {
  const UNKNOWN = { module: 'small', name: 'later', params: [], result: 'value64' } as const;
  const ODD = { module: 'elsewhere', name: 'call', params: [], result: 'errno' } as const;
  const module = moduleOf([UNKNOWN, ODD]);
  const stubs = [UNKNOWN, ODD].map((row) => ({ ...row, ...signatureOf(row as unknown as Row) }));
  const bound = (parts: Partial<Binding>): Binding => binding({ services: {}, rest: service(), stubs, ...parts });

  test.each([false, true])('ends the guest by its name; traced: %s', (isTraced) => {
    const guest = guestOf(bound(isTraced ? { trace: tracer() } : {}), module);
    expect(() => guest['later']?.()).toThrow(Left);
    expect(missing).toEqual(['small.later']);
    expect(lines).toEqual(isTraced ? ['small.later() = ? <local>'] : []);
  });

  test('or is ENOSYS, as its module tells errors; a module that is no ABI’s as the first one does', () => {
    const guest = guestOf(bound({ unknownImports: 'enosys' }), module);
    expect(guest['later']?.()).toBe(-BigInt(Errno.ENOSYS));
    expect(guest['elsewhere.call']?.()).toBe(-Errno.ENOSYS);
  });

  test('is the embedder’s if it has one', () => {
    const host: Binding['host'] = (from, name) => (name === 'call' ? () => `${from}`.length : undefined);
    const guest = guestOf(bound({ host }), module);
    expect(guest['elsewhere.call']?.()).toBe('elsewhere'.length);
    expect(() => guest['later']?.()).toThrow(Left);
  });

  test('of another kind than a function cannot be linked', () => {
    const bytes = buildModule({ imports: [{ module: 'm', name: 'g', global: { type: 'i32' } }] });
    expect(() => bindImports(new WebAssembly.Module(bytes), undefined, bound({}))).toThrow(LinkError);
  });
});

test('the whole table can be bound without a module', () => {
  const imports = bindTable(binding({ services: {}, rest: service() }));
  const names = Object.entries(imports).flatMap(([module, fields]) =>
    Object.keys(fields).map((name) => [module, name]),
  );
  expect(names.toSorted()).toEqual(SMALL_CALLS.rows.map(({ module, name }) => [module, name]).toSorted());
});
