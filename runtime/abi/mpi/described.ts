// MPI's functions with all that is said of them, for <mpi.h>, libmpi's stubs and tests: a program's run needs the rows alone.

import { GUEST_FUNCTIONS } from './chapters/guest.ts';
import { TORUS_FUNCTIONS } from './chapters/torus.ts';
import { CHAPTERS } from './chapters.ts';
import { functionsOf, type MpiFunction } from './function.ts';

/** A group of functions that a row each serves. */
export interface MpiChapter {
  readonly title: string;
  readonly functions: readonly MpiFunction[];
}

export const MPI_CHAPTERS: readonly MpiChapter[] = CHAPTERS.map(({ title, functions }) => ({
  title,
  functions: functionsOf(functions),
}));

/** What <mpix.h> has beside the standard. */
export const MPI_EXTENSIONS: readonly MpiFunction[] = functionsOf(TORUS_FUNCTIONS);

/** What libmpi serves itself. */
export const MPI_GUEST_FUNCTIONS: readonly MpiFunction[] = functionsOf(GUEST_FUNCTIONS);
