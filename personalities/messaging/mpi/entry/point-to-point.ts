// Sends and receives, blocking and not. See: MPI standard, chapter 3.

import { MPI_ANY_TAG, MPI_ERR_TRUNCATE, MPI_PROC_NULL } from '../../../../runtime/abi/mpi/constants.ts';
import { checkBuffer, checkResult } from '../arguments.ts';
import type { Communicator } from '../communicator.ts';
import type { MessagingContext } from '../context.ts';
import type { Datatype } from '../datatypes/datatype.ts';
import { MpiError } from '../errors.ts';
import { type Outcome, outcomeOf, Receive, Request, receivedStatus, type Send, type Task } from '../requests.ts';
import { checkStatus, EMPTY_STATUS, type Status, writeStatus } from '../status.ts';
import { checkTag, communicatorOf, requireRank, wantedSource, wantedTag } from './arguments.ts';

/** Of what was received from MPI_PROC_NULL. */
export const NOBODYS_STATUS: Status = { ...EMPTY_STATUS, source: MPI_PROC_NULL, tag: MPI_ANY_TAG };

/** Begins a send of a buffer. @returns undefined: it is done */
export function beginSend(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  destination: number,
  tag: number,
  communicator: Communicator,
  isSynchronous = false,
): Send | undefined {
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(context.memory, buffer, count, type);
  checkTag(tag);
  if (destination === MPI_PROC_NULL) return undefined;
  const to = communicator.jobRankOf(destination);
  return sendElements(context, to, communicator.context, tag, buffer, count, type, isSynchronous);
}

/** What beginSend checks, before a receive that would stay behind if it failed. */
function checkSend(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  destination: number,
  tag: number,
  communicator: Communicator,
): void {
  checkBuffer(context.memory, buffer, count, context.datatypes.committed(typeHandle));
  checkTag(tag);
  requireRank(communicator, destination);
}

/** Sends checked elements to a rank of the job. @returns undefined: it is done */
export function sendElements(
  { engine, memory, services }: MessagingContext,
  to: number,
  number: number,
  tag: number,
  buffer: number,
  count: number,
  type: Datatype,
  isSynchronous = false,
): Send | undefined {
  const bytes = count * type.size;
  if (type.isContiguous) {
    const address = (buffer + type.trueLowerBound) >>> 0; // an absolute address is a signed displacement from MPI_BOTTOM
    return engine.send(to, number, tag, address, bytes, isSynchronous);
  }
  const packed = services.borrow(bytes);
  type.pack(memory.bytes, buffer >>> 0, count, memory.bytes, packed);
  return engine.send(to, number, tag, packed, bytes, isSynchronous, () => services.giveBack(packed, bytes));
}

/** Lets a receive be one of a buffer. */
export function setBuffer(
  { memory }: MessagingContext,
  receive: Receive,
  buffer: number,
  count: number,
  type: Datatype,
): void {
  receive.capacity = count * type.size;
  if (type.isContiguous) {
    receive.address = (buffer + type.trueLowerBound) >>> 0;
    receive.unpack = undefined;
  } else {
    receive.unpack = (from, at, bytes) => type.unpack(from, at, memory.bytes, buffer >>> 0, count, bytes);
  }
}

/** Begins a receive into a buffer. @returns undefined: it is from nobody, and done */
export function beginReceive(
  context: MessagingContext,
  receive: Receive,
  buffer: number,
  count: number,
  typeHandle: number,
  source: number,
  tag: number,
  communicator: Communicator,
): Receive | undefined {
  const type = context.datatypes.committed(typeHandle);
  checkBuffer(context.memory, buffer, count, type);
  receive.tag = wantedTag(tag);
  if (source === MPI_PROC_NULL) return undefined;
  receive.source = wantedSource(communicator, source);
  receive.context = communicator.context;
  setBuffer(context, receive, buffer, count, type);
  context.engine.receive(receive);
  return receive;
}

/** Waits for a receive, and tells how it came out. Errors: MPI_ERR_TRUNCATE. */
export function finishReceive(
  { engine, memory }: MessagingContext,
  receive: Receive | undefined,
  communicator: Communicator,
  status: number,
): number {
  if (receive === undefined) {
    writeStatus(memory, status, NOBODYS_STATUS);
    return 0;
  }
  engine.wait(receive);
  if (status !== 0) writeStatus(memory, status, receivedStatus(receive, communicator));
  if (receive.isTruncated) throw truncated(receive);
  return 0;
}

function truncated({ capacity, gotSource }: Receive): MpiError {
  return new MpiError(
    MPI_ERR_TRUNCATE,
    `a message of rank ${gotSource} is longer than the ${capacity} bytes of its receive`,
  );
}

type Sender = (
  context: MessagingContext,
  buffer: number,
  count: number,
  type: number,
  destination: number,
  tag: number,
  comm: number,
) => number;

function sendBlocking(isSynchronous: boolean): Sender {
  return (context, buffer, count, type, destination, tag, comm) => {
    const communicator = communicatorOf(context, comm);
    const send = beginSend(context, buffer, count, type, destination, tag, communicator, isSynchronous);
    if (send !== undefined) context.engine.wait(send);
    return 0;
  };
}

export const MPI_Send = sendBlocking(false);
export const MPI_Ssend = sendBlocking(true);
/** Its receive is posted: nothing that this could make use of. */
export const MPI_Rsend = MPI_Send;

export function MPI_Recv(
  context: MessagingContext,
  buffer: number,
  count: number,
  type: number,
  source: number,
  tag: number,
  comm: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  if (status !== 0) checkStatus(context.memory, status);
  const receive = beginReceive(context, new Receive(), buffer, count, type, source, tag, communicator);
  return finishReceive(context, receive, communicator, status);
}

/** Gives what was begun a handle. */
export function giveRequest({ memory, requests }: MessagingContext, request: Request, address: number): number {
  memory.writeU32(address, requests.add(request));
  return 0;
}

function sendNonblocking(isSynchronous: boolean) {
  return (
    context: MessagingContext,
    buffer: number,
    count: number,
    type: number,
    destination: number,
    tag: number,
    comm: number,
    request: number,
  ): number => {
    const communicator = communicatorOf(context, comm);
    checkResult(context.memory, request);
    const send = beginSend(context, buffer, count, type, destination, tag, communicator, isSynchronous);
    return giveRequest(context, new Request(send, communicator), request);
  };
}

export const MPI_Isend = sendNonblocking(false);
export const MPI_Issend = sendNonblocking(true);
export const MPI_Irsend = MPI_Isend;

export function MPI_Irecv(
  context: MessagingContext,
  buffer: number,
  count: number,
  type: number,
  source: number,
  tag: number,
  comm: number,
  request: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, request);
  const receive = beginReceive(context, new Receive(), buffer, count, type, source, tag, communicator);
  return giveRequest(context, receiveRequest(receive, communicator), request);
}

export function MPI_Sendrecv(
  context: MessagingContext,
  sendBuffer: number,
  sendCount: number,
  sendType: number,
  destination: number,
  sendTag: number,
  buffer: number,
  count: number,
  type: number,
  source: number,
  tag: number,
  comm: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkSend(context, sendBuffer, sendCount, sendType, destination, sendTag, communicator);
  const receive = beginReceive(context, new Receive(), buffer, count, type, source, tag, communicator);
  const send = beginSend(context, sendBuffer, sendCount, sendType, destination, sendTag, communicator);
  if (send !== undefined) context.engine.wait(send);
  return finishReceive(context, receive, communicator, status);
}

/** A send and a receive that are one request, whose status is the receive's. */
class SendAndReceive implements Task {
  readonly #send: Send | undefined;
  readonly #receive: Request;

  constructor(send: Send | undefined, receive: Request) {
    this.#send = send;
    this.#receive = receive;
  }

  get isDone(): boolean {
    return this.#send?.isDone !== false && this.#receive.isDone;
  }

  get outcome(): Outcome {
    return outcomeOf(this.#receive);
  }
}

/** Of a receive that may be from nobody. */
export function receiveRequest(receive: Receive | undefined, communicator: Communicator): Request {
  const request = new Request(receive, communicator);
  if (receive === undefined) request.status = NOBODYS_STATUS;
  return request;
}

export function MPI_Isendrecv(
  context: MessagingContext,
  sendBuffer: number,
  sendCount: number,
  sendType: number,
  destination: number,
  sendTag: number,
  buffer: number,
  count: number,
  type: number,
  source: number,
  tag: number,
  comm: number,
  request: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, request);
  checkSend(context, sendBuffer, sendCount, sendType, destination, sendTag, communicator);
  const receive = beginReceive(context, new Receive(), buffer, count, type, source, tag, communicator);
  const send = beginSend(context, sendBuffer, sendCount, sendType, destination, sendTag, communicator);
  const both = new SendAndReceive(send, receiveRequest(receive, communicator));
  return giveRequest(context, new Request(both, communicator), request);
}

export function MPI_Isendrecv_replace(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  destination: number,
  sendTag: number,
  source: number,
  tag: number,
  comm: number,
  request: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkResult(context.memory, request);
  checkSend(context, buffer, count, typeHandle, destination, sendTag, communicator);
  wantedTag(tag);
  requireSource(communicator, source);
  const packed = packForReplacement(context, buffer, count, typeHandle);
  const receive = beginReceive(context, new Receive(), buffer, count, typeHandle, source, tag, communicator);
  const send = sendPacked(context, packed, destination, sendTag, communicator);
  const both = new SendAndReceive(send, receiveRequest(receive, communicator));
  return giveRequest(context, new Request(both, communicator), request);
}

/** Errors: MPI_ERR_RANK. */
function requireSource(communicator: Communicator, source: number): void {
  if (source !== MPI_PROC_NULL) wantedSource(communicator, source);
}

/** What is to be sent from where something else is to be received, elsewhere; checked. */
function packForReplacement(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
): { readonly address: number; readonly bytes: number } {
  const { memory, services } = context;
  const type = context.datatypes.committed(typeHandle);
  const bytes = count * type.size;
  const address = services.borrow(bytes);
  type.pack(memory.bytes, buffer >>> 0, count, memory.bytes, address);
  return { address, bytes };
}

/** Sends it, and lets go of it when it has gone. @returns undefined: it is done */
function sendPacked(
  { engine, services }: MessagingContext,
  { address, bytes }: { readonly address: number; readonly bytes: number },
  destination: number,
  tag: number,
  communicator: Communicator,
): Send | undefined {
  const release = (): void => services.giveBack(address, bytes);
  if (destination !== MPI_PROC_NULL) {
    const to = communicator.jobRankOf(destination);
    return engine.send(to, communicator.context, tag, address, bytes, false, release);
  }
  release();
  return undefined;
}

/** What is sent is packed first, since what is received takes its place. */
export function MPI_Sendrecv_replace(
  context: MessagingContext,
  buffer: number,
  count: number,
  typeHandle: number,
  destination: number,
  sendTag: number,
  source: number,
  tag: number,
  comm: number,
  status: number,
): number {
  const communicator = communicatorOf(context, comm);
  checkSend(context, buffer, count, typeHandle, destination, sendTag, communicator);
  wantedTag(tag);
  requireSource(communicator, source);
  const packed = packForReplacement(context, buffer, count, typeHandle);
  const receive = beginReceive(context, new Receive(), buffer, count, typeHandle, source, tag, communicator);
  const send = sendPacked(context, packed, destination, sendTag, communicator);
  if (send !== undefined) context.engine.wait(send);
  return finishReceive(context, receive, communicator, status);
}
