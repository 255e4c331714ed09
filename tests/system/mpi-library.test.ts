// Programs that are compiled by mpicc and mpic++: all of <mpi.h> links and fits what the machine provides, and libmpi's arithmetic is
// right. Skipped where `npm run sysroot` has not been run.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MPI_ROWS } from '../../runtime/abi/mpi/rows.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { distDirectory, root } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

const sysroot = join(distDirectory, 'sysroot');
const headerPath = join(sysroot, 'include/mpi.h');
const isThere = existsSync(headerPath);
const because = isThere ? '' : ' (skipped, because `npm run sysroot` has not been run)';
/** Without optimization: it is the library's code that is looked at. */
const PLAIN = ['-O0', '-fno-lto'];

const HELLO = `
#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, sum;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  printf("%d of %d: %d\\n", rank, size, sum);
  MPI_Finalize();
}
`;
/** As a profiler does: it stands before the library, and calls it by the other name. */
const PROFILED = `
#include <mpi.h>
#include <stdio.h>
int MPI_Comm_rank(MPI_Comm comm, int *rank) {
  int error = PMPI_Comm_rank(comm, rank);
  printf("asked for rank %d\\n", *rank);
  return error;
}
`;

describe.skipIf(!isThere)(`mpicc${because}`, () => {
  let directory = '';
  const at = (name: string) => join(directory, name);

  async function compile(tool: 'mpicc' | 'mpic++' | 'cc', args: readonly string[], where: string | null = sysroot) {
    const said: Uint8Array[] = [];
    const sink = (bytes: Uint8Array) => void said.push(bytes);
    await using compiler = await createCompiler({ sysroot: where });
    const status = await compiler.run({ tool, args, cwd: directory, stdout: sink, stderr: sink });
    return { status, said: Buffer.concat(said).toString() };
  }

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'fusedos-mpi-'));
    for (const name of ['hello.c', 'hello.cpp']) writeFileSync(at(name), HELLO);
    writeFileSync(at('profiled.c'), PROFILED);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('links every function of <mpi.h> and <mpix.h> by both names, each of the type that the machine provides', async () => {
    const headers = [headerPath, join(dirname(headerPath), 'mpix.h')]
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    const names = [...headers.matchAll(/^(?!typedef)\w[\w ]*?[ *]+(P?MPIX?_\w+)\(.*\);$/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(2 * MPI_ROWS.length);
    const all = names.map((name) => `(any *)${name},\n`).join('');
    writeFileSync(
      at('all.c'),
      `#include <mpi.h>\n#include <mpix.h>\ntypedef void any(void);\nany *const all[] = { ${all} };\nint main(int argc, char **argv) { return all[argc] == 0; }\n`,
    );
    expect(await compile('mpicc', [...PLAIN, '-Wall', 'all.c', '-o', 'all.wasm'])).toEqual({ status: 0, said: '' });
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(at('all.wasm'))));
    const imported = imports.filter(({ module }) => module === 'mpi').map(({ name }) => name);
    expect(imported.toSorted()).toEqual(MPI_ROWS.map(({ name }) => name).toSorted());
    expect(await fusedos(['run', at('all.wasm')])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('its arithmetic is right for every operation and datatype, at any address, and there is no other', async () => {
    const source = join(root, 'tests/guests/mpi/arithmetic.c');
    expect(await compile('mpicc', [...PLAIN, source, '-o', 'arithmetic.wasm'])).toEqual({ status: 0, said: '' });
    const { status, stdout } = await fusedos(['run', at('arithmetic.wasm')]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '342 pairs\n' });
  });

  test.each([
    ['mpicc', 'hello.c'],
    ['mpic++', 'hello.cpp'],
  ] as const)('%s makes programs of %s that run as ranks', async (tool, source) => {
    expect(await compile(tool, ['-O1', source, '-o', `${source}.wasm`])).toEqual({ status: 0, said: '' });
    const { status, stdout } = await fusedos(['mpirun', '-n', '2', at(`${source}.wasm`)]);
    expect({ status, lines: stdout.split('\n').toSorted() }).toEqual({
      status: 0,
      lines: ['', '0 of 2: 1', '1 of 2: 1'],
    });
  });

  test('a program may have a function of MPI of its own, which calls the library by the other name', async () => {
    await compile('mpicc', ['-O1', 'hello.c', 'profiled.c', '-o', 'profiled.wasm']);
    const { status, stdout } = await fusedos(['run', at('profiled.wasm')]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'asked for rank 0\n0 of 1: 0\n' });
  });

  test('a plain compiler makes the same program with the library named', async () => {
    expect(await compile('cc', [...PLAIN, 'hello.c', '-lmpi', '-o', 'plain.wasm'])).toEqual({ status: 0, said: '' });
  });

  test('questions of build systems are answered, and compiling alone says nothing of the library', async () => {
    expect(await compile('mpicc', ['-showme:link'])).toEqual({ status: 0, said: '-lmpi\n' });
    expect(await compile('mpicc', [...PLAIN, '-c', '-Wall', 'hello.c'])).toEqual({ status: 0, said: '' });
    expect(await compile('mpicc', [])).toEqual({ status: 1, said: 'clang: error: no input files\n' });
  });

  test('says what is missing without the libraries, or for another target', async () => {
    const missing = await compile('mpicc', ['hello.c'], null);
    expect(missing).toEqual({ status: 1, said: expect.stringMatching(/^clang: error: MPI wants .*`npm run sysroot`/) });
    const elsewhere = await compile('mpicc', ['--target=wasm32-wasip1', 'hello.c']);
    expect(elsewhere).toEqual({
      status: 1,
      said: expect.stringMatching(/^clang: error: MPI is for programs on Linux/),
    });
  });
});
