// A thread is ended before or after what it does wholly, never in the middle.

import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { createGate, EndingGate, shutGate } from '../../../runtime/files/guest-thread/ending-gate.ts';

const { outputFiles } = buildSync({
  entryPoints: [fileURLToPath(new URL('../../../runtime/files/guest-thread/ending-gate.ts', import.meta.url))],
  bundle: true,
  format: 'cjs',
  write: false,
});
const THREAD = `
  ${outputFiles[0]?.text};
  const { gate: buffer, words } = require('node:worker_threads').workerData;
  const gate = new module.exports.EndingGate(buffer);
  for (;;) {
    gate.wholly(() => {
      Atomics.add(words, 0, 1);
      gate.wholly(() => { for (let i = 0; i < 1000; i++) Math.sqrt(i); });
      Atomics.add(words, 1, 1);
    });
    Atomics.notify(words, 0);
  }`;

test('what is begun is done when the thread is ended', async () => {
  for (let round = 0; round < 30; round++) {
    const gate = createGate();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Worker(THREAD, { eval: true, workerData: { gate, words } });
    while (Atomics.load(words, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
    await shutGate(gate);
    const begun = Atomics.load(words, 0);
    await thread.terminate();
    expect([Atomics.load(words, 0), Atomics.load(words, 1)]).toEqual([begun, begun]);
  }
});

test('passes on what the action answers and throws', () => {
  const gate = new EndingGate(createGate());
  expect(gate.wholly(() => gate.wholly(() => 7))).toBe(7);
  expect(() =>
    gate.wholly(() => {
      throw new RangeError('no');
    }),
  ).toThrow(RangeError);
  expect(gate.wholly(() => 8)).toBe(8);
});

test('ends also a thread that died inside', async () => {
  const gate = createGate();
  new Int32Array(gate)[0] = 1;
  await shutGate(gate);
  expect(new Int32Array(gate)[0]).toBe(3);
});
