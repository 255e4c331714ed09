// The standard streams of `fusedos run`: nothing is lost, reordered or changed, however slow the other side is.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestPath } from '../support/built.ts';
import { cli, finished, fusedos, shell, start } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-streams-'));
afterAll(() => rmSync(directory, { recursive: true }));

const COUNT = 3_000_000;
const pattern = Buffer.from(Uint8Array.from({ length: COUNT }, (_, i) => i % 251));
const digest = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

describe('stdout', () => {
  test('of any size arrives whole through a pipe that is read slowly', async () => {
    const child = start(['run', guestPath('pour'), `${COUNT}`]);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of child.stdout) {
      hash.update(chunk);
      size += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(size).toBe(COUNT);
    expect(hash.digest('hex')).toBe(digest(pattern));
  });

  test('arrives whole in a file', async () => {
    const file = join(directory, 'out');
    await shell(`fusedos run "$POUR" ${COUNT} > "${file}"`, { env: { POUR: guestPath('pour') } });
    expect(digest(readFileSync(file))).toBe(digest(pattern));
  });

  test.each(['cnk', 'fused', 'linux', 'library'])('arrives whole under placement %s', async (placement) => {
    const { stdout } = await fusedos(['run', '--placement', placement, guestPath('pour'), `${COUNT}`]);
    expect(digest(Buffer.from(stdout, 'latin1'))).toBe(digest(pattern));
  });

  test.skipIf(!existsSync('/dev/full'))('on a full disk is an error that the program sees', async () => {
    const result = await shell('fusedos run "$POUR" 1000 > /dev/full', { env: { POUR: guestPath('pour') } });
    expect(result).toEqual({ status: 1, stdout: '', stderr: '' });
  });

  test('and stderr to one place keep their order', async () => {
    const result = await shell('fusedos run "$ORDER" 2>&1', { env: { ORDER: guestPath('order') } });
    expect(result.stdout).toBe(Array.from({ length: 200 }, (_, i) => `${i}\n`).join(''));
  });

  test('and stderr to one place end with the report of a trap', async () => {
    const result = await shell('fusedos run "$FAULT" abort 2>&1', { env: { FAULT: guestPath('fault') } });
    expect(result.stdout).toMatch(/^before abort\nfusedos: SIGABRT: .*\n {4}at /);
  });
});

describe('stdin', () => {
  test.each([1000, 65536])('is given to a program that reads %i bytes at a time, and then ends', async (size) => {
    const result = await fusedos(['run', guestPath('copy'), `${size}`], { stdin: pattern.subarray(0, 500_000) });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(digest(Buffer.from(result.stdout, 'latin1'))).toBe(digest(pattern.subarray(0, 500_000)));
  });

  test('arrives as it is typed', async () => {
    const child = start(['run', guestPath('copy')]);
    const answers = child.stdout[Symbol.asyncIterator]();
    for (const line of ['one\n', 'two\n']) {
      child.stdin.write(line);
      expect(`${(await answers.next()).value}`).toBe(line);
    }
    child.stdin.end();
    expect((await answers.next()).done).toBe(true);
  });

  test('that is endless does not keep fusedos from ending with the program', async () => {
    const child = start(['run', guestPath('status'), '4']);
    expect(await finished(child)).toMatchObject({ status: 4 });
  });

  test('that is closed is at its end', async () => {
    const result = await shell('fusedos run "$COPY" <&-', { env: { COPY: guestPath('copy') } });
    expect(result).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('may be the program itself', async () => {
    const result = await fusedos(['run', '-', '6'], { stdin: readFileSync(guestPath('status')) });
    expect(result).toEqual({ status: 6, stdout: '', stderr: '' });
  });
});

/** util-linux's script(1) gives a command a terminal. */
const hasScript = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!hasScript)('on a terminal', () => {
  const onTerminal = (...args: string[]): string => {
    const line = ['"$NODE"', '"$CLI"', ...args].join(' ');
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
      encoding: 'latin1',
      env: { ...process.env, NODE: process.execPath, CLI: cli, SHOW: guestPath('show') },
      input: '',
    });
    return stdout;
  };

  test('control characters of the program are shown, colours pass', () => {
    const output = onTerminal('run', '"$SHOW"', '"$(printf \'\\033]0;title\\007 \\033[31mred\')"');
    expect(output).toContain('argument ^[]0;title\x07 \x1b[31mred\r\n');
  });

  test('--raw passes all', () => {
    const output = onTerminal('run', '--raw', '"$SHOW"', '"$(printf \'\\033]0;title\\007\')"');
    expect(output).toContain('argument \x1b]0;title\x07\r\n');
  });
});
