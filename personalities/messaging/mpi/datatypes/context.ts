// What the entries of datatypes need of a rank.

import type { GuestMemory } from '../../../../runtime/memory/guest-memory.ts';
import type { AttributeContext } from '../attributes.ts';
import type { Datatypes } from './table.ts';

export interface DatatypeContext extends AttributeContext {
  readonly parts: { readonly memory: GuestMemory };
  readonly datatypes: Datatypes;
  /** Errors: MPI_ERR_COMM. */
  readonly communicators: { get(handle: number): unknown };
}
