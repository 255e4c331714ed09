// Attributes: what libraries keep at a communicator, a datatype or a window, by keys of their own. Functions of the program are called
// when an object with attributes is copied, and when an attribute goes. See: MPI 4.0, 7.7.

import { MPI_ERR_KEYVAL } from '../../../runtime/abi/mpi/constants.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { MpiError } from './errors.ts';

export type AttributeKind = 'communicators' | 'datatypes' | 'windows';

/** A key, which lives on after it was freed as long as there are attributes of it. */
export interface Keyval {
  readonly kind: AttributeKind;
  /** int (handle, keyval, extra state, value, address of the copied one, address of whether it is copied), or COPY_NEVER, COPY_ALWAYS. */
  readonly copy: number;
  /** int (handle, keyval, value, extra state), or DELETE_NOTHING. */
  readonly delete: number;
  readonly extraState: number;
  isFreed: boolean;
}

/** MPI_…_NULL_COPY_FN, MPI_…_DUP_FN, MPI_…_NULL_DELETE_FN. */
const COPY_NEVER = 0;
const COPY_ALWAYS = 1;
const DELETE_NOTHING = 0;
/** Above those of the ABI. */
const FIRST_KEYVAL = 0x1000;

/** What has attributes: values by keyval, in the order in which they were set. */
export interface Attributed {
  readonly attributes: Map<number, number>;
}

export interface AttributeContext {
  readonly parts: { readonly memory: GuestMemory };
  readonly keyvals: Keyvals;
  readonly services: {
    withScratch(use: (address: number) => void): void;
    functionAt(index: number): (...args: number[]) => number;
  };
}

/** The keys of a rank. */
export class Keyvals {
  readonly #byNumber = new Map<number, Keyval>();
  #next = FIRST_KEYVAL;

  add(kind: AttributeKind, copy: number, deletes: number, extraState: number): number {
    const keyval = this.#next++;
    this.#byNumber.set(keyval, { kind, copy, delete: deletes, extraState, isFreed: false });
    return keyval;
  }

  /** As a program may name it. Errors: MPI_ERR_KEYVAL: there is none of that kind, or no longer; it is predefined. */
  get(kind: AttributeKind, keyval: number): Keyval {
    const found = this.#byNumber.get(keyval);
    if (found === undefined || found.isFreed || found.kind !== kind)
      throw new MpiError(MPI_ERR_KEYVAL, `${keyval} is no key for attributes of ${kind}`);
    return found;
  }

  /** Of an attribute that is there. */
  find(keyval: number): Keyval | undefined {
    return this.#byNumber.get(keyval);
  }
}

/** Errors: MPI_ERR_KEYVAL; what the function that deletes returns, if there was a value: it stays then. */
export function setAttribute(
  context: AttributeContext,
  kind: AttributeKind,
  object: Attributed,
  handle: number,
  keyval: number,
  value: number,
): void {
  context.keyvals.get(kind, keyval);
  if (object.attributes.has(keyval)) removeAttribute(context, object, handle, keyval);
  object.attributes.set(keyval, value);
}

/** Errors: MPI_ERR_KEYVAL; what the function that deletes returns: the attribute stays then. */
export function deleteAttribute(
  context: AttributeContext,
  kind: AttributeKind,
  object: Attributed,
  handle: number,
  keyval: number,
): void {
  context.keyvals.get(kind, keyval);
  if (!object.attributes.has(keyval)) throw new MpiError(MPI_ERR_KEYVAL, `there is no attribute of the key ${keyval}`);
  removeAttribute(context, object, handle, keyval);
}

/** Before an object goes: the last that was set first. Errors: what a function that deletes returns. */
export function deleteAttributes(context: AttributeContext, object: Attributed, handle: number): void {
  for (const keyval of [...object.attributes.keys()].reverse()) removeAttribute(context, object, handle, keyval);
}

function removeAttribute(context: AttributeContext, { attributes }: Attributed, handle: number, keyval: number): void {
  const key = context.keyvals.find(keyval);
  if (key !== undefined && key.delete !== DELETE_NOTHING) {
    const deletes = context.services.functionAt(key.delete);
    check(deletes(handle, keyval, attributes.get(keyval) ?? 0, key.extraState), 'deletes');
  }
  attributes.delete(keyval);
}

/**
 * Gives a copy of an object the attributes that their functions copy.
 * @param handle of the one that is copied
 * Errors: what a function that copies returns; the copy then has those before.
 */
export function copyAttributes(context: AttributeContext, from: Attributed, handle: number, to: Attributed): void {
  const { parts, services, keyvals } = context;
  const { memory } = parts;
  for (const [keyval, value] of [...from.attributes]) {
    const key = keyvals.find(keyval);
    if (key === undefined || key.copy === COPY_NEVER) continue;
    if (key.copy === COPY_ALWAYS) {
      to.attributes.set(keyval, value);
      continue;
    }
    services.withScratch((valueAt) => {
      const flagAt = valueAt + 4;
      memory.writeU32(valueAt, 0);
      memory.writeU32(flagAt, 0);
      check(services.functionAt(key.copy)(handle, keyval, key.extraState, value, valueAt, flagAt), 'copies');
      if (memory.readU32(flagAt) !== 0) to.attributes.set(keyval, memory.readU32(valueAt));
    });
  }
}

function check(code: number, what: string): void {
  if (code !== 0) throw new MpiError(code, `the function that ${what} an attribute returned ${code}`);
}
