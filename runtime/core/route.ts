// Where a call is served: by placement, by the row's home, by the user's word for a single call. Decided when a guest's
// imports are bound, not when it calls.

import type { Row } from '../abi/row.ts';

/**
 * `cnk`: CNK's own calls local, the rest shipped. `fused`: every call shipped. `linux`: an ordinary process of the
 * machine's Linux, all calls shipped from a worker that is no application core. `library`: a private Linux in the guest's
 * worker.
 */
export const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** The personality that serves one call, by the call's name. */
export type Routes = { readonly [call: string]: 'cnk' | 'linux' };

export type Route = 'cnk' | 'linux' | 'library';

/** @param isServedByCnk whether CNK has a handler for the row */
export function routeOf(row: Row, placement: Placement, routes: Routes, isServedByCnk: boolean): Route {
  if (placement === 'library') return 'library';
  if (!isServedByCnk) return 'linux';
  const wanted = routes[row.name];
  if (wanted !== undefined) return wanted;
  return placement === 'cnk' ? 'cnk' : 'linux';
}
