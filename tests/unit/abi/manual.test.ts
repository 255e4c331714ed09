// docs/syscalls.md is generated. After a change of the rows: `npx vitest run tests/unit/abi/manual.test.ts -u`.

import { expect, test } from 'vitest';
import { FOREIGN_MPI_ROWS } from '../../../runtime/abi/mpi/foreign.ts';
import { MPI_MODULE } from '../../../runtime/abi/mpi/function.ts';
import { TABLE } from '../../../runtime/abi/table.ts';
import { renderSyscallsManual } from '../../../tools/syscalls-doc.ts';

test('docs/syscalls.md is what the table says now', async () => {
  await expect(renderSyscallsManual()).toMatchFileSnapshot('../../../docs/syscalls.md');
});

test('the manual has one line of the summary for each call, which leads to a section', () => {
  const lines = renderSyscallsManual().split('\n');
  const headings = lines.filter((line) => line.startsWith('### ')).map((line) => line.slice('### '.length));
  expect(new Set(headings).size).toBe(headings.length);
  const anchors = new Set(headings.map((heading) => heading.toLowerCase().replaceAll('.', '')));
  // The functions of MPI are described by its standard.
  for (const row of TABLE.filter(({ home }) => home !== 'messaging')) {
    const own = lines.filter((line) => line.startsWith(`| [\`${row.name}\`](#`) && line.includes(`| ${row.number} |`));
    expect(own).toHaveLength(1);
    expect(anchors).toContain(own[0]?.match(/\(#([^)]*)\)/)?.[1]);
  }
});

test('the manual has one line for each function of MPI', () => {
  const lines = renderSyscallsManual().split('\n');
  for (const { name, number } of TABLE.filter(({ module }) => module === MPI_MODULE))
    expect(lines.filter((line) => line.startsWith(`| \`${name}\` | ${number} |`))).toHaveLength(1);
});

test('calls of wasi_unstable have a section where they differ from preview 1, and only there', () => {
  const lines = renderSyscallsManual().split('\n');
  expect(lines.filter((line) => line.startsWith('### wasi_unstable.'))).toEqual([
    '### wasi_unstable.fd_fdstat_set_rights',
    '### wasi_unstable.fd_filestat_get',
    '### wasi_unstable.fd_seek',
    '### wasi_unstable.path_filestat_get',
    '### wasi_unstable.path_open',
    '### wasi_unstable.poll_oneoff',
  ]);
});

test('no cell of a table breaks it', () => {
  let columns = 0;
  for (const line of renderSyscallsManual().split('\n')) {
    if (!line.startsWith('|')) {
      columns = 0;
      continue;
    }
    const count = line.split('|').length;
    if (columns > 0) expect([line, count]).toEqual([line, columns]);
    columns = count;
  }
});

test('the manual names those that another ABI of MPI has', () => {
  const [line] = renderSyscallsManual()
    .split('\n')
    .filter((each) => each.includes('MPIWasm'));
  for (const { name } of FOREIGN_MPI_ROWS) expect(line).toContain(`\`${name}\``);
});
