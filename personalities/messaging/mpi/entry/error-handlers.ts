// Error handlers of communicators: the predefined ones, and functions of the guest's. See: MPI standard, "Error Handling".

import {
  MPI_ERR_ERRHANDLER,
  MPI_ERRHANDLER_NULL,
  MPI_ERRORS_ABORT,
  MPI_ERRORS_ARE_FATAL,
  MPI_ERRORS_RETURN,
} from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult, storeInt } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { type ErrorHandling, hex, MpiError } from '../errors.ts';
import { communicatorOf } from './arguments.ts';

const PREDEFINED: readonly number[] = [MPI_ERRORS_ARE_FATAL, MPI_ERRORS_ABORT, MPI_ERRORS_RETURN];

/**
 * Lets a communicator's error handler have an error.
 *
 * @param describe for whoever started the job, when it is to end
 * @returns what the function that failed returns
 */
export function handleError(
  context: MessagingContext,
  communicator: ErrorHandling,
  code: number,
  describe: () => string,
): number {
  const { errorHandler } = communicator;
  if (errorHandler === MPI_ERRORS_RETURN) return code;
  const index = context.errorHandlers.get(errorHandler);
  if (index === undefined) return context.parts.abort(code, describe());
  callHandler(context, index, communicator, code);
  return code;
}

/** void f(MPI_Comm *, int *, ...): what comes behind the two is nothing. */
function callHandler(
  { memory, services }: MessagingContext,
  index: number,
  { handle }: ErrorHandling,
  code: number,
): void {
  services.withScratch((scratch) => {
    memory.writeU32(scratch, handle);
    memory.writeU32(scratch + 4, code);
    services.functionAt(index)(scratch, scratch + 4, 0);
  });
}

export function MPI_Comm_create_errhandler(context: MessagingContext, handler: number, handle: number): number {
  checkResult(context.memory, handle);
  context.services.functionAt(handler);
  context.memory.writeU32(handle, context.errorHandlers.add(handler));
  return 0;
}

export function MPI_Comm_set_errhandler(context: MessagingContext, comm: number, handle: number): number {
  const communicator = communicatorOf(context, comm);
  if (!PREDEFINED.includes(handle) && context.errorHandlers.get(handle) === undefined) {
    throw new MpiError(MPI_ERR_ERRHANDLER, `${hex(handle)} is no error handler`);
  }
  communicator.errorHandler = handle;
  return 0;
}

export function MPI_Comm_get_errhandler(context: MessagingContext, comm: number, handle: number): number {
  const communicator = communicatorOf(context, comm);
  return storeInt(context.memory, handle, communicator.errorHandler);
}

export function MPI_Comm_call_errhandler(context: MessagingContext, comm: number, code: number): number {
  const communicator = communicatorOf(context, comm);
  const { rank } = context.parts;
  handleError(context, communicator, code, () => `rank ${rank}: MPI_Comm_call_errhandler: error ${code}`);
  return 0;
}

/** Communicators that have it keep it. */
export function MPI_Errhandler_free(context: MessagingContext, address: number): number {
  checkResult(context.memory, address);
  const handle = context.memory.readU32(address);
  if (!PREDEFINED.includes(handle) && context.errorHandlers.get(handle) === undefined) {
    throw new MpiError(MPI_ERR_ERRHANDLER, `${hex(handle)} is no error handler`);
  }
  context.memory.writeU32(address, MPI_ERRHANDLER_NULL);
  return 0;
}
