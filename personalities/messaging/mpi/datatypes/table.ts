// The datatypes of one rank by handle. A handle that was freed is gone at once; the type lives as long as another type or a communication
// that has begun holds it.

import { MPI_ERR_TYPE } from '../../../../runtime/abi/mpi/constants.ts';
import { hex, MpiError } from '../errors.ts';
import { HandleTable } from '../handles.ts';
import type { Datatype } from './datatype.ts';
import { predefinedTypes } from './predefined.ts';

export class Datatypes {
  readonly #byHandle = new HandleTable<Datatype>();

  constructor() {
    for (const [handle, type] of predefinedTypes()) this.#byHandle.set(handle, type);
  }

  find(handle: number): Datatype | undefined {
    return this.#byHandle.get(handle);
  }

  /** Errors: MPI_ERR_TYPE: there is no such type. */
  get(handle: number): Datatype {
    const type = this.#byHandle.get(handle);
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
    return this.#byHandle.add(type);
  }

  /** Errors: MPI_ERR_TYPE: there is no such type; it is a predefined one. */
  free(handle: number): void {
    if (!this.#byHandle.delete(handle)) {
      const { name } = this.get(handle);
      throw new MpiError(MPI_ERR_TYPE, `${name} is predefined`);
    }
  }

  /** How many a program has made and not freed. */
  get derivedCount(): number {
    return this.#byHandle.size;
  }
}
