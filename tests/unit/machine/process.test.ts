// A process whose core, Linux and clock the test plays: who decides how it ended, when its thread has to be ended, what ends it
// from outside, and that core, memory and streams are given back once, by the last who uses them.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Signal, signalStatus } from '../../../runtime/abi/signals.ts';
import type { Pid } from '../../../runtime/abi/types.ts';
import { createControl, KILLED, SLOT, slotBase, slotDoorbell } from '../../../runtime/channel/layout.ts';
import { startRunning } from '../../../runtime/channel/run-clock.ts';
import type { Core } from '../../../runtime/machine/cores/pool.ts';
import type { FromCore } from '../../../runtime/machine/messages.ts';
import { limit } from '../../../runtime/machine/process/launch.ts';
import type { RunLimits } from '../../../runtime/machine/process/limits.ts';
import { GuestProcess, type ProcessParts } from '../../../runtime/machine/process/process.ts';
import { TraceReader } from '../../../runtime/machine/process/trace.ts';
import { deferred } from '../../../runtime/machine/values/deferred.ts';
import { MemoryLease } from '../../../runtime/memory/lease.ts';
import { ProcessBlock } from '../../../runtime/process/block.ts';
import { createByteStream } from '../../../runtime/shm/byte-stream.ts';
import { announce } from '../../../runtime/shm/doorbell.ts';

const PID = 7 as Pid;
const SLOT_OF_CORE = 1;
/** No thread's number. */
const BLOCK = 0;
const SIGKILL = signalStatus(Signal.SIGKILL);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A process, and all that happens around it, in order. */
class Scene {
  readonly control = createControl(2, 'park');
  readonly block = new ProcessBlock(this.control, BLOCK);
  readonly events: string[] = [];
  readonly posted: unknown[] = [];
  readonly process: GuestProcess;
  readonly core: Core;
  /** Of a process on several. */
  readonly others: readonly Core[];
  /** Resolve to say that the thread is gone. */
  readonly threadGone = deferred<void>();
  linuxLeftOfCore: Promise<void> | undefined;

  constructor(more: Partial<ProcessParts> & { limits?: RunLimits } = {}, otherCores = 0) {
    const note = (event: string) => (): void => void this.events.push(event);
    this.core = {
      slot: SLOT_OF_CORE,
      worker: {
        post: (message) => void this.posted.push(message),
        onMessage: () => {},
        onError: () => {},
        setRef: () => {},
        terminate: async () => {},
      },
      listener: undefined,
      hostWork: undefined,
      isHeld: false,
      isLeaving: false,
      scrubs: [],
    };
    this.others = Array.from({ length: otherCores }, (_, i) => ({ ...this.core, slot: SLOT_OF_CORE + 1 + i }));
    this.block.join(SLOT_OF_CORE);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    const lease = new MemoryLease(memory, note('memory free'));
    this.process = new GuestProcess({
      pid: PID,
      cores: [this.core, ...this.others],
      control: this.control,
      block: this.block,
      guestMemory: lease.share(),
      linuxMemory: more.hasOwnLinux ? undefined : lease.share(),
      stdio: [createByteStream(), createByteStream(), createByteStream()],
      ring: () => {},
      endInLinux: (pid, waitStatus) => this.events.push(`Linux told ${pid} ${waitStatus}`),
      onCoreFree: note('core free'),
      onCoreStuck: (_core, linuxLeft) => {
        this.events.push('thread ended');
        this.linuxLeftOfCore = linuxLeft;
        return this.threadGone.promise;
      },
      onBug: (report) => this.events.push(`bug ${report}`),
      onGone: note('gone'),
      onStreamFree: note('stream free'),
      hasOwnLinux: false,
      limits: {},
      mode: 'command',
      ...more,
    });
    // Nobody has to look at how it ended.
    this.process.exit.catch(() => {});
  }

  get killWord(): number {
    return this.block.ending;
  }

  get doorbell(): number {
    return this.control.i32[slotBase(SLOT_OF_CORE) + SLOT.DOORBELL] as number;
  }

  say(message: FromCore): void {
    this.core.listener?.(message);
  }

  /** The guest ends by itself: its monitor is first at the kill word. */
  ends(waitStatus = 0, more: Partial<Extract<FromCore, { type: 'ended' }>> = {}): void {
    this.block.end(waitStatus);
    this.say({ type: 'ended', pid: PID, end: { waitStatus, trap: undefined }, isOwn: true, ...more });
  }

  /** The guest has seen the kill word, and leaves. */
  leaves(): void {
    this.say({ type: 'ended', pid: PID, end: { waitStatus: this.killWord & ~KILLED, trap: undefined }, isOwn: false });
  }
}

const passes = (durationMs: number): Promise<unknown> => vi.advanceTimersByTimeAsync(durationMs);

describe('a guest that ends by itself', () => {
  test('gives core and memory back when Linux has let go of it, and not before', async () => {
    const scene = new Scene();
    scene.ends(3 << 8);
    await expect(scene.process.exit).resolves.toMatchObject({ exitCode: 3, signal: undefined, limit: undefined });
    await passes(1000);
    expect(scene.events).toEqual([]);
    scene.process.linuxLeft();
    await scene.process.left;
    expect(scene.events).toEqual(['core free', 'memory free', 'gone']);
  });

  test('whom Linux has let go of first, too', async () => {
    const scene = new Scene();
    scene.process.linuxLeft();
    await passes(0);
    expect(scene.events).toEqual([]);
    scene.ends();
    await scene.process.left;
    expect(scene.events).toEqual(['core free', 'memory free', 'gone']);
  });

  test('that has a Linux of its own waits for nobody', async () => {
    const scene = new Scene({ hasOwnLinux: true });
    scene.ends();
    await scene.process.left;
    expect(scene.events).toEqual(['core free', 'memory free', 'gone']);
  });

  test('is not ended again by a kill that comes late', async () => {
    const scene = new Scene();
    // Its monitor was first, and its message is on the way.
    scene.block.end(0);
    expect(scene.process.kill('SIGKILL')).toBe(false);
    scene.ends();
    expect(scene.process.kill()).toBe(false);
    await expect(scene.process.exit).resolves.toMatchObject({ exitCode: 0, signal: undefined });
    await passes(1000);
    expect(scene.events).toEqual([]);
  });

  test('and could not be started rejects, and gives back as any other', async () => {
    const scene = new Scene();
    scene.ends(127 << 8, { error: { code: 'ENOEXEC', message: 'it cannot be linked' } });
    await expect(scene.process.exit).rejects.toMatchObject({ code: 'ENOEXEC' });
    scene.process.linuxLeft();
    await scene.process.left;
    expect(scene.events).toEqual(['core free', 'memory free', 'gone']);
  });

  test('within a limit of its calls names it only when its status is not 0', async () => {
    for (const [status, named] of [
      [1 << 8, 'storage'],
      [0, undefined],
    ] as const) {
      const scene = new Scene();
      scene.block.refuse('storage');
      scene.ends(status);
      expect((await scene.process.exit).limit).toBe(named);
    }
  });
});

describe('a kill', () => {
  test('is told at once, to whoever waits, to the guest and to Linux', async () => {
    const scene = new Scene();
    const seen = announce(slotDoorbell(scene.control, SLOT_OF_CORE));
    expect(scene.process.kill()).toBe(true);
    expect(scene.killWord).toBe(KILLED | signalStatus(Signal.SIGTERM));
    expect(scene.doorbell).not.toBe(seen);
    expect(scene.events).toEqual([`Linux told 7 ${signalStatus(Signal.SIGTERM)}`]);
    expect(scene.process.kill('SIGKILL')).toBe(false);
    await expect(scene.process.exit).resolves.toMatchObject({ exitCode: 143, signal: 'SIGTERM' });
    expect(scene.events).toHaveLength(1);
  });

  test('does not end the thread of a guest that leaves in time', async () => {
    for (const afterMs of [0, 1, 3, 6]) {
      const scene = new Scene();
      scene.process.kill('SIGKILL');
      await passes(afterMs);
      scene.leaves();
      scene.process.linuxLeft();
      await passes(1000);
      expect(scene.events.slice(1), `${afterMs} ms`).toEqual(['core free', 'memory free', 'gone']);
    }
  });

  test('ends the thread of one that does not, once, after some milliseconds', async () => {
    const scene = new Scene();
    scene.process.kill('SIGKILL');
    await passes(6.9);
    expect(scene.events).toHaveLength(1);
    await passes(0.1);
    expect(scene.events.slice(1)).toEqual(['thread ended']);
    scene.process.linuxLeft();
    await passes(1000);
    expect(scene.events.slice(1)).toEqual(['thread ended']);
    scene.threadGone.resolve();
    await scene.process.left;
    expect(scene.events.slice(1)).toEqual(['thread ended', 'memory free', 'gone']);
  });

  test('Linux hears of an end whose thread was ended before it told', async () => {
    const scene = new Scene({}, 1);
    // Main sets the kill word, and comes to nothing else; the other core leaves at once.
    scene.block.end(5 << 8);
    const end = { waitStatus: 5 << 8, trap: undefined };
    scene.others[0]?.listener?.({ type: 'ended', pid: PID, end, isOwn: false });
    await passes(1000);
    expect(scene.events).toEqual(['thread ended']);
    scene.threadGone.resolve();
    await expect(scene.process.exit).resolves.toMatchObject({ exitCode: 5 });
    await passes(0);
    expect(scene.events).toEqual(['thread ended', `Linux told ${PID} ${5 << 8}`]);
    scene.process.linuxLeft();
    await scene.process.left;
    expect(scene.events.slice(2)).toEqual(['core free', 'memory free', 'gone']);
  });

  test('lets memory and slot wait for Linux, though the thread is gone', async () => {
    const scene = new Scene();
    scene.process.kill('SIGKILL');
    await passes(10);
    scene.threadGone.resolve();
    let isLeft = false;
    scene.linuxLeftOfCore?.then(() => {
      isLeft = true;
    });
    await passes(1000);
    expect({ isLeft, events: scene.events.slice(1) }).toEqual({ isLeft: false, events: ['thread ended'] });
    scene.process.linuxLeft();
    await scene.process.left;
    expect(isLeft).toBe(true);
    expect(scene.events.slice(1)).toEqual(['thread ended', 'memory free', 'gone']);
  });

  test('of a guest whose last words come when its thread is being ended frees its core once', async () => {
    const scene = new Scene();
    scene.process.kill('SIGKILL');
    await passes(10);
    scene.leaves();
    scene.process.linuxLeft();
    scene.threadGone.resolve();
    await scene.process.left;
    expect(scene.events.slice(1)).toEqual(['thread ended', 'memory free', 'gone']);
  });

  test('knows its signals', () => {
    const { process } = new Scene();
    expect(() => process.kill('SIGFOO' as 'SIGKILL')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    );
  });
});

describe('a process that Linux refuses', () => {
  const error = { code: 'ENOENT', message: 'cwd /absent: there is no such directory' };

  test('rejects, and its guest has to leave, by the end of its thread if need be', async () => {
    const scene = new Scene();
    scene.process.refuse(error);
    scene.process.linuxLeft();
    await expect(scene.process.exit).rejects.toMatchObject(error);
    expect(scene.killWord).toBe(KILLED | SIGKILL);
    await passes(7);
    scene.threadGone.resolve();
    await scene.process.left;
    expect(scene.events).toEqual(['thread ended', 'memory free', 'gone']);
  });

  test('although its guest has ended already rejects, and ends no thread', async () => {
    const scene = new Scene();
    scene.block.end(0);
    scene.process.refuse(error);
    scene.process.linuxLeft();
    await passes(1000); // its message takes long
    scene.ends();
    await expect(scene.process.exit).rejects.toMatchObject(error);
    await scene.process.left;
    expect(scene.events).toEqual(['core free', 'memory free', 'gone']);
  });
});

describe('a bug of ours', () => {
  test.each([
    ['whose thread is lost', (scene: Scene) => scene.say({ type: 'lost', message: 'stack' })],
    [
      'that its core reports',
      (scene: Scene) => scene.ends(SIGKILL, { end: { waitStatus: SIGKILL, trap: undefined, bug: 'stack' } }),
    ],
  ])('%s ends the process alone, and its thread at once', async (_which, happens) => {
    const scene = new Scene();
    happens(scene);
    await expect(scene.process.exit).rejects.toMatchObject({ code: 'EIO', message: /stack/ });
    expect(scene.events).toContain('bug stack');
    expect(scene.events).toContain('thread ended');
    scene.process.linuxLeft();
    scene.threadGone.resolve();
    await scene.process.left;
    expect(scene.events.slice(-2)).toEqual(['memory free', 'gone']);
    expect(scene.events).not.toContain('core free');
  });

  test.each([0, 10])('%i ms after a kill is not told to whoever waits, and ends the thread once', async (afterMs) => {
    const scene = new Scene();
    scene.process.kill('SIGKILL');
    await passes(afterMs);
    scene.say({ type: 'lost', message: 'stack' });
    await passes(1000);
    await expect(scene.process.exit).resolves.toMatchObject({ signal: 'SIGKILL' });
    expect(scene.events.filter((event) => event === 'thread ended')).toHaveLength(1);
  });
});

describe('a limit', () => {
  function limited(limits: RunLimits & { signal?: AbortSignal }): Scene {
    const scene = new Scene({ limits });
    startRunning(scene.control, SLOT_OF_CORE);
    limit(scene.process, limits);
    return scene;
  }

  test('of time ends the process when it is over', async () => {
    const scene = limited({ timeoutMs: 100 });
    await passes(99);
    expect(scene.process.isRunning).toBe(true);
    await passes(1);
    await expect(scene.process.exit).resolves.toMatchObject({ signal: 'SIGKILL', hasTimedOut: true, limit: 'timeout' });
  });

  test('of processor time counts what the guest runs', async () => {
    const scene = limited({ cpuMs: 100 });
    await passes(99);
    expect(scene.process.isRunning).toBe(true);
    await passes(10);
    await expect(scene.process.exit).resolves.toMatchObject({ signal: 'SIGXCPU', hasTimedOut: false, limit: 'cpu' });
  });

  test('of output ends it, or drops what is too much', async () => {
    for (const outputOverflow of ['end', 'truncate'] as const) {
      const { process } = limited({ maxOutput: 4, outputOverflow });
      expect(process.keepOutput(new Uint8Array(3))).toHaveLength(3);
      expect(process.isOutputCut).toBe(false);
      expect(process.keepOutput(new Uint8Array(3))).toHaveLength(1);
      expect(process.keepOutput(new Uint8Array(3))).toHaveLength(0);
      expect({ isCut: process.isOutputCut, isRunning: process.isRunning }).toEqual({
        isCut: true,
        isRunning: outputOverflow === 'truncate',
      });
    }
  });

  test('is the signal’s, also of one that has aborted', async () => {
    const controller = new AbortController();
    const scene = limited({ signal: controller.signal });
    expect(scene.process.isRunning).toBe(true);
    controller.abort();
    await expect(scene.process.exit).resolves.toMatchObject({ signal: 'SIGKILL', limit: undefined });
    expect(limited({ signal: AbortSignal.abort() }).process.isRunning).toBe(false);
  });

  test('is named by nobody when the guest was first, and watched no longer', async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    const scene = limited({ timeoutMs: 100, cpuMs: 100, signal: controller.signal });
    scene.block.end(0);
    scene.process.exceed('timeout');
    scene.ends();
    await expect(scene.process.exit).resolves.toMatchObject({ exitCode: 0, hasTimedOut: false, limit: undefined });
    await passes(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalled();
  });

  test('is what a trace that throws is: the process ends', async () => {
    const trace = new TraceReader(() => {
      throw new Error('no more');
    }, undefined);
    const scene = new Scene({ trace });
    scene.say({ type: 'trace', line: 'getpid() = 7' });
    await expect(scene.process.traced).rejects.toThrow('no more');
    await expect(scene.process.exit).resolves.toMatchObject({ signal: 'SIGKILL' });
  });
});

describe('a machine that is gone', () => {
  const steps: readonly (readonly [name: string, step: (scene: Scene) => unknown, exit: object])[] = [
    ['before anything', () => {}, { signal: 'SIGKILL' }],
    ['after the guest’s end, before Linux has heard', (scene) => scene.ends(2 << 8), { exitCode: 2 }],
    [
      'when the guest has ended and its message is lost',
      (scene) => {
        scene.block.end(4 << 8);
      },
      { exitCode: 4 },
    ],
    ['after a kill, before the guest has left', (scene) => scene.process.kill('SIGINT'), { signal: 'SIGINT' }],
    [
      'while a thread is being ended',
      async (scene) => {
        scene.process.kill('SIGTERM');
        await passes(10);
      },
      { signal: 'SIGTERM' },
    ],
  ];

  test.each(steps)('%s leaves nobody waiting', async (_name, step, exit) => {
    const scene = new Scene();
    const outputs = scene.process.collect();
    await step(scene);
    scene.process.abandon();
    await expect(scene.process.exit).resolves.toMatchObject(exit);
    await scene.process.left;
    vi.useRealTimers();
    expect((await outputs).map(String)).toEqual(['', '']);
  });

  test('because of a bug of ours says so, and ends calls of functions', async () => {
    const scene = new Scene({ mode: 'resident' });
    scene.say({ type: 'loaded' });
    await scene.process.loaded;
    const called = scene.process.call({ name: 'work', args: [] }, {});
    scene.process.fail({ code: 'EIO', message: 'fusedos stopped' });
    await expect(called).rejects.toThrow(/fusedos stopped/);
    await expect(scene.process.exit).rejects.toMatchObject({ code: 'EIO' });
    scene.process.abandon();
    await scene.process.left;
  });
});
