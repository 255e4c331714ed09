// The entries of attributes of communicators and datatypes, with those of before MPI 2, and the predefined attributes: ints of the guest's memory,
// whose addresses a program is given.

import * as mpi from '../../../../runtime/abi/mpi/constants.ts';
import { checkResult, storeNew } from '../arguments.ts';
import { type Attributed, type AttributeKind, deleteAttribute, setAttribute } from '../attributes.ts';
import type { MessagingContext } from '../context.ts';
import { communicatorOf, TAG_MOST } from './arguments.ts';

const INT_BYTES = 4;

/** What the predefined attributes of communicators are. */
const PREDEFINED = new Map<number, (context: MessagingContext) => number>([
  [mpi.MPI_TAG_UB, () => TAG_MOST],
  [mpi.MPI_IO, () => mpi.MPI_ANY_SOURCE],
  [mpi.MPI_HOST, () => mpi.MPI_PROC_NULL],
  [mpi.MPI_WTIME_IS_GLOBAL, ({ parts }) => Number(parts.ranksHere === parts.size)],
  [mpi.MPI_UNIVERSE_SIZE, ({ parts }) => parts.size],
  [mpi.MPI_LASTUSEDCODE, ({ userErrors }) => userErrors.last],
]);
/** Where a rank has them. */
const places = new WeakMap<MessagingContext, number>();

function createEntry(kind: AttributeKind) {
  return (
    { parts: { memory }, keyvals }: MessagingContext,
    copy: number,
    deletes: number,
    keyval: number,
    extraState: number,
  ): number => {
    return storeNew(memory, keyval, () => keyvals.add(kind, copy, deletes, extraState), 'the key');
  };
}

function freeEntry(kind: AttributeKind) {
  return ({ parts: { memory }, keyvals }: MessagingContext, keyval: number): number => {
    checkResult(memory, keyval, 'the key');
    keyvals.get(kind, memory.readU32(keyval)).isFreed = true;
    memory.writeU32(keyval, mpi.MPI_KEYVAL_INVALID);
    return mpi.MPI_SUCCESS;
  };
}

function setEntry(kind: AttributeKind, objectOf: typeof attributedOf) {
  return (context: MessagingContext, handle: number, keyval: number, value: number): number => {
    setAttribute(context, kind, objectOf(context, handle), handle, keyval, value);
    return mpi.MPI_SUCCESS;
  };
}

function getEntry(kind: AttributeKind, objectOf: typeof attributedOf) {
  return (context: MessagingContext, handle: number, keyval: number, value: number, flag: number): number => {
    const { memory } = context.parts;
    const { attributes } = objectOf(context, handle);
    checkResult(memory, value, 'the value');
    checkResult(memory, flag, 'the flag');
    const found = kind === 'communicators' ? predefinedAt(context, keyval) : undefined;
    const isAbsent = kind === 'communicators' && keyval === mpi.MPI_APPNUM;
    if (found === undefined && !isAbsent) context.keyvals.get(kind, keyval);
    const known = found ?? attributes.get(keyval);
    memory.writeU32(flag, Number(known !== undefined));
    if (known !== undefined) memory.writeU32(value, known);
    return mpi.MPI_SUCCESS;
  };
}

function deleteEntry(kind: AttributeKind, objectOf: typeof attributedOf) {
  return (context: MessagingContext, handle: number, keyval: number): number => {
    deleteAttribute(context, kind, objectOf(context, handle), handle, keyval);
    return mpi.MPI_SUCCESS;
  };
}

/** Address of a predefined attribute. */
function predefinedAt(context: MessagingContext, keyval: number): number | undefined {
  const keys = [...PREDEFINED.keys()];
  const index = keys.indexOf(keyval);
  if (index < 0) return undefined;
  const start = places.get(context) ?? context.services.allocate(keys.length * INT_BYTES);
  places.set(context, start);
  const address = start + index * INT_BYTES;
  context.memory.writeU32(address, PREDEFINED.get(keyval)?.(context) ?? 0);
  return address;
}

function attributedOf(context: MessagingContext, handle: number): Attributed {
  return communicatorOf(context, handle);
}

function typeOf({ datatypes }: MessagingContext, handle: number): Attributed {
  return datatypes.get(handle);
}

export const MPI_Comm_create_keyval = createEntry('communicators');
export const MPI_Comm_free_keyval = freeEntry('communicators');
export const MPI_Comm_set_attr = setEntry('communicators', attributedOf);
export const MPI_Comm_get_attr = getEntry('communicators', attributedOf);
export const MPI_Comm_delete_attr = deleteEntry('communicators', attributedOf);
export {
  MPI_Comm_create_keyval as MPI_Keyval_create,
  MPI_Comm_delete_attr as MPI_Attr_delete,
  MPI_Comm_free_keyval as MPI_Keyval_free,
  MPI_Comm_get_attr as MPI_Attr_get,
  MPI_Comm_set_attr as MPI_Attr_put,
};
export const MPI_Type_create_keyval = createEntry('datatypes');
export const MPI_Type_free_keyval = freeEntry('datatypes');
export const MPI_Type_set_attr = setEntry('datatypes', typeOf);
export const MPI_Type_get_attr = getEntry('datatypes', typeOf);
export const MPI_Type_delete_attr = deleteEntry('datatypes', typeOf);
