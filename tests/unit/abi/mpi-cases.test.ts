// Each function of MPI that is served is called by a case or by an app, so that the cases cover all of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MPI_GUEST_FUNCTIONS } from '../../../runtime/abi/mpi/described.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';

const root = join(import.meta.dirname, '../../..');

/** Called by no case, and why. */
const EXCEPTIONS: { readonly [name: string]: string } = {
  fusedos_attach: 'libmpi calls it, before all else',
};

/** Names that programs spell in two parts: IN_FORM(form, Gather, Igather, …) calls MPI_Gather, MPI_Igather and MPI_Gather_init. */
function named(text: string): string[] {
  const forms = [...text.matchAll(/IN_FORM\(form, ([A-Z][a-z_]+), (I[a-z_]+),/g)];
  return [
    ...(text.match(/\bMPIX?_\w+/g) ?? []),
    ...forms.flatMap(([, name, starting]) => [`MPI_${name}`, `MPI_${starting}`, `MPI_${name}_init`]),
  ];
}

function sourcesIn(folder: string, wanted: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => wanted.test(name))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));
}

test('each function of MPI that is served is called by a case or an app', () => {
  const sources = [
    ...sourcesIn('tests/guests', /^(mpi|torus)\/.*\.[ch]$/),
    ...sourcesIn('guest-apps/c', /^mpi-.*\.c$/),
  ];
  const called = new Set(sources.flatMap(named));
  const served = MPI_ROWS.filter(({ support }) => support === 'full').map(({ name }) => name);
  const all = [...served, ...MPI_GUEST_FUNCTIONS.map(({ name }) => name)];
  expect(all.filter((name) => !called.has(name) && EXCEPTIONS[name] === undefined)).toEqual([]);
  // Nothing is excused for longer than it must be.
  expect(Object.keys(EXCEPTIONS).filter((name) => !all.includes(name))).toEqual([]);
});
