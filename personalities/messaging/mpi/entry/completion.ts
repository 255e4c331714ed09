// How programs learn that what they began is done: wait, test, cancel, free. See: MPI standard, "Communication Completion".

import {
  MPI_ERR_ARG,
  MPI_ERR_COUNT,
  MPI_ERR_IN_STATUS,
  MPI_ERR_REQUEST,
  MPI_ERR_TRUNCATE,
  MPI_REQUEST_NULL,
  MPI_SUCCESS,
  MPI_UNDEFINED,
} from '../../../../runtime/abi/mpi/constants.ts';
import { STATUS } from '../../../../runtime/abi/mpi/structs.ts';
import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { type Outcome, outcomeOf, Receive, type Request, Send } from '../requests.ts';
import { checkStatus, EMPTY_STATUS, isCancelled, type Status, writeCancelled, writeStatus } from '../status.ts';
import { checkResult, hex, requireInitialized } from './arguments.ts';

/** What a completion finds where there is nothing to complete. */
const NOTHING: Outcome = { status: EMPTY_STATUS, error: MPI_SUCCESS };

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
function take({ memory, requests }: MessagingContext, address: number, request: Request): Outcome {
  const outcome = outcomeOf(request);
  const { operation } = request;
  if (request.isPersistent) {
    request.isActive = false;
    request.operation = undefined;
    return outcome;
  }
  if (operation !== undefined && 'free' in operation) operation.free?.();
  requests.delete(memory.readU32(address));
  memory.writeU32(address, MPI_REQUEST_NULL);
  return outcome;
}

/** Tells one outcome. Errors: that of the communication, of which its communicator hears. */
function tellOne(
  { memory }: MessagingContext,
  { status: told, error }: Outcome,
  status: number,
  request?: Request,
): number {
  writeStatus(memory, status, told);
  if (error !== MPI_SUCCESS) throw new MpiError(error, whyFailed(error), request?.communicator);
  return 0;
}

function whyFailed(error: number): string {
  return error === MPI_ERR_TRUNCATE ? 'a message is longer than its receive' : 'its request failed';
}

function checkArray({ memory }: MessagingContext, count: number, requests: number): void {
  if (count < 0) throw new MpiError(MPI_ERR_COUNT, `a count of ${count}`);
  if (!memory.containsArray(requests, count, 4))
    throw new MpiError(MPI_ERR_ARG, `there is no array at ${hex(requests)}`);
}

function addresses(count: number, requests: number): number[] {
  return Array.from({ length: count }, (_, i) => requests + 4 * i);
}

export function MPI_Wait(context: MessagingContext, address: number, status: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  checkStatus(context.memory, status);
  const request = activeAt(context, address);
  if (request === undefined) return tellOne(context, NOTHING, status);
  const { operation } = request;
  if (operation !== undefined) context.engine.wait(operation);
  return tellOne(context, take(context, address, request), status, request);
}

export function MPI_Test(context: MessagingContext, address: number, flag: number, status: number): number {
  requireInitialized(context);
  const { engine, memory } = context;
  checkResult(memory, address);
  checkResult(memory, flag);
  checkStatus(memory, status);
  const request = activeAt(context, address);
  if (request?.isDone === false) engine.progress();
  const isDone = request?.isDone !== false;
  memory.writeU32(flag, Number(isDone));
  if (!isDone) return 0;
  return tellOne(context, request === undefined ? NOTHING : take(context, address, request), status, request);
}

export function MPI_Waitall(context: MessagingContext, count: number, requests: number, statuses: number): number {
  requireInitialized(context);
  checkArray(context, count, requests);
  checkStatus(context.memory, statuses, count);
  const all = addresses(count, requests);
  for (const address of all) {
    const operation = activeAt(context, address)?.operation;
    if (operation !== undefined) context.engine.wait(operation);
  }
  return tellAll(context, all, statuses);
}

export function MPI_Testall(
  context: MessagingContext,
  count: number,
  requests: number,
  flag: number,
  statuses: number,
): number {
  requireInitialized(context);
  const { engine, memory } = context;
  checkArray(context, count, requests);
  checkResult(memory, flag);
  checkStatus(memory, statuses, count);
  const all = addresses(count, requests);
  engine.progress();
  const areDone = all.every((address) => activeAt(context, address)?.isDone !== false);
  memory.writeU32(flag, Number(areDone));
  return areDone ? tellAll(context, all, statuses) : 0;
}

/** Tells the outcomes of requests that are all done. Errors: MPI_ERR_IN_STATUS, each then says its own. */
function tellAll(context: MessagingContext, all: readonly number[], statuses: number): number {
  const { memory } = context;
  let failed: Request | undefined;
  let hasErrors = false;
  const outcomes = all.map((address) => {
    const request = activeAt(context, address);
    const outcome = request === undefined ? NOTHING : take(context, address, request);
    if (outcome.error !== MPI_SUCCESS) {
      failed ??= request;
      hasErrors = true;
    }
    return outcome;
  });
  if (statuses !== 0) {
    for (const [i, { status, error }] of outcomes.entries()) {
      writeStatus(memory, statuses + i * STATUS.BYTES, status, hasErrors ? error : undefined);
    }
  }
  if (hasErrors) throw new MpiError(MPI_ERR_IN_STATUS, 'a request failed', failed?.communicator);
  return 0;
}

export function MPI_Waitany(
  context: MessagingContext,
  count: number,
  requests: number,
  index: number,
  status: number,
): number {
  requireInitialized(context);
  checkArray(context, count, requests);
  checkResult(context.memory, index);
  checkStatus(context.memory, status);
  const all = addresses(count, requests);
  const active = all.flatMap((address) => activeAt(context, address) ?? []);
  if (active.length > 0) context.engine.waitFor(() => active.some(({ isDone }) => isDone));
  return tellFirst(context, all, index, status);
}

export function MPI_Testany(
  context: MessagingContext,
  count: number,
  requests: number,
  index: number,
  flag: number,
  status: number,
): number {
  requireInitialized(context);
  const { engine, memory } = context;
  checkArray(context, count, requests);
  checkResult(memory, index);
  checkResult(memory, flag);
  checkStatus(memory, status);
  const all = addresses(count, requests);
  engine.progress();
  const active = all.flatMap((address) => activeAt(context, address) ?? []);
  const isAny = active.length === 0 || active.some(({ isDone }) => isDone);
  memory.writeU32(flag, Number(isAny));
  if (isAny) return tellFirst(context, all, index, status);
  memory.writeU32(index, MPI_UNDEFINED);
  return 0;
}

/** Tells the first that is done, if any is under way. */
function tellFirst(context: MessagingContext, all: readonly number[], index: number, status: number): number {
  for (const [i, address] of all.entries()) {
    const request = activeAt(context, address);
    if (request?.isDone !== true) continue;
    context.memory.writeU32(index, i);
    return tellOne(context, take(context, address, request), status, request);
  }
  context.memory.writeU32(index, MPI_UNDEFINED);
  return tellOne(context, NOTHING, status);
}

function completeSome(waits: boolean) {
  return (
    context: MessagingContext,
    count: number,
    requests: number,
    doneCount: number,
    indices: number,
    statuses: number,
  ): number => {
    requireInitialized(context);
    const { engine, memory } = context;
    checkArray(context, count, requests);
    checkResult(memory, doneCount);
    if (!memory.containsArray(indices, count, 4))
      throw new MpiError(MPI_ERR_ARG, `there is no array at ${hex(indices)}`);
    checkStatus(memory, statuses, count);
    const all = addresses(count, requests);
    const active = all.flatMap((address) => activeAt(context, address) ?? []);
    if (active.length === 0) {
      memory.writeU32(doneCount, MPI_UNDEFINED);
      return 0;
    }
    if (waits) engine.waitFor(() => active.some(({ isDone }) => isDone));
    else engine.progress();
    const done = [...all.entries()].filter(([, address]) => activeAt(context, address)?.isDone === true);
    for (const [place, [i]] of done.entries()) memory.writeU32(indices + 4 * place, i);
    memory.writeU32(doneCount, done.length);
    return tellAll(
      context,
      done.map(([, address]) => address),
      statuses,
    );
  };
}

export const MPI_Waitsome = completeSome(true);
export const MPI_Testsome = completeSome(false);

/** As MPI_Test, but for the request, which stays. */
export function MPI_Request_get_status(
  context: MessagingContext,
  handle: number,
  flag: number,
  status: number,
): number {
  requireInitialized(context);
  const { memory, requests } = context;
  checkResult(memory, flag);
  checkStatus(memory, status);
  context.engine.progress();
  const active = activeOf(requests.get(handle));
  const isDone = active?.isDone !== false;
  memory.writeU32(flag, Number(isDone));
  if (isDone) writeStatus(memory, status, statusOf(active));
  return 0;
}

export function MPI_Request_get_status_all(
  context: MessagingContext,
  count: number,
  requests: number,
  flag: number,
  statuses: number,
): number {
  requireInitialized(context);
  const { memory } = context;
  checkArray(context, count, requests);
  checkResult(memory, flag);
  checkStatus(memory, statuses, count);
  context.engine.progress();
  const all = addresses(count, requests).map((address) => activeAt(context, address));
  const areDone = all.every((request) => request?.isDone !== false);
  memory.writeU32(flag, Number(areDone));
  if (areDone) writeStatuses(memory, statuses, all);
  return 0;
}

export function MPI_Request_get_status_any(
  context: MessagingContext,
  count: number,
  requests: number,
  index: number,
  flag: number,
  status: number,
): number {
  requireInitialized(context);
  const { memory } = context;
  checkArray(context, count, requests);
  checkResult(memory, index);
  checkResult(memory, flag);
  checkStatus(memory, status);
  context.engine.progress();
  const all = addresses(count, requests).map((address) => activeAt(context, address));
  const first = all.findIndex((request) => request?.isDone === true);
  const isNone = all.every((request) => request === undefined);
  memory.writeU32(index, first < 0 ? MPI_UNDEFINED : first);
  memory.writeU32(flag, Number(first >= 0 || isNone));
  if (first >= 0 || isNone) writeStatus(memory, status, statusOf(all[first]));
  return 0;
}

export function MPI_Request_get_status_some(
  context: MessagingContext,
  count: number,
  requests: number,
  doneCount: number,
  indices: number,
  statuses: number,
): number {
  requireInitialized(context);
  const { memory } = context;
  checkArray(context, count, requests);
  checkResult(memory, doneCount);
  if (!memory.containsArray(indices, count, 4)) throw new MpiError(MPI_ERR_ARG, `there is no array at ${hex(indices)}`);
  checkStatus(memory, statuses, count);
  context.engine.progress();
  const all = addresses(count, requests).map((address) => activeAt(context, address));
  if (all.every((request) => request === undefined)) {
    memory.writeU32(doneCount, MPI_UNDEFINED);
    return 0;
  }
  const done = all.flatMap((request, i) => (request?.isDone === true ? [{ i, request }] : []));
  for (const [place, { i }] of done.entries()) memory.writeU32(indices + 4 * place, i);
  memory.writeU32(doneCount, done.length);
  writeStatuses(
    memory,
    statuses,
    done.map(({ request }) => request),
  );
  return 0;
}

function statusOf(request: Request | undefined): Status {
  return request === undefined ? EMPTY_STATUS : outcomeOf(request).status;
}

function writeStatuses(memory: GuestMemory, statuses: number, all: readonly (Request | undefined)[]): void {
  if (statuses === 0) return;
  for (const [i, request] of all.entries()) writeStatus(memory, statuses + i * STATUS.BYTES, statusOf(request));
}

/** What is under way goes on; its handle is gone. */
export function MPI_Request_free(context: MessagingContext, address: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  const request = requestAt(context, address);
  if (request === undefined) throw new MpiError(MPI_ERR_REQUEST, 'there is no request');
  const { operation } = request;
  const isForgotten = operation === undefined || !('free' in operation) || operation.free?.() !== false;
  if (isForgotten) context.requests.delete(context.memory.readU32(address));
  context.memory.writeU32(address, MPI_REQUEST_NULL);
  return 0;
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
  return 0;
}

export function MPI_Test_cancelled({ memory }: MessagingContext, status: number, flag: number): number {
  checkStatus(memory, status);
  checkResult(memory, flag);
  memory.writeU32(flag, Number(isCancelled(memory, status)));
  return 0;
}

export function MPI_Status_set_cancelled({ memory }: MessagingContext, status: number, flag: number): number {
  checkStatus(memory, status);
  writeCancelled(memory, status, flag !== 0);
  return 0;
}

/** Starts a persistent request. */
export function MPI_Start(context: MessagingContext, address: number): number {
  requireInitialized(context);
  checkResult(context.memory, address);
  startAt(context, address);
  return 0;
}

export function MPI_Startall(context: MessagingContext, count: number, requests: number): number {
  requireInitialized(context);
  checkArray(context, count, requests);
  for (const address of addresses(count, requests)) startAt(context, address);
  return 0;
}

function startAt(context: MessagingContext, address: number): void {
  const request = requestAt(context, address);
  if (request?.start === undefined) throw new MpiError(MPI_ERR_REQUEST, 'it is no persistent request');
  if (request.isActive) throw new MpiError(MPI_ERR_REQUEST, 'it was started, and has not completed');
  request.operation = request.start();
  request.isActive = true;
}
