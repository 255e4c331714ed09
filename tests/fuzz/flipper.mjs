// A worker that changes words of guests' memories while their calls run: those that name buffers, paths and lengths. Each
// word becomes one of its values, so that what a call may touch stays known. See: hostile.test.ts.

import { workerData } from 'node:worker_threads';

const { buffers, words, stop } = workerData;
const memories = buffers.map((buffer) => new Int32Array(buffer));
let state = workerData.seed >>> 0;

function next(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

while (Atomics.load(stop, 0) === 0) {
  for (let i = 0; i < 1000; i++) {
    const memory = memories[next(memories.length)];
    const { address, values } = words[next(words.length)];
    memory[address / 4] = values[next(values.length)];
  }
}
