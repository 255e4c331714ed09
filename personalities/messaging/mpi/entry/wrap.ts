// What stands around every entry: errors that code below throws become what the error handler at hand makes of them.

import { MPI_ERR_UNSUPPORTED_OPERATION } from '../../../../runtime/abi/mpi/constants.ts';
import type { AnyHandler, Row } from '../../../../runtime/abi/row.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { errorClassName } from './error-classes.ts';
import { handleError } from './error-handlers.ts';

/** An entry of any number of arguments. */
// biome-ignore lint/suspicious/noExplicitAny: each entry has its own arguments, which its row gives
export type Entry = (context: MessagingContext, ...args: any[]) => number;

/** Of a function that is not served. Errors: MPI_ERR_UNSUPPORTED_OPERATION. */
export const unsupported: Entry = () => {
  throw new MpiError(MPI_ERR_UNSUPPORTED_OPERATION, 'this library does not serve it');
};

/** The handler of a row: its entry, with errors. */
export function wrapEntry(row: Row, entry: Entry): AnyHandler<MessagingContext> {
  const { number, name } = row;
  const fail = (context: MessagingContext, error: unknown, args: readonly number[]): number => {
    if (!(error instanceof MpiError)) throw error;
    // Of its arguments, the one that says whose handler of errors is asked.
    const comm = row.params.findIndex(({ type }) => type === 'MPI_Comm');
    return report(context, error, name, comm < 0 ? undefined : args[comm]);
  };
  return (
    context: MessagingContext,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
    k: number,
    l: number,
  ) => {
    try {
      context.engine.call = number;
      return entry(context, a, b, c, d, e, f, g, h, i, j, k, l);
    } catch (error) {
      return fail(context, error, [a, b, c, d, e, f, g, h, i, j, k, l]);
    }
  };
}

function report(context: MessagingContext, error: MpiError, name: string, handle: number | undefined): number {
  const { communicators, parts } = context;
  const { communicator: own, errorClass, message } = error;
  // What belongs to no communicator is MPI_COMM_SELF's. See: MPI standard, "Error Handling".
  const communicator = (handle === undefined ? own : communicators.find(handle)) ?? communicators.self;
  const describe = (): string => `rank ${parts.rank}: ${name}: ${errorClassName(errorClass)}: ${message}`;
  return handleError(context, communicator, errorClass, describe);
}
