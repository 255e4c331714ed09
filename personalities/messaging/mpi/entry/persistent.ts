// Persistent communication: arguments are checked once, and used as often as the request is started. See: MPI standard, "Persistent
// Communication Requests".

import { MPI_PROC_NULL } from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, checkResult } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { Receive, Request } from '../requests.ts';
import { checkTag, communicatorOf, requireRank, wantedSource, wantedTag } from './arguments.ts';
import { bufferedSend } from './buffered.ts';
import { giveRequest, NOBODYS_STATUS, sendElements, setBuffer } from './point-to-point.ts';

type SendMode = 'standard' | 'synchronous' | 'buffered';

function initSend(mode: SendMode) {
  return (
    context: MessagingContext,
    buffer: number,
    count: number,
    typeHandle: number,
    destination: number,
    tag: number,
    comm: number,
    request: number,
  ): number => {
    const communicator = communicatorOf(context, comm);
    const type = context.datatypes.committed(typeHandle);
    checkBuffer(context.memory, buffer, count, type);
    checkTag(tag);
    requireRank(communicator, destination);
    checkResult(context.memory, request);
    const start = () => {
      if (destination === MPI_PROC_NULL) return undefined;
      const to = communicator.jobRankOf(destination);
      if (mode === 'buffered') return bufferedSend(context, to, communicator.context, tag, buffer, count, type);
      return sendElements(context, to, communicator.context, tag, buffer, count, type, mode === 'synchronous');
    };
    return giveRequest(context, new Request(undefined, communicator, start), request);
  };
}

export const MPI_Send_init = initSend('standard');
export const MPI_Ssend_init = initSend('synchronous');
export const MPI_Bsend_init = initSend('buffered');
export const MPI_Rsend_init = MPI_Send_init;

export function MPI_Recv_init(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  source: number,
  tag: number,
  comm: number,
  request: number,
): number {
  const communicator = communicatorOf(context, comm);
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(context.memory, buffer, count, type);
  const wanted = wantedTag(tag);
  const from = source === MPI_PROC_NULL ? undefined : wantedSource(communicator, source);
  checkResult(context.memory, request);
  const start = (): Receive | undefined => {
    if (from === undefined) return undefined;
    const receive = new Receive();
    receive.source = from;
    receive.tag = wanted;
    receive.context = communicator.context;
    setBuffer(context, receive, buffer, count, type);
    context.engine.receive(receive);
    return receive;
  };
  const given = new Request(undefined, communicator, start);
  if (from === undefined) given.status = NOBODYS_STATUS;
  return giveRequest(context, given, request);
}
