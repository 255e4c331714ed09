// Arguments of communication: communicators, ranks, tags; what is wrong with them.

import {
  MPI_ANY_SOURCE,
  MPI_ANY_TAG,
  MPI_ERR_OTHER,
  MPI_ERR_RANK,
  MPI_ERR_TAG,
  MPI_PROC_NULL,
} from '../../../../runtime/abi/mpi/constants.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { ANY } from '../matching.ts';

/** The highest tag: MPI_TAG_UB. */
export const TAG_MOST = 0x7fff_ffff;

/** Errors: MPI_ERR_OTHER: MPI is not initialized, or no longer. */
export function requireInitialized({ state }: MessagingContext): void {
  if (state.phase !== 'initialized') throw new MpiError(MPI_ERR_OTHER, `it was called ${state.phase}`);
}

/** Errors: MPI_ERR_COMM. */
export function communicatorOf(context: MessagingContext, handle: number): Communicator {
  requireInitialized(context);
  return context.communicators.get(handle);
}

/** Errors: MPI_ERR_TAG. */
export function checkTag(tag: number): void {
  if (tag < 0) throw new MpiError(MPI_ERR_TAG, `a tag of ${tag}`);
}

/** A tag to receive with, as matching has it. Errors: MPI_ERR_TAG. */
export function wantedTag(tag: number): number {
  if (tag === MPI_ANY_TAG) return ANY;
  checkTag(tag);
  return tag;
}

/** A source, as matching has it; not MPI_PROC_NULL. Errors: MPI_ERR_RANK. */
export function wantedSource(communicator: Communicator, source: number): number {
  return source === MPI_ANY_SOURCE ? ANY : communicator.jobRankOf(source);
}

/** Errors: MPI_ERR_RANK. */
export function requireRank(communicator: Communicator, rank: number): void {
  if (rank !== MPI_PROC_NULL) communicator.jobRankOf(rank);
}

/** Errors: MPI_ERR_RANK. @param rank of the local group */
export function requireLocalRank({ size }: Communicator, rank: number): void {
  if (rank < 0 || rank >= size) throw new MpiError(MPI_ERR_RANK, `there is no rank ${rank} among ${size}`);
}
