// The datatypes of one rank by handle. A handle that was freed is gone at once; the type lives as long as another type or a communication
// that has begun holds it.

import { MPI_ERR_TYPE } from '../../../../runtime/abi/mpi/constants.ts';
import { hex, MpiError } from '../errors.ts';
import { FIRST_HANDLE, HandleTable } from '../handles.ts';
import type { Datatype } from './datatype.ts';
import { predefinedTypes } from './predefined.ts';

const FIRST_PREDEFINED = 0x200;

export class Datatypes {
  readonly #derived = new HandleTable<Datatype>();
  /** Index: handle - FIRST_PREDEFINED. */
  readonly #predefined: (Datatype | undefined)[] = [];

  constructor() {
    for (const [handle, type] of predefinedTypes()) this.#predefined[handle - FIRST_PREDEFINED] = type;
  }

  /** Errors: MPI_ERR_TYPE: there is no such type. */
  get(handle: number): Datatype {
    const isDerived = handle >>> 0 >= FIRST_HANDLE;
    const type = isDerived ? this.#derived.get(handle) : this.#predefined[(handle >>> 0) - FIRST_PREDEFINED];
    if (type === undefined) throw new MpiError(MPI_ERR_TYPE, `${hex(handle)} is no datatype`);
    return type;
  }

  /** One that may be communicated with. Errors: MPI_ERR_TYPE: there is no such type; it is not committed. */
  committed(handle: number): Datatype {
    const type = this.get(handle);
    if (!type.isCommitted)
      throw new MpiError(MPI_ERR_TYPE, `the datatype ${type.name || hex(handle)} is not committed`);
    return type;
  }

  /** @returns its handle */
  add(type: Datatype): number {
    return this.#derived.add(type);
  }

  /** Errors: MPI_ERR_TYPE: there is no such type; it is a predefined one. */
  free(handle: number): void {
    if (!this.#derived.delete(handle)) {
      const { name } = this.get(handle);
      throw new MpiError(MPI_ERR_TYPE, `${name} is predefined`);
    }
  }

  /** How many a program has made and not freed. */
  get derivedCount(): number {
    return this.#derived.size;
  }
}
