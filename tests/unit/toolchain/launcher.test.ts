// Programs that start by themselves: what counts as one, and what LLVM's tools see of it.

import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostTree } from '../../../runtime/toolchain/host-tree.ts';
import { addLauncher, keepPrograms, launcherLength, withoutLaunchers } from '../../../runtime/toolchain/launcher.ts';

const module = Buffer.from('\0asm\x01\0\0\0rest', 'latin1');
const line = Buffer.from('#!/usr/bin/node /x/fusedos-exec\n');
const reading = {
  read: true,
  write: false,
  append: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
};
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-launcher-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  [Buffer.concat([line, module]), line.length],
  [module, 0],
  [Buffer.from('#!/bin/sh\necho\n'), 0],
  [line, 0],
  [Buffer.from('#!no end'), 0],
  [Buffer.from('#'), 0],
  [Buffer.alloc(0), 0],
])('the line of %j', (bytes, length) => {
  expect(launcherLength(bytes)).toBe(length);
});

describe('a program with a line', () => {
  test('is shown as its module, with its size', () => {
    const file = join(directory, 'program');
    writeFileSync(file, Buffer.concat([line, module]));
    const tree = withoutLaunchers(hostTree);
    expect(tree.stat(file, true).size).toBe(BigInt(module.length));
    const open = tree.open(file, reading);
    const bytes = new Uint8Array(100);
    expect(Buffer.from(bytes.subarray(0, open.read(bytes, 0)))).toEqual(module);
    expect(open.read(bytes, module.length)).toBe(0);
    expect(open.stat().size).toBe(BigInt(module.length));
    open.close();
  });

  test('keeps line and permissions when a tool replaces it', () => {
    const file = join(directory, 'replaced');
    writeFileSync(file, Buffer.concat([line, module]));
    chmodSync(file, 0o755);
    const finish = keepPrograms([file, '-g', join(directory, 'missing')]);
    rmSync(file);
    writeFileSync(file, module, { mode: 0o644 });
    finish();
    finish(); // a second time changes nothing
    expect(readFileSync(file)).toEqual(Buffer.concat([line, module]));
    expect(statSync(file).mode & 0o777).toBe(0o755);
  });

  test('is not made of what is no module', () => {
    const file = join(directory, 'text');
    writeFileSync(file, 'text');
    addLauncher(file, line);
    expect(readFileSync(file, 'utf8')).toBe('text');
  });
});
