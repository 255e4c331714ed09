// Who serves a call: by the row's home, by placement, by the user's word for a single call. Decided when a guest's imports are
// bound, not when it calls.

import type { AnyHandler, Row } from '../abi/row.ts';

/**
 * `cnk`: CNK's own calls local, the rest shipped. `fused`: every call shipped. `linux`: an ordinary process of the
 * machine's Linux, all calls shipped from a worker that is no application core. `library`: a private Linux in the guest's
 * worker.
 */
export const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/** Who serves one call, by the call's name: the service of its home, or the one of the rest. */
export type Routes = { readonly [call: string]: 'cnk' | 'linux' };

/** Whoever serves calls: a personality whose handlers run in the guest's own worker, or the client that ships them. */
export interface CallService {
  /** What its handlers are given. */
  readonly context: unknown;
  handlerFor(row: Row): AnyHandler<never> | undefined;
  /** By call number. */
  readonly counters: Float64Array;
  /** Where it serves what is its own, and routes may say otherwise; absent: everywhere, whatever they say. */
  readonly placements?: readonly Placement[];
  /** Runs after each call when present, with what its handler answered: wakes, kills. */
  readonly after?: (result: number) => void;
  /**
   * Waits until the call that answered −ERESTART may run again; leaves the guest when it is killed.
   *
   * @returns false when this thread must not wait: the call fails with EAGAIN
   */
  readonly wait?: () => boolean;
}

/** By home. */
export type Services = { readonly [home: string]: CallService | undefined };

/** The service to which a row's call goes; undefined: the one that serves the rest. */
export function serviceOf(row: Row, placement: Placement, routes: Routes, services: Services): CallService | undefined {
  const own = services[row.home];
  if (own?.handlerFor(row) === undefined) return undefined;
  if (own.placements === undefined) return own;
  const isOwn = own.placements.includes(placement);
  return (routes[row.name] ?? (isOwn ? 'cnk' : 'linux')) === 'linux' ? undefined : own;
}
