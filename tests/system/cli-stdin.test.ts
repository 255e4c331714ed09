// The standard streams of `fusedos run` are the host's own: what is read is taken when the program reads and no more than it
// asked for, offsets are shared with the shell's other commands, a file is a file. Each line of sh is run with our command
// and, where there is a C compiler, with the same program built for the host: both must say what stands here.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestPath, root } from '../support/built.ts';
import { cli, finished, shell, start } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-stdin-'));
afterAll(() => rmSync(directory, { recursive: true }));

const native = join(directory, 'native');
const hasNative = spawnSync('gcc', ['-O1', '-o', native, join(root, 'tests/guests/standard.c')]).status === 0;
const TOOK = "took 5 'one\nt'\n";
const REST = 'wo\nthree\nfour\nfive\n';

/** In a directory that has `lines`; `p` is the program. `said` is a file for what goes to stderr. */
const LINES_OF_SHELL: readonly { readonly what: string; readonly line: string; readonly expected: string }[] = [
  { what: 'the rest of a file is left', line: '(p take 5; cat) < lines', expected: TOOK + REST },
  { what: 'the rest of a pipe is left', line: 'cat lines | (p take 5; cat)', expected: TOOK + REST },
  {
    what: 'the rest of a named pipe is left',
    line: 'mkfifo f; cat lines > f & (p take 5; cat) < f',
    expected: TOOK + REST,
  },
  {
    what: 'a loop keeps the file that the program does not read',
    line: 'head -n 2 lines > few; while read l; do echo $l; p what 7 2> /dev/null; done < few',
    expected: 'one\ntwo\n',
  },
  {
    what: 'a loop keeps the pipe that the program does not read',
    line: 'head -n 2 lines | while read l; do echo $l; p what 7 2> /dev/null; done',
    expected: 'one\ntwo\n',
  },
  { what: 'a line each of a file', line: '(p line; p line; cat) < lines', expected: 'one\ntwo\nthree\nfour\nfive\n' },
  {
    what: 'a line each of a pipe',
    line: 'cat lines | (p line; p line; cat)',
    expected: 'one\ntwo\nthree\nfour\nfive\n',
  },
  {
    what: 'a seek moves the offset that all share',
    line: '(p seek; cat) < lines',
    expected: `'one\nt' at 5\nto 2\n'e\ntwo'\nend 24\npread 5 'one\nt'\nbefore it -1\nback to 4\ntwo\nthree\nfour\nfive\n`,
  },
  {
    what: 'a file is a file, its offset where the shell left it',
    line: '(p what 0; p take 5; p what 0) < lines 2>&1',
    expected: `0: regular size 24 offset 0 terminal 0 append 0\n${TOOK}0: regular size 24 offset 5 terminal 0 append 0\n`,
  },
  {
    what: 'a pipe has no offset',
    line: 'cat lines | p what 0 2>&1',
    expected: '0: stream size -1 offset -1 terminal 0 append 0\n',
  },
  {
    what: 'a device is a device',
    line: 'p what 0 < /dev/null 2>&1; p take 5 < /dev/null; p take 3 < /dev/zero',
    expected: "0: character size -1 offset -1 terminal 0 append 0\ntook 0 ''\ntook 3 ''\n",
  },
  {
    what: 'a directory is a directory',
    line: 'p what 0 < / 2>&1',
    expected: '0: directory size -1 offset -1 terminal 0 append 0\n',
  },
  {
    what: 'stdout goes on in a file where the shell was, and the shell where it ended',
    line: '(echo hello; p write; echo tail) > out 2> said; cat said out | tr "\\0" 0',
    expected: 'at 9\nat 11\nsize 11\nhBllo\nabc0etail\n',
  },
  {
    what: 'stdout appends to a file',
    line: 'echo hello > out; (p write; p what 1; echo tail) >> out 2> said; cat said out | tr "\\0" 0',
    expected: 'at 9\nat 11\nsize 11\n1: regular size 11 offset 11 terminal 0 append 1\nhello\nabcBetail\n',
  },
  {
    what: 'stdout and stderr share a file',
    line: '(echo hello; p write; echo tail) > out 2>&1; tr "\\0" 0 < out',
    expected: 'hBllo\nabcat 9\n0eat 16\nsize 22\ntail\n',
  },
  {
    what: 'a file that is open for both is read and written at one offset',
    line: 'p take 5 <> lines >&0; cat lines',
    expected: "one\nttook 5 'one\nt'\nive\n",
  },
  { what: 'poll finds an empty pipe empty', line: 'mkfifo f; exec 8<> f; p poll 0 < f', expected: '0\n' },
  {
    what: 'poll takes nothing',
    line: 'mkfifo f; exec 8<> f; echo a >&8; p poll 9000 < f; read l <&8; echo $l',
    expected: '1 in\na\n',
  },
  {
    what: 'poll tells that the writers are gone, and that bytes are left',
    line: 'mkfifo f; exec 8<> f; echo a >&8; exec 7< f; exec 8>&-; p poll 9000 <&7; cat <&7',
    expected: '1 in hup\na\n',
  },
  { what: 'poll of a file does not wait', line: 'p poll 9000 < lines', expected: '1 in\n' },
];

let made = 0;

/** @param program a function `p` of sh, or what it calls */
async function say(line: string, program: string): Promise<string> {
  const cwd = join(directory, `${++made}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'lines'), 'one\ntwo\nthree\nfour\nfive\n');
  const env = { GUEST: guestPath('standard'), NATIVE: native };
  const { stdout, stderr } = await shell(`p() { ${program} "$@"; }\n${line}`, { cwd, env });
  expect(stderr).toBe('');
  return stdout;
}

// Linux has the streams in a thread of its own, or in the guest's; the two others differ from the first in who serves what.
describe.each(['cnk', 'library'])('under placement %s', (placement) => {
  test.each(LINES_OF_SHELL)('$what', async ({ line, expected }) => {
    expect(await say(line, `fusedos run --placement ${placement} "$GUEST"`)).toBe(expected);
  });
});

test.each(['fused', 'linux'])('under placement %s what is not read is left', async (placement) => {
  for (const { line, expected } of LINES_OF_SHELL.slice(0, 2)) {
    expect(await say(line, `fusedos run --placement ${placement} "$GUEST"`)).toBe(expected);
  }
});

describe.skipIf(!hasNative)('natively', () => {
  test.each(LINES_OF_SHELL)('$what', async ({ line, expected }) => {
    expect(await say(line, '"$NATIVE"')).toBe(expected);
  });
});

/** util-linux's script(1) gives a command a terminal. */
const hasScript = spawnSync('script', ['--version']).status === 0;

test.skipIf(!hasScript)('a terminal is a terminal, and the rest of a line is left', () => {
  const line = `p() { "$NODE" "$CLI" run "$GUEST" "$@"; }; p what 0; p take 3; cat`;
  const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'latin1',
    env: { ...process.env, SHELL: '/bin/sh', NODE: process.execPath, CLI: cli, GUEST: guestPath('standard') },
    input: 'hello\n',
  });
  expect(stdout).toContain('0: character size -1 offset -1 terminal 1 append 0\r\n');
  expect(stdout).toContain("took 3 'hel'\r\nlo\r\n");
});

test('a socket is read as the program reads', async () => {
  const child = start(['run', guestPath('standard'), 'take', '3']);
  child.stdin.write('hello');
  expect((await finished(child)).stdout).toBe("took 3 'hel'\n");
});
