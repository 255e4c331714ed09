// Error classes for people. See: MPI standard, "Error Codes and Classes".

import * as constants from '../../../../runtime/abi/mpi/constants/errors.ts';
import { MPI_ERR_ARG, MPI_MAX_ERROR_STRING, MPI_SUCCESS } from '../../../../runtime/abi/mpi/constants.ts';
import { storeInt, storeNew } from '../arguments.ts';
import type { MessagingContext } from '../context.ts';
import { MpiError } from '../errors.ts';
import { readText, storeText } from '../text.ts';

const NAMES = new Map<number, string>(Object.entries(constants).map(([name, value]) => [value, name]));

const TEXTS: { readonly [name: string]: string } = {
  MPI_SUCCESS: 'no error',
  MPI_ERR_BUFFER: 'not a buffer in the memory of the program',
  MPI_ERR_COUNT: 'not a count',
  MPI_ERR_TYPE: 'not a datatype for this',
  MPI_ERR_TAG: 'not a tag',
  MPI_ERR_COMM: 'not a communicator for this',
  MPI_ERR_RANK: 'not a rank of the communicator',
  MPI_ERR_REQUEST: 'not a request for this',
  MPI_ERR_ROOT: 'not a root',
  MPI_ERR_GROUP: 'not a group',
  MPI_ERR_OP: 'not an operation for this datatype',
  MPI_ERR_TOPOLOGY: 'not a topology for this',
  MPI_ERR_DIMS: 'not dimensions',
  MPI_ERR_ARG: 'not an argument for this',
  MPI_ERR_TRUNCATE: 'a message is longer than its receive',
  MPI_ERR_INTERN: 'something of the library is not as it should be',
  MPI_ERR_IN_STATUS: 'the error is in the status',
  MPI_ERR_PENDING: 'not done, and not failed',
  MPI_ERR_NO_MEM: 'there is no memory for it',
  MPI_ERR_KEYVAL: 'not a keyval',
  MPI_ERR_INFO: 'not an info',
  MPI_ERR_INFO_KEY: 'a key is too long',
  MPI_ERR_INFO_VALUE: 'a value is too long',
  MPI_ERR_INFO_NOKEY: 'there is no such key',
  MPI_ERR_ERRHANDLER: 'not an error handler',
  MPI_ERR_UNSUPPORTED_OPERATION: 'this library does not have it',
};

/** Its name in <mpi.h>. */
export function errorClassName(errorClass: number): string {
  return NAMES.get(errorClass) ?? `error ${errorClass}`;
}

export function MPI_Error_class({ memory, userErrors }: MessagingContext, code: number, errorClass: number): number {
  return storeInt(memory, errorClass, userErrors.classOf(requireCode(code, userErrors.last)));
}

export function MPI_Error_string(
  { memory, userErrors }: MessagingContext,
  code: number,
  text: number,
  length: number,
): number {
  const name = errorClassName(requireCode(code, userErrors.last));
  const known = TEXTS[name];
  const own = userErrors.textOf(code) ?? (known === undefined ? name : `${name}: ${known}`);
  return storeText(memory, text, length, own.slice(0, MPI_MAX_ERROR_STRING - 1));
}

function requireCode(code: number, last: number): number {
  if (code < 0 || code > last) throw new MpiError(MPI_ERR_ARG, `${code} is no error code`);
  return code;
}

export function MPI_Add_error_class({ memory, userErrors }: MessagingContext, errorClass: number): number {
  return storeNew(memory, errorClass, () => userErrors.add());
}

export function MPI_Add_error_code({ memory, userErrors }: MessagingContext, errorClass: number, code: number): number {
  return storeNew(memory, code, () => userErrors.add(requireCode(errorClass, userErrors.last)));
}

export function MPI_Add_error_string({ memory, userErrors }: MessagingContext, code: number, text: number): number {
  const own = readText(memory, text, MPI_MAX_ERROR_STRING);
  if (own.length === MPI_MAX_ERROR_STRING) throw new MpiError(MPI_ERR_ARG, 'the text is too long');
  if (!userErrors.setText(code, own)) {
    throw new MpiError(MPI_ERR_ARG, `${code} is not an error that the program has added`);
  }
  return MPI_SUCCESS;
}
