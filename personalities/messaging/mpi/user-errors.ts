// Error classes and codes that a program adds. See: MPI standard, "Error Codes and Classes".

import { MPI_ERR_LASTCODE } from '../../../runtime/abi/mpi/constants.ts';

export class UserErrors {
  /** MPI_LASTUSEDCODE. */
  last = MPI_ERR_LASTCODE;
  readonly #classes = new Map<number, number>();
  readonly #texts = new Map<number, string>();

  /** @param errorClass of a code; absent: it is a class of its own */
  add(errorClass?: number): number {
    this.last++;
    this.#classes.set(this.last, errorClass ?? this.last);
    return this.last;
  }

  classOf(code: number): number {
    return this.#classes.get(code) ?? code;
  }

  textOf(code: number): string | undefined {
    return this.#texts.get(code);
  }

  /** @returns false: it is not the program's */
  setText(code: number, text: string): boolean {
    if (!this.#classes.has(code)) return false;
    this.#texts.set(code, text);
    return true;
  }
}
