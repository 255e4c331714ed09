// A machine on a backing that the test plays: it is closed, or the start is given up, at each step on the way to a process; nobody
// is left waiting, and what the start had taken is free again.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createControl } from '../../../runtime/channel/layout.ts';
import type { Backing, BackingParts, ProcessLaunch, ProcessResources } from '../../../runtime/machine/backing.ts';
import { CorePool, type Cores, SlotAllocator } from '../../../runtime/machine/cores/pool.ts';
import { FusedError } from '../../../runtime/machine/errors.ts';
import { createFileSystem } from '../../../runtime/machine/fs/index.ts';
import { Machine } from '../../../runtime/machine/machine.ts';
import type { FromCore, ToCore } from '../../../runtime/machine/messages.ts';
import { checkMachineOptions } from '../../../runtime/machine/options.ts';
import type { GuestProcess } from '../../../runtime/machine/process/process.ts';
import { type Deferred, deferred } from '../../../runtime/machine/values/deferred.ts';
import type { ProcessBlock } from '../../../runtime/process/block.ts';
import { createByteStream } from '../../../runtime/shm/byte-stream.ts';

/** Workers that are ready at once, and end when they are told. */
const { createWorker } = vi.hoisted(() => ({ createWorker: vi.fn() }));
vi.mock('../../../runtime/host/index.ts', async (original) => {
  const { host } = (await original()) as { host: object };
  return { host: { ...host, createWorker } };
});

let say: (message: FromCore) => void = () => {};
beforeEach(() => {
  createWorker.mockImplementation(() => ({
    post: (message: ToCore) => {
      if (message.type === 'boot') say({ type: 'ready' });
    },
    onMessage: (listener: (message: FromCore) => void) => {
      say = listener;
    },
    onError: () => {},
    setRef: () => {},
    terminate: async () => {},
  }));
});

/** An empty module that exports `_start`. */
const PROGRAM = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 10, 1, 6, 0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0, 0],
  ...[10, 4, 1, 2, 0, 0x0b],
]);

type Step = 'prepare' | 'settle' | 'resources';

/** Stops at a step until the test goes on. */
class FakeBacking implements Backing {
  readonly degraded = undefined;
  readonly placement = 'cnk';
  readonly ownTops = undefined;
  readonly control = createControl(4, 'park');
  readonly fs = createFileSystem(async () => []);
  readonly cores: CorePool;
  readonly parts: BackingParts;
  readonly events: string[] = [];
  readonly stop: { at: Step | undefined; reached: Deferred<void>; goOn: Deferred<void> };
  keepsRunning = false;

  constructor(parts: BackingParts, at: Step | undefined) {
    this.parts = parts;
    this.stop = { at, reached: deferred(), goOn: deferred() };
    this.cores = new CorePool({
      control: this.control,
      slots: new SlotAllocator(4),
      epochMs: 0,
      limit: 1,
      queueLimit: 4,
      workers: undefined,
      onBug: () => {},
    });
  }

  async start(): Promise<void> {}
  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}
  requireServed(): void {}

  async prepare(): Promise<Uint8Array> {
    await this.#step('prepare');
    return new Uint8Array(0);
  }

  coresFor(): CorePool {
    return this.cores;
  }

  settle(): Promise<void> {
    return this.#step('settle');
  }

  resourcesFor(_cores: Cores, _block: ProcessBlock, { name }: ProcessLaunch): ProcessResources {
    if (this.stop.at === 'resources') throw new FusedError('ENOMEM', 'not now');
    this.events.push(`resources for ${name}`);
    return {
      stdio: [null, createByteStream(), createByteStream()],
      parts: {
        guestMemory: undefined,
        linuxMemory: undefined,
        ring: () => {},
        endInLinux: (pid) => this.events.push(`end ${pid}`),
        onStreamFree: () => {},
      },
      memory: undefined,
      jobMemory: undefined,
      start: (process: GuestProcess) => this.events.push(`start ${process.pid}`),
      end: () => {
        this.events.push('end of resources');
        return undefined;
      },
      discard: () => {},
    };
  }

  loadHere(): Promise<never> {
    return Promise.reject(new Error('not here'));
  }

  setRef(keepsRunning: boolean): void {
    this.keepsRunning = keepsRunning;
  }

  close(error: FusedError): Promise<void> {
    return this.cores.close(error);
  }

  dispose(): void {
    this.events.push('disposed');
  }

  async #step(step: Step): Promise<void> {
    if (this.stop.at !== step) return;
    this.stop.reached.resolve();
    await this.stop.goOn.promise;
  }
}

function boot(at?: Step): { machine: Machine; backing: FakeBacking } {
  const made: FakeBacking[] = [];
  const machine = new Machine(checkMachineOptions({ appCores: 1 }, 2), (parts) => {
    const backing = new FakeBacking(parts, at);
    made.push(backing);
    return backing;
  });
  const [backing] = made;
  if (backing === undefined) throw new Error('a machine asks for its backing');
  return { machine, backing };
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending';
  promise.then(
    (value) => {
      state = value;
    },
    (error: unknown) => {
      state = error;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

const name = 'program';

describe('close', () => {
  test.each(['prepare', 'settle'] as const)('while a start is at the step %s fails it', async (step) => {
    const { machine, backing } = boot(step);
    const spawned = machine.spawn(PROGRAM, { name });
    spawned.catch(() => {});
    await backing.stop.reached.promise;
    expect(backing.keepsRunning).toBe(true);
    const closed = machine.close();
    backing.stop.goOn.resolve();
    expect(await stateOf(spawned)).toMatchObject({ code: 'ESHUTDOWN' });
    await closed;
    expect(backing.events).toEqual(['disposed']);
    expect(backing.parts.processes.size).toBe(0);
  });

  test('while a start waits for a core fails it, and ends who has the core', async () => {
    const { machine, backing } = boot();
    const first = await machine.spawn(PROGRAM, { name });
    const second = machine.spawn(PROGRAM, { name });
    expect(await stateOf(second)).toBe('pending');
    await machine.close();
    expect(await stateOf(second)).toMatchObject({ code: 'ESHUTDOWN' });
    expect(await first.exit).toMatchObject({ signal: 'SIGKILL' });
    expect(backing.events).toEqual(['resources for program', 'start 2', 'end 2', 'disposed']);
  });

  test('because of a bug of ours tells it to whoever waits', async () => {
    vi.spyOn(console, 'error').mockImplementationOnce(() => {});
    const { machine, backing } = boot();
    const process = await machine.spawn(PROGRAM);
    const waiting = machine.spawn(PROGRAM);
    waiting.catch(() => {});
    backing.parts.lifecycle.fail('linux: stack');
    await machine.close();
    const error = { code: 'EIO', message: expect.stringContaining('stack') };
    expect(await stateOf(process.exit)).toMatchObject(error);
    expect(await stateOf(waiting)).toMatchObject(error);
    expect(await stateOf(machine.spawn(PROGRAM))).toMatchObject(error);
  });
});

describe('a start that is given up', () => {
  test.each(['prepare', 'settle'] as const)('by its signal at the step %s has taken nothing', async (step) => {
    const { machine, backing } = boot(step);
    const controller = new AbortController();
    const spawned = machine.spawn(PROGRAM, { name, signal: controller.signal });
    spawned.catch(() => {});
    await backing.stop.reached.promise;
    const reason = new Error('no longer');
    controller.abort(reason);
    expect(await stateOf(spawned)).toBe(reason);
    expect(machine.freeCores).toBe(1);
    expect(backing.keepsRunning).toBe(false);
    backing.stop.goOn.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(backing.events).toEqual([]);
    await machine.spawn(PROGRAM, { name, queue: false });
    expect(backing.events).toEqual(['resources for program', 'start 2']);
    await machine.close();
  });

  test('since there is no memory gives its core back', async () => {
    const { machine, backing } = boot('resources');
    expect(await stateOf(machine.spawn(PROGRAM))).toMatchObject({ code: 'ENOMEM' });
    expect(machine.freeCores).toBe(1);
    expect(backing.keepsRunning).toBe(false);
    await machine.close();
  });
});

test('a process keeps the program running, and its core, until all of it is given back', async () => {
  const { machine, backing } = boot();
  const process = await machine.spawn(PROGRAM, { name });
  expect(backing.parts.processes.get(process.pid)).toBe(process);
  say({ type: 'ended', pid: process.pid, end: { waitStatus: 0, trap: undefined }, isOwn: true });
  await process.exit;
  expect({ free: machine.freeCores, keepsRunning: backing.keepsRunning }).toEqual({ free: 0, keepsRunning: true });
  process.linuxLeft();
  await process.left;
  expect({ free: machine.freeCores, keepsRunning: backing.keepsRunning }).toEqual({ free: 1, keepsRunning: false });
  expect(backing.parts.processes.size).toBe(0);
  expect(backing.events).toEqual(['resources for program', 'start 2', 'end of resources']);
  await machine.close();
});

test('pids count on, whoever is started', async () => {
  const { machine } = boot();
  for (const pid of [2, 3, 4]) {
    const process = await machine.spawn(PROGRAM);
    expect(process.pid).toBe(pid);
    say({ type: 'ended', pid: process.pid, end: { waitStatus: 0, trap: undefined }, isOwn: true });
    process.linuxLeft();
    await process.left;
  }
  await machine.close();
});
