// Each function of MPI that the table says is served has an entry, and no entry is one that nobody can call.

import { expect, test } from 'vitest';
import { ENTRIES } from '../../../personalities/messaging/mpi/entry/index.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';

const names = (rows: typeof MPI_ROWS) => rows.map(({ name }) => name);

test('what is served has an entry', () => {
  const served = names(MPI_ROWS.filter(({ support }) => support === 'full'));
  expect(served.filter((name) => ENTRIES[name] === undefined)).toEqual([]);
  expect(served.length).toBeGreaterThan(360);
});

test('an entry has a row', () => {
  const known = new Set(names(MPI_ROWS));
  // A function of one width has the same entry by its name with `_c`, which no program finds.
  expect(Object.keys(ENTRIES).filter((name) => !known.has(name) && !known.has(name.replace(/_c$/, '')))).toEqual([]);
});

test('what is not served has none', () => {
  const later = names(MPI_ROWS.filter(({ support }) => support === 'none'));
  expect(later.filter((name) => ENTRIES[name] !== undefined)).toEqual([]);
});
