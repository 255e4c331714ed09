// The variants of collective operations: each of them waits, or starts and gives a request (MPI_I…), or makes a persistent request (…_init).

import type { Chapter, Description } from './function.ts';

/** The names of the variants of a collective operation. */
export type FamilyName<N extends string> = N extends `MPI_${infer Short}`
  ? N | `MPI_I${Uncapitalize<Short>}` | `${N}_init`
  : never;

/** A chapter of all variants of all operations of another. */
export type Families<C extends Chapter> = {
  readonly [N in keyof C & string as FamilyName<N>]: C[N] extends readonly [string, string, 'large']
    ? readonly [string, string, 'large']
    : readonly [string, string];
};

export function families<C extends Chapter>(operations: C): Families<C> {
  const all: { [name: string]: Description } = {};
  for (const [name, [parameters, summary, words]] of Object.entries(operations)) {
    all[name] = [parameters, summary, words === undefined ? 'waits' : 'waits large'];
    const short = name.slice('MPI_'.length);
    const starting = `MPI_I${short.charAt(0).toLowerCase()}${short.slice(1)}`;
    all[starting] = [`${parameters}, request`, `Starts ${name}; gives a request.`, words];
    all[`${name}_init`] = [`${parameters}, info, request`, `Makes a persistent request of ${name}.`, words];
  }
  return all as Families<C>;
}
