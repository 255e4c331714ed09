// Every option of every function that takes some, given each of the odd values: it is read, or refused by an error that a user can
// act on. A caller's own error (a getter that throws) is the caller's.

import { describe, expect, test } from 'vitest';
import { getImportObject } from '../../../runtime/machine/import-object.ts';
import { JOB_OPTION_NAMES, type JobOptions, readJobOptions } from '../../../runtime/machine/job/options.ts';
import {
  MACHINE_OPTION_NAMES,
  type MachineOptions,
  RUN_OPTION_NAMES,
  type RunOptions,
  readHereOptions,
  readMachineOptions,
  readRunOptions,
  readSpawnOptions,
} from '../../../runtime/machine/options.ts';
import { openStdin, type StdinSource } from '../../../runtime/machine/process/stdin.ts';
import { ODD_VALUES } from '../../support/odd-values.ts';

const ARGUMENT_ERROR = /^ERR_(INVALID_ARG_TYPE|INVALID_ARG_VALUE|OUT_OF_RANGE)$/;

/** What is wrong with how a call ended; undefined: nothing. */
function complaint(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown };
    if (ARGUMENT_ERROR.test(String(code)) || /of the caller/.test(message)) return undefined;
    return `${String(code)} ${message}`;
  }
}

function sweep(names: readonly string[], call: (options: never) => unknown): { calls: number; failures: string[] } {
  const failures: string[] = [];
  let calls = 0;
  const check = (title: string, options: unknown): void => {
    calls++;
    const wrong = complaint(() => call(options as never));
    if (wrong !== undefined) failures.push(`${title}: ${wrong}`);
  };
  for (const { name, make } of ODD_VALUES) {
    check(`options = ${name}`, make());
    for (const option of names) {
      check(`${option} = ${name}`, { [option]: make() });
      check(`${option} = [${name}]`, { [option]: [make()] });
      check(`${option} = { x: ${name} }`, { [option]: { x: make() } });
    }
  }
  return { calls, failures };
}

describe('odd values', () => {
  test.each<[string, readonly string[], (options: never) => unknown]>([
    ['boot', MACHINE_OPTION_NAMES, (options: MachineOptions) => readMachineOptions(options)],
    ['run', RUN_OPTION_NAMES, (options: RunOptions) => readRunOptions(options)],
    ['spawn and load', RUN_OPTION_NAMES, (options: RunOptions) => readSpawnOptions(options)],
    ['loadHere', RUN_OPTION_NAMES, (options: RunOptions) => readHereOptions(options)],
    ['mpirun', JOB_OPTION_NAMES, (options: JobOptions) => readJobOptions(options)],
  ])('as options of %s are read or refused', (_what, names, call) => {
    const { calls, failures } = sweep(names, call);
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(1500);
  });

  test('as options of getImportObject are used or refused', () => {
    const names = ['args', 'name', 'env', 'cwd', 'stdin', 'files', 'preopens', 'storage', 'memory'];
    const { failures } = sweep(names, (options) => getImportObject(options));
    // Files and directories that there are not, and what finds no room, are told as by Linux.
    expect(
      failures.filter((failure) => !/: (ENOENT|ENOSPC|EINVAL|ENAMETOOLONG|EISDIR|ENOTDIR) /.test(failure)),
    ).toEqual([]);
  });

  test('as a source of stdin are opened or refused', () => {
    const failures = ODD_VALUES.map(({ name, make }) => [name, complaint(() => openStdin(make() as StdinSource))]);
    expect(failures.filter(([, wrong]) => wrong !== undefined)).toEqual([]);
  });
});

test('a name that is not known is refused with the nearest one', () => {
  for (const name of RUN_OPTION_NAMES) {
    const mistyped = `${name}x`;
    expect(() => readRunOptions({ [mistyped]: 1 })).toThrow(
      new RegExp(`no property "${mistyped}"; did you mean ${name}\\?`),
    );
  }
});
