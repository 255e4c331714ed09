// Programs that import `wasi_unstable`, as compilers of 2019 made them: a C program whose imports are renamed, and modules
// made by hand. All placements serve them.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';
import { renameImports } from '../support/rename-imports.ts';

const { boot, getImportObject } = await importBuilt();
const FILE = '/data/file';
const CONTENTS = 'contents';
/** Of the calls of 'unstable.c'; the offsets and errors are those that the witx gives. */
const LINES = [
  'fd 0: type 4, links 1, size 8, mtim set, behind a5',
  'path 0: type 4, links 1, size 8, mtim set, behind a5',
  'seek -2 from 1: 0, 6',
  'seek 1 from 0: 0, 7',
  'seek 3 from 2: 0, 3',
  'seek 0 from 3: 28, 99',
  'poll 0: 1, of 7, 5 bytes',
  'sleep 0: 1, of 8, error 0',
];

let machine: Machine;
let program: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  machine = await boot({ appCores: 1, linuxProcesses: 1 });
  await machine.fs.mkdir('/data');
  await machine.fs.writeFile(FILE, CONTENTS);
  program = renameImports(readFileSync(guestPath('unstable')), 'wasi_snapshot_preview1', 'wasi_unstable');
  const modules = WebAssembly.Module.imports(new WebAssembly.Module(program)).map(({ module }) => module);
  expect(new Set(modules)).toEqual(new Set(['wasi_unstable']));
});
afterAll(() => machine.close());

async function run(options: RunOptions): Promise<{ lines: string[]; counts: unknown; traced: string[] }> {
  const traced: string[] = [];
  const trace = (line: string): void => void traced.push(line);
  const { stdout, stderr, exitCode, counts } = await machine.run(program, { args: [FILE], trace, ...options });
  expect({ exitCode, stderr: stderr.text() }).toEqual({ exitCode: 0, stderr: '' });
  return { lines: stdout.lines(), counts, traced };
}

describe('a C program', () => {
  test.each([
    { placement: 'cnk', poll: { local: 1, shipped: 1 }, seek: { local: 0, shipped: 4 } },
    { placement: 'fused', poll: { local: 0, shipped: 2 }, seek: { local: 0, shipped: 4 } },
    { placement: 'linux', poll: { local: 0, shipped: 2 }, seek: { local: 0, shipped: 4 } },
  ] as const)('runs under $placement, its calls counted and traced', async ({ placement, poll, seek }) => {
    const { lines, counts, traced } = await run({ placement });
    expect(lines).toEqual(LINES);
    expect(counts).toMatchObject({ poll_oneoff: poll, fd_seek: seek });
    expect(traced.some((line) => /^fd_seek\(fd=\d, offset=-2, whence=END, .* \[6\]\) = 0 ESUCCESS/.test(line))).toBe(
      true,
    );
  });

  test('runs on a private Linux', async () => {
    const files = { [FILE]: CONTENTS };
    const { imports, start } = getImportObject({ args: [FILE], files });
    const { stdout, exitCode } = start(new WebAssembly.Instance(new WebAssembly.Module(program), imports));
    expect({ exitCode, lines: stdout.lines() }).toEqual({ exitCode: 0, lines: LINES });
  });

  test('is served staged files by CNK', async () => {
    const { lines, counts } = await run({ stage: { [FILE]: CONTENTS } });
    expect(lines).toEqual(LINES);
    expect(counts).toMatchObject({
      fd_filestat_get: { shipped: 0 },
      path_filestat_get: { local: 1, shipped: 0 },
      fd_seek: { local: 4, shipped: 0 },
    });
  });
});

describe('a module made by hand', () => {
  const I32 = 'i32' as const;
  const CALL = 0x10;
  const DROP = 0x1a;

  function calling(name: string, module = 'wasi_unstable'): Uint8Array<ArrayBuffer> {
    return buildModule({
      types: [{ params: [I32, I32, I32, I32], results: [I32] }, {}, { params: [I32, I32, I32], results: [I32] }],
      imports: [
        { module, name: 'fd_write', func: 0 },
        { module, name, func: 2 },
      ],
      functions: [
        {
          type: 1,
          body: concat(...[1, 16, 1, 8].map(i32Const), [CALL, 0, DROP], ...[0, 0, 0].map(i32Const), [CALL, 1, DROP]),
        },
      ],
      memories: [{ initial: 1 }],
      exports: [
        { name: 'memory', kind: 'memory', index: 0 },
        { name: '_start', kind: 'func', index: 2 },
      ],
      data: [
        { at: 16, bytes: [32, 0, 0, 0, 4, 0, 0, 0] },
        { at: 32, bytes: new TextEncoder().encode('old\n') },
      ],
    });
  }

  test.each(['cnk', 'fused', 'linux', 'library'] as const)('prints under %s', async (placement) => {
    const { stdout, exitCode, counts } = await machine.run(calling('path_unlink_file'), { placement });
    expect({ exitCode, text: stdout.text() }).toEqual({ exitCode: 0, text: 'old\n' });
    expect(counts).toMatchObject({ path_unlink_file: { [placement === 'library' ? 'local' : 'shipped']: 1 } });
  });

  test('is ended by SIGSYS when it calls sock_accept, which only preview 1 has', async () => {
    const { signal, trap } = await machine.run(calling('sock_accept'));
    expect(signal).toBe('SIGSYS');
    expect(trap?.message).toContain('wasi_unstable.sock_accept');
    expect(await machine.run(calling('sock_accept', 'wasi_snapshot_preview1'))).toMatchObject({ exitCode: 0 });
  });

  test('that imports a call of both versions has one count of it', async () => {
    const both = buildModule({
      types: [{ results: [I32] }, {}],
      imports: [
        { module: 'wasi_unstable', name: 'sched_yield', func: 0 },
        { module: 'wasi_snapshot_preview1', name: 'sched_yield', func: 0 },
      ],
      functions: [{ type: 1, body: [CALL, 0, DROP, CALL, 0, DROP, CALL, 1, DROP] }],
      exports: [{ name: '_start', kind: 'func', index: 2 }],
    });
    const { counts } = await machine.run(both);
    expect(counts['sched_yield']).toEqual({ local: 3, shipped: 0 });
  });
});
