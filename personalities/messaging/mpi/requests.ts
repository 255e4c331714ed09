// What communication leaves behind until it is complete: a send or a receive under way. Entries give those that outlive their call a handle.

import {
  MPI_ERR_REQUEST,
  MPI_ERR_TRUNCATE,
  MPI_REQUEST_NULL,
  MPI_SUCCESS,
} from '../../../runtime/abi/mpi/constants.ts';
import type { MemoryViews } from '../../../runtime/memory/copy.ts';
import type { Communicator } from './communicator.ts';
import { hex, MpiError } from './errors.ts';
import { HandleTable } from './handles.ts';
import { EMPTY_STATUS, type Status } from './status.ts';

/** What a send sends. */
export interface Message {
  /** A rank of the job. */
  readonly to: number;
  readonly context: number;
  readonly tag: number;
  /** Of its bytes, in the rank's memory. */
  readonly address: number;
  readonly bytes: number;
  /** What a packet says of it: see PACKET. */
  readonly kind: number;
  /** By which the receiver names it; 0: it hears of it no more. */
  readonly id: number;
  /** Frees what it was packed into. */
  readonly onDone: (() => void) | undefined;
}

/** A send under way. */
export class Send {
  isDone = false;
  /** The next one to the same rank for which there was no room. */
  next: Send | undefined;
  readonly message: Message;

  constructor(message: Message) {
    this.message = message;
  }
}

/** A receive under way. */
export class Receive {
  isDone = false;
  /** Of the job; ANY. */
  source = 0;
  tag = 0;
  context = 0;
  /** Where the message goes: the first byte of the first element, and how many bytes there is room for. */
  address = 0;
  capacity = 0;
  /** Unpacks what does not stand in one piece; undefined: it does, from `address` on. */
  unpack: ((from: Uint8Array, at: number, bytes: number) => void) | undefined;
  /** What came. */
  gotSource = 0;
  gotTag = 0;
  gotBytes = 0;
  isCancelled = false;
  /** More came than there was room for. */
  isTruncated = false;
  /** When it was posted, among all of the rank. */
  order = 0;
  next: Receive | undefined;
}

/** A message that has come before its receive: its bytes, or where they wait. */
export interface Unexpected {
  next: Unexpected | undefined;
  /** A rank of the job. */
  readonly source: number;
  readonly tag: number;
  readonly bytes: number;
  /** Of the packet that told of it. */
  readonly kind: number;
  /** Of the send that waits to hear of it; 0: none does, any more. */
  id: number;
  readonly address: number;
  /** Its bytes, where they were copied. */
  payload: MemoryViews | undefined;
  /** When it came, among all of the rank. */
  readonly order: number;
}

/** What a program has a handle of: communication that it began, and is to ask about. */
export class Request {
  /** What is under way; undefined: nothing, for it is done, or not begun. */
  operation: Send | Receive | Task | undefined;
  readonly communicator: Communicator | undefined;
  /** Begins what a persistent request is for, as often as it is started. */
  readonly start: (() => Send | Receive | Task | undefined) | undefined;
  /** A persistent one that was not started, or has completed since. */
  isActive: boolean;
  /** What a receive from nobody, or one of the program's own, tells. */
  status: Status = EMPTY_STATUS;

  constructor(operation: Request['operation'], communicator?: Communicator, start?: Request['start']) {
    this.operation = operation;
    this.communicator = communicator;
    this.start = start;
    this.isActive = start === undefined;
  }

  get isPersistent(): boolean {
    return this.start !== undefined;
  }

  get isDone(): boolean {
    return this.operation === undefined || this.operation.isDone;
  }
}

/** Something else that goes on: a collective operation, one of the program's own. */
export interface Task {
  readonly isDone: boolean;
  /** What it came to, once it is done. */
  readonly outcome: Outcome;
  /** Asks it to end. */
  cancel?(): void;
  /** Its request is forgotten. @returns false: its handle stays until the program has completed it */
  free?(): boolean;
}

/** How communication came out. */
export interface Outcome {
  readonly status: Status;
  /** MPI_SUCCESS, or a class. */
  readonly error: number;
}

/** The requests of a rank, by handle. */
export class Requests {
  readonly #byHandle = new HandleTable<Request>();

  add(request: Request): number {
    return this.#byHandle.add(request);
  }

  /** Undefined for MPI_REQUEST_NULL. Errors: MPI_ERR_REQUEST. */
  get(handle: number): Request | undefined {
    if (handle === MPI_REQUEST_NULL) return undefined;
    const found = this.#byHandle.get(handle);
    if (found === undefined) throw new MpiError(MPI_ERR_REQUEST, `${hex(handle)} is no request`);
    return found;
  }

  delete(handle: number): void {
    this.#byHandle.delete(handle);
  }
}

/** How a request came out that is done. */
export function outcomeOf({ operation, communicator, status }: Request): Outcome {
  if (operation === undefined) return { status, error: MPI_SUCCESS };
  if (operation instanceof Receive) {
    return {
      status: receivedStatus(operation, communicator),
      error: operation.isTruncated ? MPI_ERR_TRUNCATE : MPI_SUCCESS,
    };
  }
  if (operation instanceof Send) return { status: EMPTY_STATUS, error: MPI_SUCCESS };
  return operation.outcome;
}

/** What a receive that is done tells. */
export function receivedStatus(receive: Receive, communicator: Communicator | undefined): Status {
  const { gotSource, gotTag, gotBytes, isCancelled } = receive;
  if (isCancelled) return { ...EMPTY_STATUS, isCancelled };
  const source = communicator?.peers.rankOf(gotSource) ?? gotSource;
  return { source, tag: gotTag, bytes: gotBytes, isCancelled };
}

/** A message that was found and taken, and waits for its receive. */
export interface Matched {
  readonly message: Unexpected;
  readonly communicator: Communicator;
}

/** The buffer that the program has attached for buffered sends. */
export interface SendBuffer {
  readonly address: number;
  /** Infinity: as much as there is memory. */
  readonly bytes: number;
  used: number;
}
