// How `fusedos run` ends.

import { describe, expect, test } from 'vitest';
import { guestPath } from '../support/built.ts';
import { finished, fusedos, said, shell, start } from '../support/command.ts';

describe('the exit status', () => {
  test.each([
    [0, 0],
    [7, 7],
    [125, 125],
    [255, 255],
    [256, 0],
  ])('of a program that ends with %i is %i', async (status, expected) => {
    expect(await fusedos(['run', guestPath('status'), `${status}`])).toEqual({
      status: expected,
      stdout: '',
      stderr: '',
    });
  });

  test('of a program that time is up for is 124, and its output is kept', async () => {
    const result = await fusedos(['run', '--timeout', '300ms', guestPath('hang'), 'spin']);
    expect(result).toEqual({
      status: 124,
      stdout: 'ready\n',
      stderr: 'fusedos run: the program was ended because its time was up\n',
    });
  });

  test('is the same under each placement', async () => {
    for (const placement of ['cnk', 'fused', 'linux', 'library']) {
      const { status } = await fusedos(['run', '--placement', placement, guestPath('status'), '9']);
      expect([placement, status]).toEqual([placement, 9]);
    }
  });
});

describe('a fault of the program', () => {
  test.each([
    ['bounds', 139, 'SIGSEGV'],
    ['null-call', 139, 'SIGSEGV'],
    ['wrong-call', 139, 'SIGSEGV'],
    ['stack', 139, 'SIGSEGV'],
    ['divide', 136, 'SIGFPE'],
    ['divide-overflow', 136, 'SIGFPE'],
    ['convert', 136, 'SIGFPE'],
    ['unreachable', 132, 'SIGILL'],
    ['unaligned', 135, 'SIGBUS'],
    ['abort', 134, 'SIGABRT'],
    ['raise', 143, 'SIGTERM'],
  ])('%s ends it with %i, and says %s and where', async (fault, status, signal) => {
    const result = await fusedos(['run', guestPath('fault'), fault]);
    expect(result).toMatchObject({ status, stdout: `before ${fault}\n` });
    expect(result.stderr).toMatch(new RegExp(`^fusedos: ${signal}: .+\\n(    at .+ \\+0x[0-9a-f]+\\n)+$`));
  });

  test('that the program raises itself is told alike under every placement', async () => {
    const said = new Map<string, string>();
    for (const placement of ['cnk', 'fused', 'linux', 'library']) {
      const { status, stderr } = await fusedos(['run', '--placement', placement, guestPath('fault'), 'abort']);
      expect([placement, status]).toEqual([placement, 134]);
      said.set(placement, stderr);
    }
    expect(said.get('cnk')).toMatch(/^fusedos: SIGABRT: raised signal 6\n( {4}at .+ \+0x[0-9a-f]+\n)+$/);
    expect([...new Set(said.values())]).toHaveLength(1);
  });

  test('names the functions of the program, innermost first', async () => {
    const { stderr } = await fusedos(['run', guestPath('fault'), 'bounds']);
    expect(stderr).toMatch(/at .*\bout_of_bounds \+0x.*\n {4}at .*\bmain \+0x/);
  });
});

test('a C++ program that catches everything still exits', async () => {
  expect(await fusedos(['run', guestPath('catch')])).toEqual({ status: 3, stdout: 'leaving\n', stderr: '' });
});

test('a program that allocates until nothing is left gets ENOMEM and goes on', async () => {
  const { status, stdout, stderr } = await fusedos(['run', '--memory', '64MiB', guestPath('exhaust')]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^ENOMEM after (4|5|6)\d MiB\n$/);
});

describe('a signal to fusedos', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the program, and the status is %i', async (signal, status) => {
    for (const state of ['spin', 'sleep', 'read', 'calls']) {
      const child = start(['run', guestPath('hang'), state]);
      await said(child, 'ready\n');
      child.kill(signal);
      expect([state, await finished(child)]).toEqual([state, { status, stdout: '', stderr: '' }]);
    }
  });

  test('SIGINT ends it even when nobody takes its output', async () => {
    const child = start(['run', guestPath('hang'), 'write']);
    await said(child, 'ready\n');
    child.stdout.pause();
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    child.stdout.destroy();
  });
});

test('a pipe whose reader goes away ends the program by SIGPIPE, quietly', async () => {
  const line = '(fusedos run "$POUR"; echo "status $?" >&2) | head -c 5 | wc -c';
  const result = await shell(line, { env: { POUR: guestPath('pour') } });
  expect(result).toEqual({ status: 0, stdout: expect.stringMatching(/^\s*5\n$/), stderr: 'status 141\n' });
});
