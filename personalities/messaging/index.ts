// Messaging: MPI at user level, in the worker of each rank, bound to either personality. Layers, top down: the entries of MPI (mpi/entry),
// which check arguments; its semantics (mpi), matching, requests, datatypes, communicators, collectives; the transport, which moves bytes
// between ranks and wakes them. Nothing above the transport assumes that all ranks live in one process of the host.

import type { HandlerTable } from '../../runtime/abi/row.ts';
import type { MessagingContext } from './mpi/context.ts';
import type { RankParts } from './rank-parts.ts';

export type { MessagingContext } from './mpi/context.ts';
export type { RankParts } from './rank-parts.ts';
export { endRank, jobMemoryBytes } from './transport/layout.ts';

/** Index: call number. */
export const MESSAGING_HANDLERS: HandlerTable<MessagingContext> = [];

export function createRank(parts: RankParts): MessagingContext {
  return { parts };
}
