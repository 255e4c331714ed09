// A handler of a signal is guest code that runs at the end of a call, above the call's frames and ours: an exception of the guest's own
// passes through ours to the guest's catch, an end passes every catch and cleanup, and a handler that is none is a fault.

import { beforeEach, expect, test } from 'vitest';
import { Signals } from '../../../personalities/cnk/index.ts';
import { Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import { createLocalControl } from '../../../runtime/channel/layout.ts';
import { bindImports } from '../../../runtime/core/bind.ts';
import { Monitor } from '../../../runtime/core/monitor.ts';
import { SignalHandlers } from '../../../runtime/core/signal-handlers.ts';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { ProcessBlock } from '../../../runtime/process/block.ts';
import { buildModule, concat, i32Const, vector } from '../../support/module-builder.ts';
import { SMALL_CALLS } from './small-abi.ts';

const [THROWS, EXITS, TRAPS, NESTS, TAKES_THREE, TAKES_64, RETURNS] = [2, 3, 4, 5, 6, 7, 8];
const [TRIED, CAUGHT, CLEANED, RETURNED] = [0, 1, 2, 3];

const setGlobal = (index: number) => concat(i32Const(1), [0x24, index]);

/** run(a): try { r = check(a) } catch (tag) { CAUGHT } catch_all { CLEANED }; RETURNED. Handlers are in table 0. */
const PROGRAM = buildModule({
  types: [
    { params: ['i32'], results: ['i32'] },
    { params: ['i32'] },
    { params: ['i32', 'i32', 'i32'] },
    { params: ['i64'] },
    {},
  ],
  imports: [{ module: 'small', name: 'check', func: 0 }],
  functions: [
    {
      type: 1,
      body: concat(
        [0x06, 0x40],
        setGlobal(TRIED),
        [0x20, 0, 0x10, 0, 0x1a],
        [0x07, 0],
        setGlobal(CAUGHT),
        [0x19],
        setGlobal(CLEANED),
        [0x0b],
        setGlobal(RETURNED),
      ),
    },
    { type: 1, body: [0x08, 0] },
    { type: 1, body: concat([0x06, 0x40], i32Const(-3), [0x10, 0, 0x1a, 0x19], setGlobal(CLEANED), [0x0b]) },
    { type: 1, body: concat([0x06, 0x40, 0x00, 0x19], setGlobal(CLEANED), [0x0b]) },
    { type: 1, body: concat(i32Const(THROWS), [0x10, 0, 0x1a]) },
    { type: 2, body: concat([0x20, 1, 0x20, 2, 0x72, 0x45, 0x04, 0x40], setGlobal(CAUGHT), [0x0b]) },
    { type: 3, body: [] },
    { type: 0, body: concat(setGlobal(CAUGHT), i32Const(5)) },
  ],
  tables: [{ initial: 9, maximum: 9 }],
  tags: [4],
  globals: Array(4).fill({ type: 'i32', mutable: true, init: i32Const(0) }),
  exports: [
    { name: 'run', kind: 'func', index: 1 },
    ...[TRIED, CAUGHT, CLEANED, RETURNED].map((index) => ({ name: `g${index}`, kind: 'global' as const, index })),
  ],
  elements: [concat([0], i32Const(THROWS), [0x0b], vector([2, 3, 4, 5, 6, 7, 8].map((index) => [index])))],
});

let monitor: Monitor;
let block: ProcessBlock;
let exports: Record<string, WebAssembly.Global> & { run: (signal: number) => void };

beforeEach(() => {
  const control = createLocalControl(1);
  block = new ProcessBlock(control, 0);
  monitor = new Monitor(control, 0, block);
  const handlers = new SignalHandlers(monitor);
  const signals = new Signals({ call: handlers.call, raise: monitor.raise, nowMs: () => 0 });
  const rewritten = rewriteModule(PROGRAM, { maximumPages: 1 });
  const module = new WebAssembly.Module(rewritten.bytes);
  monitor.arm(module);
  /** What it is given is the handler of a signal that it sends; −3 ends the guest by exit, −9 by a kill. */
  const check = (_: unknown, handler: number): number => {
    if (handler === -3) return monitor.exit(3);
    if (handler === -9) {
      block.end(signalStatus(Signal.SIGKILL));
      return monitor.leave();
    }
    signals.setAction(handler, { handler, flags: 0, mask: signals.blocked, restorer: 0 });
    signals.send(handler);
    return 0;
  };
  const service = { context: undefined, handlerFor: () => check, counters: new Float64Array(20) };
  const { missing, contain } = monitor;
  const imports = bindImports(module, undefined, {
    calls: SMALL_CALLS,
    placement: 'cnk',
    routes: {},
    services: { cnk: service },
    rest: service,
    attention: signals,
    unknownImports: 'trap',
    stubs: [],
    missing,
    contain,
  });
  const instance = new WebAssembly.Instance(module, imports);
  handlers.adopt(instance, rewritten.tableExport ?? undefined);
  exports = instance.exports as typeof exports;
});

function run(handler: number) {
  const outcome = monitor.guard(() => exports.run(handler));
  const globals = [TRIED, CAUGHT, CLEANED, RETURNED].filter((index) => exports[`g${index}`]?.value === 1);
  return { globals, end: 'end' in outcome ? outcome.end : undefined };
}

test.each([
  ['one that throws', THROWS],
  ['one that throws in the handler of another', NESTS],
])('%s: the guest catches its own exception', (_, handler) => {
  expect(run(handler)).toEqual({ globals: [TRIED, CAUGHT, RETURNED], end: undefined });
});

test.each([
  ['exits', EXITS, 3 << 8],
  ['traps', TRAPS, signalStatus(Signal.SIGILL)],
])('one that %s: no cleanup of the guest’s runs', (_, handler, waitStatus) => {
  const { globals, end } = run(handler);
  expect([globals, end?.waitStatus, end?.bug]).toEqual([[TRIED], waitStatus, undefined]);
});

test.each([
  ['an exit', -3, 3 << 8],
  ['a kill', -9, signalStatus(Signal.SIGKILL)],
])('after %s no cleanup of the guest’s runs', (_, argument, waitStatus) => {
  const { globals, end } = run(argument);
  expect([globals, end?.waitStatus]).toEqual([[TRIED], waitStatus]);
});

test('what a handler takes besides is 0, and what it returns is lost', () => {
  for (const handler of [TAKES_THREE, RETURNS]) {
    expect(run(handler)).toEqual({ globals: [TRIED, CAUGHT, RETURNED], end: undefined });
  }
});

test.each([
  ['of another type', TAKES_64, /has another type/],
  ['that is no function', 9, /is no function/],
])('a handler %s is a fault of the guest’s', (_, handler, message) => {
  const { globals, end } = run(handler);
  expect([globals, end?.waitStatus]).toEqual([[TRIED], signalStatus(Signal.SIGSEGV)]);
  expect(end?.trap?.message).toMatch(message);
});
