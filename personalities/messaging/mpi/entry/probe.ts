// Messages that are found before they are received. See: MPI standard, "Probe and Cancel".

import {
  MPI_ERR_REQUEST,
  MPI_MESSAGE_NO_PROC,
  MPI_MESSAGE_NULL,
  MPI_PROC_NULL,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, checkResult } from '../arguments.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import { hex, MpiError } from '../errors.ts';
import { Receive, type Unexpected } from '../requests.ts';
import { type Status, writeStatus } from '../status.ts';
import { communicatorOf, wantedSource, wantedTag } from './arguments.ts';
import { finishReceive, giveRequest, NOBODYS_STATUS, receiveRequest, setBuffer } from './point-to-point.ts';

/** A message that was found; undefined: from nobody. */
interface Found {
  readonly message: Unexpected | undefined;
  readonly status: Status;
}

function lookForMessage(
  { engine }: MessagingContext,
  communicator: Communicator,
  source: number,
  tag: number,
  takes: boolean,
): Found | undefined {
  const wanted = wantedTag(tag);
  if (source === MPI_PROC_NULL) return { message: undefined, status: NOBODYS_STATUS };
  const message = engine.probe(communicator.context, wantedSource(communicator, source), wanted, takes);
  if (message === undefined) return undefined;
  const rank = communicator.peers.rankOf(message.source) ?? -1;
  return { message, status: { source: rank, tag: message.tag, bytes: message.bytes, isCancelled: false } };
}

function awaitMessage(
  context: MessagingContext,
  communicator: Communicator,
  source: number,
  tag: number,
  takes: boolean,
): Found {
  let found = lookForMessage(context, communicator, source, tag, takes);
  context.engine.waitFor(() => {
    found ??= lookForMessage(context, communicator, source, tag, takes);
    return found !== undefined;
  });
  return found as Found;
}

function giveMessage(
  { memory, messages }: MessagingContext,
  { message, status: told }: Found,
  communicator: Communicator,
  address: number,
  status: number,
): number {
  const handle = message === undefined ? MPI_MESSAGE_NO_PROC : messages.add({ message, communicator });
  memory.writeU32(address, handle);
  writeStatus(memory, status, told);
  return 0;
}

/** Begins the receive of a message that was taken. Errors: MPI_ERR_REQUEST: there is no such. */
function beginMatched(context: MessagingContext, buffer: number, count: number, typeHandle: number, address: number) {
  const { engine, memory, messages, communicators } = context;
  checkResult(memory, address);
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(memory, buffer, count, type);
  const handle = memory.readU32(address);
  const matched = messages.get(handle);
  if (matched === undefined && handle !== MPI_MESSAGE_NO_PROC) {
    throw new MpiError(MPI_ERR_REQUEST, `${hex(handle)} is no message`);
  }
  memory.writeU32(address, MPI_MESSAGE_NULL);
  if (matched === undefined) return { communicator: communicators.world, receive: undefined };
  messages.delete(handle);
  const receive = new Receive();
  setBuffer(context, receive, buffer, count, type);
  engine.deliver(receive, matched.message);
  return { communicator: matched.communicator, receive };
}

export function MPI_Probe(
  context: MessagingContext,
  source: number,
  tag: number,
  comm: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  writeStatus(context.memory, status, awaitMessage(context, communicator, source, tag, false).status);
  return 0;
}

export function MPI_Iprobe(
  context: MessagingContext,
  source: number,
  tag: number,
  comm: number,
  flag: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, flag);
  context.engine.progress();
  const found = lookForMessage(context, communicator, source, tag, false);
  context.memory.writeU32(flag, Number(found !== undefined));
  if (found !== undefined) writeStatus(context.memory, status, found.status);
  return 0;
}

export function MPI_Mprobe(
  context: MessagingContext,
  source: number,
  tag: number,
  comm: number,
  message: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, message);
  return giveMessage(context, awaitMessage(context, communicator, source, tag, true), communicator, message, status);
}

export function MPI_Improbe(
  context: MessagingContext,
  source: number,
  tag: number,
  comm: number,
  flag: number,
  message: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, flag);
  checkResult(context.memory, message);
  context.engine.progress();
  const found = lookForMessage(context, communicator, source, tag, true);
  context.memory.writeU32(flag, Number(found !== undefined));
  return found === undefined ? 0 : giveMessage(context, found, communicator, message, status);
}

export function MPI_Mrecv(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  message: number,
  status: number,
): number {
  const { communicator, receive } = beginMatched(context, buffer, count, typeHandle, message);
  return finishReceive(context, receive, communicator, status);
}

export function MPI_Imrecv(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  message: number,
  request: number,
): number {
  checkResult(context.memory, request);
  const { communicator, receive } = beginMatched(context, buffer, count, typeHandle, message);
  return giveRequest(context, receiveRequest(receive, communicator), request);
}
