// Nobody gets out by renaming while a guest walks: another thread swaps a directory for a link to outside, and moves it away
// and back, as fast as it can. Only where this is promised (Linux).

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyAttributes } from '../../../runtime/files/attributes.ts';
import { HostDirectory } from '../../../runtime/files/disk/directory.ts';
import { HOST_READ, HOST_WRITE } from '../../../runtime/files/protocol.ts';
import { rounds } from '../../support/long.ts';
import { bytes, temporaryDirectory, text } from './support.ts';

const ROUNDS = rounds(600);
/** Most rounds, when the other thread was slow to begin. */
const LIMIT_MS = 8000;

/** Swaps until word 0 is set; word 1 counts. */
const SWAPPER = `
const { workerData: { path, words } } = require('node:worker_threads');
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const x = path + '/top/x', kept = path + '/top/kept', out = path + '/outside';
while (Atomics.load(words, 0) === 0) {
  renameSync(x, kept); symlinkSync(out, x); unlinkSync(x); symlinkSync('../outside', x); unlinkSync(x); renameSync(kept, x);
  renameSync(x, out + '/x'); symlinkSync(out, x); unlinkSync(x); renameSync(out + '/x', x);
  Atomics.add(words, 1, 1);
}
`;

describe.runIf(process.platform === 'linux')('renames while a guest walks', () => {
  const at = emptyAttributes();
  let temporary: ReturnType<typeof temporaryDirectory>;
  let swapper: Worker;
  let gone: Promise<unknown>;
  const words = new Int32Array(new SharedArrayBuffer(8));

  beforeEach(() => {
    words.fill(0);
    temporary = temporaryDirectory();
    const { path } = temporary;
    mkdirSync(join(path, 'top', 'x', 'y'), { recursive: true });
    mkdirSync(join(path, 'outside', 'y'), { recursive: true });
    for (const place of ['x', 'x/y']) writeFileSync(join(path, 'top', place, 'secret'), 'inside');
    for (const place of ['.', 'y']) writeFileSync(join(path, 'outside', place, 'secret'), 'OUTSIDE');
    swapper = new Worker(SWAPPER, { eval: true, workerData: { path, words } });
    gone = new Promise((resolve) => swapper.once('exit', resolve));
  });
  afterEach(async () => {
    Atomics.store(words, 0, 1);
    await gone;
    temporary[Symbol.dispose]();
  });

  it.each([{ handles: 128 }, { handles: 4 }])('lead nowhere else with $handles handles', ({ handles }) => {
    const { path } = temporary;
    const directory = HostDirectory.open(join(path, 'top'), { readOnly: false, handles });
    if (typeof directory === 'number') throw new Error(`open: ${directory}`);
    const outcomes = new Map<string, number>();
    const count = (outcome: string): void => {
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    const read = (node: number): void => {
      const file = directory.open(node, bytes('secret'), 0n, HOST_READ | HOST_WRITE, at);
      if (file < 0) {
        count(`open ${file}`);
        return;
      }
      const into = new Uint8Array(16);
      const length = directory.files.read(file, into, 0, 16, 0);
      directory.files.close(file);
      count(text(into.subarray(0, length)));
    };
    /** As `read`, without a look before. */
    const readSeen = (node: number, ino: bigint): void => {
      const { file } = directory.lookupToOpen(node, bytes('secret'), ino, HOST_READ, at);
      if (file < 0) return count(`not opened ${file}`);
      const into = new Uint8Array(16);
      count(text(into.subarray(0, directory.files.read(file, into, 0, 16, 0))));
      directory.files.close(file);
    };
    const end = Date.now() + LIMIT_MS;
    for (let round = 0; Date.now() < end && (round < ROUNDS || Atomics.load(words, 1) < ROUNDS); round++) {
      const x = directory.lookup(0, bytes('x'), at);
      if (x <= 0) {
        count(x < 0 ? `lookup ${x}` : 'link');
        continue;
      }
      read(x);
      readSeen(x, 1n);
      const made = directory.create(x, bytes(`made-${round}`), 0o600, 0, at);
      if (made >= 0) directory.files.close(made);
      const target = { file: -1, directory: x, name: bytes('secret'), ino: 0n };
      directory.attributes.setMode(target, 0o666);
      const y = directory.lookup(x, bytes('y'), at);
      if (y > 0) {
        read(y);
        directory.forget(y, 1);
      }
      directory.unlink(x, bytes(`made-${round}`));
      directory.forget(x, 1);
    }
    directory.dispose();
    // The other thread did swap while we walked.
    expect(Atomics.load(words, 1)).toBeGreaterThan(ROUNDS / 10);
    expect(outcomes.get('OUTSIDE')).toBeUndefined();
    expect(outcomes.get('inside')).toBeGreaterThan(0);
    expect(outcomes.size).toBeGreaterThan(1);
    expect(readdirSync(join(path, 'outside')).filter((name) => name.startsWith('made'))).toEqual([]);
    expect(existsSync(join(path, 'outside', 'secret'))).toBe(true);
  });
});
