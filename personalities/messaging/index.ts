// Messaging: MPI at user level, in the worker of each rank, bound to either personality. Layers, top down: the entries of MPI (mpi/entry),
// which check arguments; its semantics (mpi), matching, requests, datatypes, communicators, collectives; the transport, which moves bytes
// between ranks and wakes them. Nothing above the transport assumes that all ranks live in one process of the host.

import { FOREIGN_MPI_ROWS } from '../../runtime/abi/mpi/foreign.ts';
import { MPI_ROWS } from '../../runtime/abi/mpi/rows.ts';
import type { HandlerTable } from '../../runtime/abi/row.ts';
import { foreignEntry } from './foreign/entries.ts';
import type { MessagingContext } from './mpi/context.ts';
import { ENTRIES } from './mpi/entry/index.ts';
import { unsupported, wrapEntry } from './mpi/entry/wrap.ts';

export { type CallTimes, callTimesBytes, measuring, readCallTimes } from './call-times.ts';
export type { MessagingContext } from './mpi/context.ts';
export { OTHER_THREADS, type OtherThread } from './mpi/entry/other-threads.ts';
export { createRank } from './mpi/rank.ts';
export type { RankParts } from './rank-parts.ts';
export { COORDINATES, TORUS_DIMENSIONS, type Torus, type TorusRequest, torusFor } from './torus.ts';
export { endRank, jobMemoryBytes, readTraffic, type Traffic } from './transport/layout.ts';

/** Index: call number. */
export const MESSAGING_HANDLERS: HandlerTable<MessagingContext> = handlers();

function handlers(): HandlerTable<MessagingContext> {
  const table: HandlerTable<MessagingContext>[number][] = [];
  for (const row of MPI_ROWS) table[row.number] = wrapEntry(row, ENTRIES[row.name] ?? unsupported);
  for (const row of FOREIGN_MPI_ROWS) {
    table[row.number] = wrapEntry(row, foreignEntry(row, ENTRIES[row.name] ?? unsupported));
  }
  return table;
}
