// Buffered sends: what they send is kept in the buffer that the program has attached, as far as its size goes; the bytes themselves are kept
// elsewhere, so that no room in it is lost to order. See: MPI standard, "Buffer Allocation and Usage".

import {
  MPI_BSEND_OVERHEAD,
  MPI_BUFFER_AUTOMATIC,
  MPI_ERR_ARG,
  MPI_ERR_BUFFER,
  MPI_PROC_NULL,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, checkPlace, checkResult, LARGE, SMALL, type Width } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import type { Datatype } from '../datatypes/datatype.ts';
import { hex, MpiError } from '../errors.ts';
import { Request } from '../requests.ts';
import { checkTag, communicatorOf, requireInitialized } from './arguments.ts';
import { giveRequest } from './point-to-point.ts';

/** Sends a copy. Errors: MPI_ERR_BUFFER: the buffer has no room for it. @returns undefined: for its program it is done */
export function bufferedSend(
  context: MessagingContext,
  to: number,
  number: number,
  tag: number,
  buffer: number,
  count: number,
  type: Datatype,
): undefined {
  const { engine, memory, services, state } = context;
  const bytes = count * type.size;
  const attached = state.sendBuffer;
  const needed = bytes + MPI_BSEND_OVERHEAD;
  if (attached !== undefined && attached.used + needed > attached.bytes) engine.progress();
  if (attached === undefined || attached.used + needed > attached.bytes) {
    const room =
      attached === undefined
        ? 'no buffer is attached'
        : `${attached.bytes - attached.used} bytes of the buffer are free`;
    throw new MpiError(MPI_ERR_BUFFER, `${room}, and the message needs ${needed}`);
  }
  attached.used += needed;
  const packed = services.borrow(bytes);
  type.pack(memory.bytes, buffer >>> 0, count, memory.bytes, packed);
  engine.send(to, number, tag, packed, bytes, false, () => {
    attached.used -= needed;
    services.giveBack(packed, bytes);
  });
}

export function MPI_Bsend(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  destination: number,
  tag: number,
  comm: number,
): number {
  const communicator = communicatorOf(context, comm);
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(context.memory, buffer, count, type);
  checkTag(tag);
  if (destination === MPI_PROC_NULL) return 0;
  bufferedSend(context, communicator.jobRankOf(destination), communicator.context, tag, buffer, count, type);
  return 0;
}

export function MPI_Ibsend(
  context: MessagingContext,
  buffer: number,
  count: number,
  type: number,
  destination: number,
  tag: number,
  comm: number,
  request: number,
): number {
  checkResult(context.memory, request);
  MPI_Bsend(context, buffer, count, type, destination, tag, comm);
  return giveRequest(context, new Request(undefined, context.communicators.get(comm)), request);
}

export function MPI_Buffer_attach(context: MessagingContext, address: number, size: number): number {
  requireInitialized(context);
  const { memory, state } = context;
  if (state.sendBuffer !== undefined) throw new MpiError(MPI_ERR_BUFFER, 'a buffer is attached already');
  const isAutomatic = address === MPI_BUFFER_AUTOMATIC;
  if (size < 0) throw new MpiError(MPI_ERR_ARG, `a size of ${size}`);
  if (!isAutomatic && !memory.contains(address, size)) {
    throw new MpiError(MPI_ERR_BUFFER, `${size} bytes at ${hex(address)} are not in the program's memory`);
  }
  state.sendBuffer = { address, bytes: isAutomatic ? Number.POSITIVE_INFINITY : size, used: 0 };
  return 0;
}

/** Waits until what was sent by it has gone. */
function detachEntry(width: Width) {
  return (context: MessagingContext, address: number, size: number): number => {
    requireInitialized(context);
    const { engine, memory, state } = context;
    checkResult(memory, address);
    checkPlace(memory, size, width.bytes, 'the size');
    const attached = state.sendBuffer;
    if (attached === undefined) throw new MpiError(MPI_ERR_BUFFER, 'no buffer is attached');
    engine.waitFor(() => attached.used === 0);
    memory.writeU32(address, attached.address);
    width.write(memory, size, attached.bytes === Number.POSITIVE_INFINITY ? 0 : attached.bytes);
    state.sendBuffer = undefined;
    return 0;
  };
}

export const MPI_Buffer_detach = detachEntry(SMALL);
export const MPI_Buffer_detach_c = detachEntry(LARGE);

export function MPI_Buffer_flush(context: MessagingContext): number {
  requireInitialized(context);
  const attached = context.state.sendBuffer;
  context.engine.waitFor(() => attached === undefined || attached.used === 0);
  return 0;
}
