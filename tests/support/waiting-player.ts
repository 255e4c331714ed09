// A thread of a test: runs one player of a game of two, whose waits are those of the platform on the guest's own memory.

import { parentPort, workerData } from 'node:worker_threads';
import { MemoryCalls } from '../../runtime/core/memory-calls.ts';
import { WAIT_END, type Waits } from '../../runtime/core/wait-calls.ts';
import { MEMORY_IMPORT, type MemoryCallNames } from '../../runtime/memory/module/index.ts';

interface Game {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly memoryCalls: MemoryCallNames;
  readonly mine: number;
  readonly rounds: number;
}

const { module, memory, memoryCalls, mine, rounds } = workerData as Game;
const words = new Int32Array(memory.buffer);
const waits: Waits = {
  wait(address, isUnchanged) {
    const seen = Atomics.load(words, address >>> 2);
    if (!isUnchanged()) return WAIT_END.differs;
    return Atomics.wait(words, address >>> 2, seen) === 'ok' ? WAIT_END.woken : WAIT_END.differs;
  },
  notify: (address, most) => Atomics.notify(words, address >>> 2, most),
};
const instance = new WebAssembly.Instance(module, { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.name]: memory } });
const calls = new MemoryCalls(new Int32Array(1), 0);
calls.take(memory, 1);
calls.bind(instance, memoryCalls, memory, waits);
const play = instance.exports['play'] as (mine: number, rounds: number) => number;
parentPort?.postMessage(play(mine, rounds));
