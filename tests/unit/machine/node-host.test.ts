// What the host is asked for leaves nothing behind in the process.

import { cachedDataVersionTag } from 'node:v8';
import { expect, test } from 'vitest';
import { nodeHost } from '../../../runtime/host/node.ts';

test('compiling changes V8’s flags for that time only', async () => {
  // A number of V8's flags, among others.
  const tag = cachedDataVersionTag();
  const small = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  await nodeHost().compile(small);
  expect(cachedDataVersionTag()).toBe(tag);
  // A custom section: too large to be compiled at once.
  const size = 100_000;
  const length = [(size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, size >> 14];
  const larger = new Uint8Array([...small, 0, ...length, ...new Array<number>(size).fill(0)]);
  const compiling = [nodeHost().compile(larger), nodeHost().compile(larger)];
  expect(cachedDataVersionTag()).not.toBe(tag);
  await Promise.all(compiling);
  expect(cachedDataVersionTag()).toBe(tag);
  await expect(nodeHost().compile(small.subarray(1))).rejects.toThrow(WebAssembly.CompileError);
  expect(cachedDataVersionTag()).toBe(tag);
});
