// The ways in which a guest ends, told from a bug of ours, with real traps of the engine; and who decides the status.

import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import { createControl, createLocalControl, KILLED } from '../../../runtime/channel/layout.ts';
import { Monitor } from '../../../runtime/core/monitor.ts';
import { rewriteModule } from '../../../runtime/memory/module/index.ts';
import { ProcessBlock } from '../../../runtime/process/block.ts';
import { buildModule, concat, i32Const } from '../../support/module-builder.ts';
import { instantiateRewritten } from '../../support/rewritten-instance.ts';

/** (import "env" "call" (func)) called by `run`, in a catch_all after which it goes on, and by `plain`. */
const CALLER = buildModule({
  types: [{}],
  imports: [{ module: 'env', name: 'call', func: 0 }],
  functions: [
    { type: 0, body: [0x06, 0x40, 0x10, 0, 0x19, 0x0b, 0x10, 0] },
    { type: 0, body: [0x10, 0] },
  ],
  exports: [
    { name: 'run', kind: 'func', index: 1 },
    { name: 'plain', kind: 'func', index: 2 },
  ],
});

function guestThatCalls(call: () => void): { run: () => void; plain: () => void } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(CALLER), { env: { call } });
  return exports as { run: () => void; plain: () => void };
}

function newMonitor(): { monitor: Monitor; kill(status: number): void } {
  const control = createLocalControl(1);
  const block = new ProcessBlock(control, 0);
  const monitor = new Monitor(control, 0, block);
  monitor.arm(new WebAssembly.Module(CALLER));
  return { monitor, kill: (status) => void block.end(status) };
}

const KILL = signalStatus(Signal.SIGKILL);

describe('an exception of ours in a call', () => {
  test.each([
    ['TypeError', () => new TypeError('Cannot convert 5 to a BigInt')],
    ['a RangeError that is no stack overflow', () => new RangeError('offset is out of bounds')],
    ['no Error at all', () => 'text'],
  ])('%s ends the guest, though it catches everything', (_title, make) => {
    const { monitor } = newMonitor();
    let calls = 0;
    const guest = guestThatCalls(() => {
      calls++;
      try {
        throw make();
      } catch (error) {
        monitor.contain(error);
      }
    });
    const outcome = monitor.guard(() => guest.run());
    expect(outcome).toMatchObject({ end: { waitStatus: KILL, trap: undefined, bug: expect.any(String) } });
    expect(calls).toBe(1);
  });

  test('its report has the stack', () => {
    const { monitor } = newMonitor();
    const outcome = monitor.guard(() => {
      throw new TypeError('ours');
    });
    expect(outcome).toMatchObject({ end: { bug: expect.stringMatching(/^TypeError: ours\n {4}at /) } });
  });

  test('is reported also when the guest was killed meanwhile; the kill decides the status', () => {
    const { monitor, kill } = newMonitor();
    kill(signalStatus(Signal.SIGTERM));
    const settled = monitor.settle({ waitStatus: KILL, trap: undefined, bug: 'ours' });
    expect(settled).toEqual({
      end: { waitStatus: signalStatus(Signal.SIGTERM), trap: undefined, bug: 'ours' },
      isOwn: false,
    });
  });

  test('is forgotten when the next guest comes', () => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => monitor.contain(new TypeError('ours')));
    monitor.guard(() => guest.plain());
    monitor.arm(new WebAssembly.Module(CALLER));
    expect(monitor.guard(() => 5)).toEqual({ value: 5 });
  });
});

describe('what is the guest’s own goes through contain as it is', () => {
  test('its exit', () => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => {
      try {
        monitor.exit(3);
      } catch (error) {
        monitor.contain(error);
      }
    });
    expect(monitor.guard(() => guest.run())).toEqual({ end: { waitStatus: 3 << 8, trap: undefined } });
  });

  test('a stack overflow in our code', () => {
    const { monitor } = newMonitor();
    const deep = (): number => deep() + 1;
    const guest = guestThatCalls(() => {
      try {
        deep();
      } catch (error) {
        monitor.contain(error);
      }
    });
    const outcome = monitor.guard(() => guest.plain());
    expect(outcome).toMatchObject({
      end: { waitStatus: signalStatus(Signal.SIGSEGV), trap: { message: 'stack overflow' } },
    });
  });

  test('a kill', () => {
    const { monitor, kill } = newMonitor();
    const guest = guestThatCalls(() => {
      kill(signalStatus(Signal.SIGTERM));
      try {
        monitor.leave();
      } catch (error) {
        monitor.contain(error);
      }
    });
    // Whoever killed it has told how it ended; what the monitor makes of it is for a signal that Linux raised in a call.
    expect(monitor.guard(() => guest.run())).toMatchObject({
      end: { waitStatus: signalStatus(Signal.SIGTERM), trap: { message: 'raised signal 15' } },
    });
  });
});

/** (func (export "run")) of instructions alone. */
function guestOf(body: readonly number[]): () => void {
  const bytes = buildModule({
    types: [{}],
    functions: [{ type: 0, body }],
    tables: [{ initial: 1 }],
    memories: [{ initial: 1 }],
    exports: [{ name: 'run', kind: 'func', index: 0 }],
  });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as () => void;
}

describe('a guest ends', () => {
  test('by returning: its value is kept', () => {
    expect(newMonitor().monitor.guard(() => 'value')).toEqual({ value: 'value' });
  });

  test.each([
    ['unreachable', [0x00], Signal.SIGILL],
    ['a division by zero', [0x41, 1, 0x41, 0, 0x6d, 0x1a], Signal.SIGFPE],
    ['a load outside its memory', [0x41, 0x7f, 0x28, 0, 0, 0x1a], Signal.SIGSEGV],
    ['a call of a null function', [0x41, 0, 0x11, 0, 0], Signal.SIGSEGV],
    ['running out of stack', [0x10, 0], Signal.SIGSEGV],
  ])('by %s', (_title, body, signal) => {
    const { monitor } = newMonitor();
    const outcome = monitor.guard(guestOf(body));
    expect(outcome).toMatchObject({ end: { waitStatus: signalStatus(signal), trap: { signal } } });
    expect('end' in outcome && outcome.end.bug).toBeFalsy();
  });

  test.each([
    [0, 0],
    [255, 255 << 8],
    [256, 0],
    [-1, 255 << 8],
  ])('by exit(%d)', (code, waitStatus) => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => monitor.exit(code));
    expect(monitor.guard(() => guest.run())).toEqual({ end: { waitStatus, trap: undefined } });
  });

  test('by a signal that it raises, told without the function that trapped for it', () => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => monitor.raise(Signal.SIGABRT));
    const outcome = monitor.guard(() => guest.plain());
    const trap = {
      signal: Signal.SIGABRT,
      message: 'raised signal 6',
      frames: [expect.stringContaining('function[2]')],
    };
    expect(outcome).toEqual({ end: { waitStatus: signalStatus(Signal.SIGABRT), trap } });
  });

  test('by calling what nobody provides, which is named', () => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => monitor.missing('env', 'fork'));
    expect(monitor.guard(() => guest.run())).toMatchObject({
      end: { trap: { signal: Signal.SIGSYS, message: 'the program called env.fork, which nobody provides' } },
    });
  });

  test('by a function of the embedder that fails: the embedder is told, and it is no bug of ours', () => {
    const { monitor } = newMonitor();
    const failure = new Error('theirs');
    const guest = guestThatCalls(() => monitor.failHost(new TypeError('x'), () => failure));
    expect(monitor.guard(() => guest.run())).toEqual({ end: { waitStatus: KILL, trap: undefined, failure } });
  });

  test('by an exit inside a function of the embedder, which is no failure of that', () => {
    const { monitor } = newMonitor();
    const guest = guestThatCalls(() => {
      try {
        monitor.exit(4);
      } catch (error) {
        monitor.failHost(error, () => new Error('theirs'));
      }
    });
    expect(monitor.guard(() => guest.run())).toEqual({ end: { waitStatus: 4 << 8, trap: undefined } });
  });

  test('by Linux, which ends it in a call: an exit has no trap', () => {
    const { monitor, kill } = newMonitor();
    const guest = guestThatCalls(() => {
      kill(7 << 8);
      monitor.leave();
    });
    expect(monitor.guard(() => guest.run())).toEqual({ end: { waitStatus: 7 << 8, trap: undefined } });
  });

  test.each([
    [Signal.SIGABRT, 'abort: no in main.ts(3:4)'],
    [Signal.SIGTERM, 'raised signal 15'],
  ])('by signal %d of Linux after its last words: %s', (signal, message) => {
    const { monitor, kill } = newMonitor();
    const guest = guestThatCalls(() => {
      monitor.noteLastWords({ message: 'no', fileName: 'main.ts', lineNumber: 3, columnNumber: 4 });
      kill(signalStatus(signal));
      monitor.leave();
    });
    expect(monitor.guard(() => guest.plain())).toMatchObject({ end: { trap: { signal, message } } });
  });

  test('and its last words and its reason are not those of the next', () => {
    const { monitor, kill } = newMonitor();
    monitor.noteLastWords({ message: 'no', fileName: 'main.ts', lineNumber: 3, columnNumber: 4 });
    monitor.guard(() => monitor.exit(3));
    monitor.arm(new WebAssembly.Module(CALLER));
    kill(signalStatus(Signal.SIGABRT));
    const outcome = monitor.guard(() => monitor.leave());
    expect(outcome).toMatchObject({ end: { trap: { message: 'raised signal 6' } } });
  });
});

describe('a sleep', () => {
  test('of no time does not sleep, but leaves a guest that is killed', () => {
    const { monitor, kill } = newMonitor();
    const wait = (): never => expect.fail('it sleeps');
    monitor.sleep(0, wait);
    kill(signalStatus(Signal.SIGKILL));
    expect(monitor.guard(() => monitor.sleep(0, wait))).toMatchObject({ end: { waitStatus: KILL } });
  });

  test('goes on through wake-ups until its time has come, and is left by a kill', () => {
    const { monitor, kill } = newMonitor();
    const left: number[] = [];
    const wait = (_words: Int32Array, _index: number, _seen: number, timeoutMs: number): void => {
      left.push(timeoutMs);
      if (left.length === 3) kill(signalStatus(Signal.SIGTERM));
    };
    const outcome = monitor.guard(() => monitor.sleep(1e6, wait));
    expect(outcome).toMatchObject({ end: { waitStatus: signalStatus(Signal.SIGTERM) } });
    expect(left).toHaveLength(3);
    expect(left.every((ms) => ms > 0 && ms <= 1e6)).toBe(true);
  });
});

describe('whoever sets the kill word first decides the status', () => {
  const trap = { signal: Signal.SIGSEGV, message: 'out of bounds', frames: [] };
  const own = { waitStatus: signalStatus(Signal.SIGSEGV), trap };

  test('the guest: its end is its own', () => {
    const { monitor } = newMonitor();
    expect(monitor.settle(own)).toEqual({ end: own, isOwn: true });
    expect(monitor.isKilled).toBe(true);
  });

  test('another with another status: the guest’s trap is not told', () => {
    const { monitor, kill } = newMonitor();
    kill(9);
    expect(monitor.settle(own)).toEqual({ end: { waitStatus: 9, trap: undefined }, isOwn: false });
  });

  test('another with the same status: what the guest tells of it stays', () => {
    const { monitor, kill } = newMonitor();
    kill(own.waitStatus);
    expect(monitor.settle(own)).toEqual({ end: own, isOwn: false });
  });

  test('an exit with 0 of Linux’s is an end, too', () => {
    const { monitor, kill } = newMonitor();
    kill(0);
    expect(monitor.settle(own)).toEqual({ end: { waitStatus: 0, trap: undefined }, isOwn: false });
  });

  test('also when both do so at once: one of them is first, and both know which', async () => {
    const rounds = 2000;
    const control = createControl(1, 'park');
    const block = new ProcessBlock(control, 0);
    block.end(9);
    const word = control.i32.indexOf(block.ending);
    const words = new Int32Array(new SharedArrayBuffer(8));
    const [GO, DONE, OTHER_FIRST] = [0, 1, 1] as const;
    const source = `
      const { workerData, parentPort } = require('node:worker_threads');
      const { control, words, word, killed, rounds } = workerData;
      parentPort.postMessage('ready');
      for (let round = 1; round <= rounds; round++) {
        while (Atomics.load(words, 0) < round);
        const first = Atomics.compareExchange(control, word, 0, killed) === 0;
        Atomics.store(words, 1, round * 2 + (first ? 1 : 0));
        Atomics.notify(words, 1);
      }`;
    const workerData = { control: control.i32, words, word, killed: KILLED | 9, rounds };
    const other = new Worker(source, { eval: true, workerData });
    await new Promise((resolve) => other.once('message', resolve));
    const monitor = new Monitor(control, 0, block);
    for (let round = 1; round <= rounds; round++) {
      Atomics.store(control.i32, word, 0);
      Atomics.store(words, GO, round);
      // More or less late, so that neither is always first.
      for (let i = 0; i < (round % 40) * 20; i++) Atomics.load(words, GO);
      const { end, isOwn } = monitor.settle(own);
      let done = Atomics.load(words, DONE);
      for (; done >> 1 !== round; done = Atomics.load(words, DONE)) Atomics.wait(words, DONE, done, 10_000);
      expect([round, isOwn, end.waitStatus]).toEqual([
        round,
        (done & OTHER_FIRST) === 0,
        (done & OTHER_FIRST) === 0 ? own.waitStatus : 9,
      ]);
      expect(block.ending).toBe(KILLED | end.waitStatus);
    }
    await new Promise((resolve) => other.once('exit', resolve));
  });
});

test('a trap of what stands for an instruction is told of the function that has it', () => {
  const rewritten = rewriteModule(
    buildModule({
      types: [{}],
      memories: [{ initial: 1, maximum: 1, shared: true }],
      functions: [
        { type: 0, body: concat(i32Const(2), i32Const(1), [0xfe, 0x00, 2, 0, 0x1a]) }, // memory.atomic.notify, not aligned
        { type: 0, body: [0x10, 0] },
      ],
      exports: [{ name: 'run', kind: 'func', index: 1 }],
    }),
    { maximumPages: 1 },
  );
  const { exports } = instantiateRewritten(rewritten);
  const { monitor } = newMonitor();
  monitor.arm(new WebAssembly.Module(rewritten.bytes));
  const outcome = monitor.guard(() => (exports['run'] as () => void)());
  expect(outcome).toMatchObject({
    end: {
      waitStatus: signalStatus(Signal.SIGBUS),
      trap: { frames: [expect.stringMatching(/^function\[0\]/), expect.stringMatching(/^(function\[1\]|run)/)] },
    },
  });
});
