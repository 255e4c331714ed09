// How a guest's end is told from a bug of ours, with real traps of the engine.

import { describe, expect, test } from 'vitest';
import { Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import { createLocalControl } from '../../../runtime/channel/layout.ts';
import { Monitor } from '../../../runtime/core/monitor.ts';
import { ProcessBlock } from '../../../runtime/process/block.ts';
import { buildModule } from '../../support/module-builder.ts';

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
  monitor.arm();
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
    monitor.arm();
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
