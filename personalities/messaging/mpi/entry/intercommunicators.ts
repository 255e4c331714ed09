// Entries that make intercommunicators, and one group of two.

import { MPI_ERR_RANK } from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { exchangeTag, join, merge } from '../making.ts';
import { checkTag, communicatorOf, requireLocalRank } from './arguments.ts';
import { interOf, requireIntra, storeMade } from './communicators.ts';

/** What says how to reach the other group matters at the leader alone. */
export function MPI_Intercomm_create(
  context: MessagingContext,
  localComm: number,
  leader: number,
  peerComm: number,
  remoteLeader: number,
  tag: number,
  newcomm: number,
): number {
  const local = communicatorOf(context, localComm);
  requireIntra(local);
  requireLocalRank(local, leader);
  checkResult(context.memory, newcomm);
  if (local.rank !== leader) return storeMade(context, join(context, local, leader, undefined), newcomm);
  const peers = communicatorOf(context, peerComm);
  checkTag(tag);
  if (peers.jobRankOf(remoteLeader) === context.engine.rank) {
    throw new MpiError(MPI_ERR_RANK, `the leader of the other group is this rank, ${remoteLeader}`);
  }
  return storeMade(context, join(context, local, leader, { peers, remoteLeader, tag: exchangeTag(tag) }), newcomm);
}

export function MPI_Intercomm_merge(context: MessagingContext, comm: number, high: number, newcomm: number): number {
  const communicator = interOf(context, comm);
  checkResult(context.memory, newcomm);
  return storeMade(context, merge(context, communicator, high !== 0), newcomm);
}
