// How programs learn that what they began is done: wait, test, look, cancel, free. See: MPI standard, "Communication Completion".

import {
  MPI_ERR_ARG,
  MPI_ERR_IN_STATUS,
  MPI_ERR_REQUEST,
  MPI_ERR_TRUNCATE,
  MPI_REQUEST_NULL,
  MPI_SUCCESS,
  MPI_UNDEFINED,
} from '../../../../runtime/abi/mpi/constants.ts';
import { STATUS } from '../../../../runtime/abi/mpi/structs.ts';
import { checkCount, checkResult, storeInt, writeInts } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { hex, MpiError } from '../errors.ts';
import { type Outcome, outcomeOf, Receive, type Request, Send } from '../requests.ts';
import { checkStatus, EMPTY_STATUS, isCancelled, writeCancelled, writeStatus } from '../status.ts';
import { requireInitialized } from './arguments.ts';

/** What a completion finds where there is nothing to complete. */
const NOTHING: Outcome = { status: EMPTY_STATUS, error: MPI_SUCCESS };
const HANDLE_BYTES = 4;
/** Of an array of requests: some are under way, none of them is done; none is under way. */
const [NONE_DONE, NONE_ACTIVE] = [-2, -1] as const;

/** Whether a call completes what it finds done, or only looks: then requests stay, and an error is none of its own. */
type Completes = boolean;

/** The request at an address, which may be none. */
function requestAt({ memory, requests }: MessagingContext, address: number): Request | undefined {
  return requests.get(memory.readU32(address));
}

/** One that is under way; undefined: null, or persistent and not started. */
function activeAt(context: MessagingContext, address: number): Request | undefined {
  return activeOf(requestAt(context, address));
}

function activeOf(request: Request | undefined): Request | undefined {
  return request?.isActive === true ? request : undefined;
}

/** Takes the outcome of a request that is done; its handle is gone, if it is not persistent. */
function take(context: MessagingContext, address: number, request: Request): Outcome {
  const outcome = outcomeOf(request);
  if (request.isPersistent) {
    request.isActive = false;
    request.operation = undefined;
  } else forget(context, address, request);
  return outcome;
}

/** Its handle is gone. */
function forget({ memory, requests }: MessagingContext, address: number, { operation }: Request): void {
  const isForgotten = operation === undefined || !('free' in operation) || operation.free?.() !== false;
  if (isForgotten) requests.delete(memory.readU32(address));
  memory.writeU32(address, MPI_REQUEST_NULL);
}

/** Tells the outcome of a request that is done. Errors: that of the communication, of which its communicator hears. */
function tell(
  context: MessagingContext,
  address: number,
  request: Request | undefined,
  status: number,
  completes: Completes,
): number {
  const found = request === undefined ? NOTHING : completes ? take(context, address, request) : outcomeOf(request);
  writeStatus(context.memory, status, found.status);
  const { error } = found;
  if (completes && error !== MPI_SUCCESS) throw new MpiError(error, whyFailed(error), request?.communicator);
  return MPI_SUCCESS;
}

function whyFailed(error: number): string {
  return error === MPI_ERR_TRUNCATE ? 'a message is longer than its receive' : 'its request failed';
}

/** Tells the outcomes of requests that are all done. Errors: MPI_ERR_IN_STATUS, each then says its own. */
function tellAll(context: MessagingContext, all: readonly number[], statuses: number, completes: Completes): number {
  const outcomes: Outcome[] = [];
  let failed: Request | undefined;
  for (const address of all) {
    const request = activeAt(context, address);
    const outcome = request === undefined ? NOTHING : completes ? take(context, address, request) : outcomeOf(request);
    if (completes && outcome.error !== MPI_SUCCESS) failed ??= request;
    outcomes.push(outcome);
  }
  if (statuses !== 0) {
    for (const [i, { status, error }] of outcomes.entries()) {
      writeStatus(context.memory, statuses + i * STATUS.BYTES, status, failed === undefined ? undefined : error);
    }
  }
  if (failed !== undefined) throw new MpiError(MPI_ERR_IN_STATUS, 'a request failed', failed.communicator);
  return MPI_SUCCESS;
}

/** Errors: MPI_ERR_COUNT, MPI_ERR_ARG. */
function checkHandles(context: MessagingContext, count: number, requests: number): void {
  requireInitialized(context);
  checkCount(count);
  checkInts(context, count, requests);
}

/** Where the handles of an array stand. Errors: MPI_ERR_COUNT, MPI_ERR_ARG. */
function placesOf(context: MessagingContext, count: number, requests: number): number[] {
  checkHandles(context, count, requests);
  return Array.from({ length: count }, (_, i) => requests + HANDLE_BYTES * i);
}

/** Errors: MPI_ERR_ARG. */
function checkInts({ memory }: MessagingContext, count: number, address: number): void {
  if (!memory.containsArray(address, count, HANDLE_BYTES))
    throw new MpiError(MPI_ERR_ARG, `there is no array at ${hex(address)}`);
}

export function MPI_Wait(context: MessagingContext, address: number, status: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  checkStatus(context.memory, status);
  const request = activeAt(context, address);
  const operation = request?.operation;
  if (operation !== undefined) context.engine.wait(operation);
  return tell(context, address, request, status, true);
}

export function MPI_Test(context: MessagingContext, address: number, flag: number, status: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  return test(context, address, activeAt(context, address), flag, status, true);
}

/** As MPI_Test, but for the request, which stays. */
export function MPI_Request_get_status(
  context: MessagingContext,
  handle: number,
  flag: number,
  status: number,
): number {
  requireInitialized(context);
  return test(context, 0, activeOf(context.requests.get(handle)), flag, status, false);
}

function test(
  context: MessagingContext,
  address: number,
  request: Request | undefined,
  flag: number,
  status: number,
  completes: Completes,
): number {
  const { engine, memory } = context;
  checkResult(memory, flag);
  checkStatus(memory, status);
  if (request !== undefined) engine.progress();
  const isDone = request?.isDone !== false;
  memory.writeU32(flag, Number(isDone));
  return isDone ? tell(context, address, request, status, completes) : MPI_SUCCESS;
}

export function MPI_Waitall(context: MessagingContext, count: number, requests: number, statuses: number): number {
  const all = placesOf(context, count, requests);
  checkStatus(context.memory, statuses, count);
  for (const address of all) {
    const operation = activeAt(context, address)?.operation;
    if (operation !== undefined) context.engine.wait(operation);
  }
  return tellAll(context, all, statuses, true);
}

function testAll(completes: Completes) {
  return (context: MessagingContext, count: number, requests: number, flag: number, statuses: number): number => {
    const { engine, memory } = context;
    const all = placesOf(context, count, requests);
    checkResult(memory, flag);
    checkStatus(memory, statuses, count);
    engine.progress();
    const areDone = all.every((address) => activeAt(context, address)?.isDone !== false);
    memory.writeU32(flag, Number(areDone));
    return areDone ? tellAll(context, all, statuses, completes) : MPI_SUCCESS;
  };
}

export const MPI_Testall = testAll(true);
export const MPI_Request_get_status_all = testAll(false);

export function MPI_Waitany(
  context: MessagingContext,
  count: number,
  requests: number,
  index: number,
  status: number,
): number {
  checkHandles(context, count, requests);
  checkResult(context.memory, index);
  checkStatus(context.memory, status);
  let first: number = NONE_DONE;
  context.engine.waitFor(() => {
    first = firstDone(context, count, requests);
    return first !== NONE_DONE;
  });
  return tellFirst(context, first, requests, index, status, true);
}

function testAny(completes: Completes) {
  return (
    context: MessagingContext,
    count: number,
    requests: number,
    index: number,
    flag: number,
    status: number,
  ): number => {
    const { engine, memory } = context;
    checkHandles(context, count, requests);
    checkResult(memory, index);
    checkResult(memory, flag);
    checkStatus(memory, status);
    engine.progress();
    const first = firstDone(context, count, requests);
    memory.writeU32(flag, Number(first !== NONE_DONE));
    if (first === NONE_DONE) return storeInt(memory, index, MPI_UNDEFINED);
    return tellFirst(context, first, requests, index, status, completes);
  };
}

export const MPI_Testany = testAny(true);
export const MPI_Request_get_status_any = testAny(false);

/** @returns the index of the first that is done; NONE_DONE, NONE_ACTIVE */
function firstDone(context: MessagingContext, count: number, requests: number): number {
  let none: number = NONE_ACTIVE;
  for (let i = 0; i < count; i++) {
    const request = activeAt(context, requests + HANDLE_BYTES * i);
    if (request?.isDone === true) return i;
    if (request !== undefined) none = NONE_DONE;
  }
  return none;
}

/** Tells what `firstDone` has found. */
function tellFirst(
  context: MessagingContext,
  first: number,
  requests: number,
  index: number,
  status: number,
  completes: Completes,
): number {
  context.memory.writeU32(index, first < 0 ? MPI_UNDEFINED : first);
  const address = requests + HANDLE_BYTES * first;
  return tell(context, address, first < 0 ? undefined : activeAt(context, address), status, completes);
}

function some(waits: boolean, completes: Completes) {
  return (
    context: MessagingContext,
    count: number,
    requests: number,
    doneCount: number,
    indices: number,
    statuses: number,
  ): number => {
    const { engine, memory } = context;
    const all = placesOf(context, count, requests);
    checkResult(memory, doneCount);
    checkInts(context, count, indices);
    checkStatus(memory, statuses, count);
    const first = (): number => firstDone(context, count, requests);
    if (first() === NONE_ACTIVE) return storeInt(memory, doneCount, MPI_UNDEFINED);
    if (waits) engine.waitFor(() => first() !== NONE_DONE);
    else engine.progress();
    const done = [...all.keys()].filter((i) => activeAt(context, all[i] as number)?.isDone === true);
    writeInts(memory, indices, done);
    memory.writeU32(doneCount, done.length);
    return tellAll(
      context,
      done.map((i) => all[i] as number),
      statuses,
      completes,
    );
  };
}

export const MPI_Waitsome = some(true, true);
export const MPI_Testsome = some(false, true);
export const MPI_Request_get_status_some = some(false, false);

/** What is under way goes on; its handle is gone. */
export function MPI_Request_free(context: MessagingContext, address: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  const request = requestAt(context, address);
  if (request === undefined) throw new MpiError(MPI_ERR_REQUEST, 'there is no request');
  forget(context, address, request);
  return MPI_SUCCESS;
}

/** Receives that have no message yet are cancelled; sends complete as they would have. */
export function MPI_Cancel(context: MessagingContext, address: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  const request = activeAt(context, address);
  if (request === undefined) throw new MpiError(MPI_ERR_REQUEST, 'there is no request under way');
  const { operation } = request;
  if (operation instanceof Receive) {
    context.engine.progress();
    context.engine.cancel(operation);
  } else if (operation !== undefined && !(operation instanceof Send)) {
    operation.cancel?.();
  }
  return MPI_SUCCESS;
}

export function MPI_Test_cancelled({ memory }: MessagingContext, status: number, flag: number): number {
  checkStatus(memory, status);
  return storeInt(memory, flag, Number(isCancelled(memory, status)));
}

export function MPI_Status_set_cancelled({ memory }: MessagingContext, status: number, flag: number): number {
  checkStatus(memory, status);
  writeCancelled(memory, status, flag !== 0);
  return MPI_SUCCESS;
}

/** Starts a persistent request. */
export function MPI_Start(context: MessagingContext, address: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  startAt(context, address);
  return MPI_SUCCESS;
}

export function MPI_Startall(context: MessagingContext, count: number, requests: number): number {
  for (const address of placesOf(context, count, requests)) startAt(context, address);
  return MPI_SUCCESS;
}

function startAt(context: MessagingContext, address: number): void {
  const request = requestAt(context, address);
  if (request?.start === undefined) throw new MpiError(MPI_ERR_REQUEST, 'it is no persistent request');
  if (request.isActive) throw new MpiError(MPI_ERR_REQUEST, 'it was started, and has not completed');
  request.operation = request.start();
  request.isActive = true;
}
