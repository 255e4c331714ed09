// Both ends of a mailbox in every order of their steps: the real client, the real server, and who kills, posts and rings meanwhile.
// Whoever waits for an answer gets it, or leaves because it was killed; the server sleeps when all is over, and only then.

import { describe, expect, it } from 'vitest';
import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { AnyHandler, Row } from '../../../runtime/abi/row.ts';
import { TABLE } from '../../../runtime/abi/table.ts';
import * as client from '../../../runtime/channel/client.ts';
import * as layout from '../../../runtime/channel/layout.ts';
import * as server from '../../../runtime/channel/server.ts';
import type { ServiceContext } from '../../../runtime/channel/service.ts';
import * as block from '../../../runtime/process/block.ts';
import { isLong } from '../../support/long.ts';
import { explore, importMutated, type Mutation, restAs, type Thread } from './step-machine.ts';

type Channel = typeof client & typeof layout & typeof server & typeof block;
const channel: Channel = { ...client, ...layout, ...server, ...block };
const { MACHINE } = layout;

const ROW = TABLE.find(({ name }) => name === 'sched_yield') as Row;
/** Beyond the words of machine and slots. */
const FLAG = (layout.slotBase(2) * 4) / 4;
const BYTES = FLAG * 4 + 64;
const NEVER_SPINS = layout.POLICIES.indexOf('park');
const STATUS = 9;
/** Of the process whose threads the guests are: no thread's number. */
const BLOCK = 1;

/** The words by steps; floating-point ones, of the run clock alone here, are each thread's own. */
function controlOf(buffer: SharedArrayBuffer): layout.Control {
  const words = new Int32Array(buffer);
  const own = new ArrayBuffer(BYTES) as ArrayBufferLike as SharedArrayBuffer;
  const i32 = new Proxy(words, {
    get: (target, name) => (name === `${MACHINE.POLICY}` ? NEVER_SPINS : Reflect.get(target, name)),
  });
  return { buffer, i32, f64: new Float64Array(own), i64: new BigInt64Array(own) };
}

/** A thread of the process, which ships calls. @returns their results, the last is `left` if it was killed */
function guest({ Client, ProcessBlock }: Channel, slot: number, calls: number): Thread {
  return {
    run: (buffer) => {
      const control = controlOf(buffer);
      new ProcessBlock(control, BLOCK).join(slot);
      const left = new Error('left');
      const leave = (): never => {
        throw left;
      };
      const call = new Client(control, slot, BLOCK, leave).handlerFor(ROW) as (context: unknown) => number;
      const results: unknown[] = [];
      try {
        for (let i = 0; i < calls; i++) {
          restAs(() => results.join());
          results.push(call(undefined));
        }
      } catch (error) {
        if (error !== left) throw error;
        results.push('left');
      }
      return results.join();
    },
  };
}

/** Serves slots for ever. @param waits a call is complete once FLAG is set, which `poll` finds */
function linux({ Server, slotBase }: Channel, slots: readonly number[], waits = false): Thread {
  return {
    isServer: true,
    run: (buffer) => {
      const control = controlOf(buffer);
      const waiting: ServiceContext[] = [];
      const runnable: ServiceContext[] = [];
      let isSet = !waits;
      const handlers: AnyHandler<ServiceContext>[] = [];
      handlers[ROW.number] = (context) => {
        if (isSet) return 7;
        waiting.push(context);
        return -ERESTART;
      };
      const service = {
        handlers,
        takeRunnable: () => runnable.shift(),
        poll: () => {
          if (waits && !isSet) isSet = Atomics.load(control.i32, FLAG) !== 0;
          if (isSet) runnable.push(...waiting.splice(0));
          return Number.POSITIVE_INFINITY;
        },
        completed: () => {},
      };
      // When it sleeps, it has answered what it has seen, but for calls that wait.
      restAs(() => `${waiting.length} ${isSet}`);
      const events = {
        ended: () => {},
        bug: (error: unknown) => {
          throw error;
        },
      };
      const served = new Server(control, [ROW], service, events);
      for (const slot of slots) served.attach(slot, { slot: slotBase(slot) } as unknown as ServiceContext);
      return served.serve(
        () => Promise.resolve(),
        () => 0,
      );
    },
  };
}

/** Ends the process. */
function killer({ ProcessBlock }: Channel): Thread {
  return { run: (buffer) => void new ProcessBlock(controlOf(buffer), BLOCK).end(STATUS) };
}

/** Makes true what a call waits for. */
function other({ ringDoorbell }: Channel): Thread {
  return {
    run: (buffer) => {
      const control = controlOf(buffer);
      Atomics.store(control.i32, FLAG, 1);
      ringDoorbell(control);
    },
  };
}

/** What the first threads returned, in all endings; nobody is stuck. */
async function outcomes(threads: readonly Thread[]): Promise<string[]> {
  const { endings } = await explore(BYTES, threads);
  expect(endings.flatMap(({ stuck }) => stuck)).toEqual([]);
  return endings.map(({ values }) => values.slice(0, -1).join(' ')).sort();
}

describe('a mailbox', () => {
  it('completes a call', async () => {
    expect(await outcomes([guest(channel, 0, 1), linux(channel, [0])])).toEqual(['7']);
  });

  // Five minutes: by hand, FUSEDOS_ALL_ORDERS=1. Other orders of three threads are tried always.
  it.runIf(process.env['FUSEDOS_ALL_ORDERS'] !== undefined)(
    'of two guests, each gets its answer',
    async () => {
      expect(await outcomes([guest(channel, 0, 1), guest(channel, 1, 1), linux(channel, [0, 1])])).toEqual(['7 7']);
    },
    1_200_000,
  );

  it('lets a guest go that is killed anywhere in its call', async () => {
    const found = await outcomes([guest(channel, 0, 1), killer(channel), linux(channel, [0])]);
    expect(found).toEqual(['7 ', 'left ']);
  });

  it('lets a guest go that is killed, though nobody serves it', async () => {
    expect(await outcomes([guest(channel, 0, 1), killer(channel), linux(channel, [1])])).toEqual(['left ']);
  });

  it('lets all threads of a process go that is killed, wherever they are', async () => {
    const { endings } = await explore(BYTES, [guest(channel, 0, 1), guest(channel, 1, 1), killer(channel)]);
    expect(endings).toEqual([{ values: ['left', 'left', undefined], stuck: [] }]);
  });

  it.runIf(isLong)('completes a call that waits when what it waits for comes', async () => {
    expect(await outcomes([guest(channel, 0, 1), other(channel), linux(channel, [0], true)])).toEqual(['7 ']);
  });
});

describe('a mailbox that the server does not look at while its guest is quiet', () => {
  const files = [
    'runtime/channel/client.ts',
    'runtime/channel/layout.ts',
    'runtime/channel/server.ts',
    'runtime/process/block.ts',
  ];
  const file = 'runtime/channel/server.ts';
  /** Every slot is quiet from the first round on, unless it has called. */
  const QUIET: readonly Mutation[] = [
    { file, from: 'QUICK_LEAST = 8', to: 'QUICK_LEAST = 0' },
    { file, from: 'QUIET_MS = 1', to: 'QUIET_MS = -1' },
    { file, from: '      hasCalled: true,', to: '      hasCalled: false,' },
  ];

  it('is heard when it posts, whenever that is', async () => {
    const quiet = await importMutated<Channel>(files, QUIET);
    expect(await outcomes([guest(quiet, 0, 1), linux(quiet, [0])])).toEqual(['7']);
  });

  it.each([
    [
      'the server does not look after it said so',
      { file, from: 'if (this.#hasPosted(caller)) this.#move', to: 'if (false) this.#move' },
    ],
    [
      'the guest does not say that it posts',
      { file: 'runtime/channel/client.ts', from: 'SLOT.QUIET) !== 0', to: 'SLOT.QUIET) === 2' },
    ],
  ])('is not when %s', async (_title, mutation) => {
    const lacking = await importMutated<Channel>(files, [...QUIET, mutation]);
    const { endings } = await explore(BYTES, [guest(lacking, 0, 1), linux(lacking, [0])]);
    expect(endings.flatMap(({ stuck }) => stuck)).toContain(0);
  });
});

describe('a mailbox that lacks a part of the protocol loses a wake-up', () => {
  const LACKING: Readonly<Record<string, readonly Mutation[]>> = {
    'the guest looks before it announces its sleep, and not after': [
      {
        file: 'runtime/shm/doorbell.ts',
        from: '    const seen = announce(doorbell);\n    if (isThere()) break;\n    const timeoutMs',
        to: '    if (isThere()) break;\n    const seen = announce(doorbell);\n    const timeoutMs',
      },
    ],
    'the server does': [
      { file: 'runtime/channel/server.ts', from: 'isLast ? announce(doorbell) : 0', to: '0' },
      { file: 'runtime/channel/server.ts', from: 'toldOf(doorbell, seen,', to: 'toldOf(doorbell, announce(doorbell),' },
    ],
    'an answer does not ring': [{ file: 'runtime/channel/server.ts', from: '    ring(caller.doorbell);\n', to: '' }],
    'a request does not ring': [
      {
        file: 'runtime/channel/client.ts',
        from: '    ring(this.#linux);\n    return generation;',
        to: '    return generation;',
      },
    ],
  };

  it.each(Object.entries(LACKING))('%s', async (_title, mutations) => {
    const files = [
      'runtime/channel/client.ts',
      'runtime/channel/layout.ts',
      'runtime/channel/server.ts',
      'runtime/process/block.ts',
    ];
    const lacking = await importMutated<Channel>(files, mutations);
    const { endings } = await explore(BYTES, [guest(lacking, 0, 1), linux(lacking, [0])]);
    expect(endings.flatMap(({ stuck }) => stuck)).toContain(0);
  });

  it('a kill does not ring', async () => {
    const files = ['runtime/channel/layout.ts', 'runtime/process/block.ts'];
    const silent = await importMutated<Channel>(files, [
      { file: 'runtime/process/block.ts', from: 'if (earlier === 0) this.ring();', to: '' },
    ]);
    const { endings } = await explore(BYTES, [guest(channel, 0, 1), killer(silent), linux(channel, [1])]);
    expect(endings.flatMap(({ stuck }) => stuck)).toContain(0);
  });
});
