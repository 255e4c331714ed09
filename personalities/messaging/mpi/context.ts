// What the entries of MPI are given: one rank, as its own thread has it.

import type { RankParts } from '../rank-parts.ts';

export interface MessagingContext {
  readonly parts: RankParts;
}
