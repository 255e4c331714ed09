// docs/syscalls.md is generated. After a change of the rows: `npx vitest run tests/unit/abi/manual.test.ts -u`.

import { expect, test } from 'vitest';
import { TABLE } from '../../../runtime/abi/table.ts';
import { renderSyscallsManual } from '../../../tools/syscalls-doc.ts';

test('docs/syscalls.md is what the table says now', async () => {
  await expect(renderSyscallsManual()).toMatchFileSnapshot('../../../docs/syscalls.md');
});

test('the manual has one section and one line of the summary for each call', () => {
  const lines = renderSyscallsManual().split('\n');
  for (const row of TABLE) {
    expect(lines.filter((line) => line === `### ${row.name}`)).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith(`| [\`${row.name}\`](#`))).toHaveLength(1);
  }
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
