// Copies between memories: every alignment of both ends, lengths around what changes the way, and nothing beside the range. With the host's
// own copy, which Node has, and without, as in a page.

import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as copy from '../../../runtime/memory/copy.ts';

const LENGTHS = [0, 1, 3, 4, 5, 8, 31, 32, 33, 63, 64, 65, 127, 128, 129, 480, 2047, 2048, 2049, 16384, 16391];
const LONG = [2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 2 ** 20 + 5];
const MARGIN = 16;
const BYTES = 2 ** 20 + 64;

interface Memory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

function memory(isShared: boolean): Memory {
  const buffer = isShared ? new SharedArrayBuffer(BYTES) : new ArrayBuffer(BYTES);
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) };
}

/** Copies a range whose bytes all differ from what was there. @returns whether that, and that alone, was copied */
function isRight(run: () => void, from: Memory, start: number, into: Memory, at: number, count: number): boolean {
  into.bytes.fill(0x5a, 0, at + count + MARGIN);
  run();
  const expected = new Uint8Array(at + count + MARGIN).fill(0x5a);
  expected.set(from.bytes.subarray(start, start + count), at);
  return Buffer.compare(new Uint8Array(into.bytes.subarray(0, expected.length)), expected) === 0;
}

async function load(hasFill: boolean): Promise<typeof copy> {
  vi.resetModules();
  if (!hasFill) vi.stubGlobal('Buffer', undefined);
  const loaded = await import('../../../runtime/memory/copy.ts');
  vi.unstubAllGlobals();
  return loaded;
}

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['with the host’s own copy', true],
  ['without', false],
])('%s', (_title, hasFill) => {
  it.each([
    ['shared to shared', true, true],
    ['shared to own', true, false],
    ['own to shared', false, true],
  ])('ranges of all alignments are copied whole, and nothing beside them: %s', async (_memories, isFrom, isInto) => {
    const { copyAcross, copyBytes } = await load(hasFill);
    const [from, into] = [memory(isFrom), memory(isInto)];
    for (let i = 0; i < BYTES; i++) from.bytes[i] = (i * 7 + (i >> 8)) & 0x3f;
    const wrong: string[] = [];
    const check = (start: number, at: number, count: number): void => {
      const ways = {
        copyBytes: () => copyBytes(from.bytes, start, into.bytes, at, count),
        copyAcross: () => copyAcross(from, start, into, at, count),
        'copyAcross without words': () => copyAcross({ ...from, words: undefined }, start, into, at, count),
      };
      for (const [name, run] of Object.entries(ways)) {
        if (!isRight(run, from, start, into, at, count)) wrong.push(`${name} ${start} ${at} ${count}`);
      }
    };
    for (const count of LENGTHS) for (let i = 0; i < 64; i++) check(MARGIN + (i & 7), MARGIN + (i >> 3), count);
    for (const count of LONG)
      for (const [start, at] of [
        [16, 16],
        [17, 20],
        [20, 17],
      ] as const)
        check(start, at, count);
    expect(wrong).toEqual([]);
  });
});
