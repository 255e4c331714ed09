// What CNK keeps for Linux's calls that are the guest's own thread's under every placement: its memory, its signals, its sleep.

import type { LINUX_ROWS } from '../../../runtime/abi/linux/rows.ts';
import type { HandlersOf } from '../../../runtime/abi/row.ts';
import type { CnkContext } from '../context.ts';
import type { AddressSpace } from '../memory/address-space.ts';
import type { Signals } from '../signals/signals.ts';

type LinuxRow = (typeof LINUX_ROWS)[number];

export interface CoreContext extends CnkContext {
  readonly space: AddressSpace;
  readonly signals: Signals;
  /** Has a call of the table served by whoever serves the rest. @returns its handler's result */
  callRest(module: string, name: string, ...args: number[]): number;
}

/** Handlers of Linux's calls by name, for the thread itself. */
export type CoreHandlers = HandlersOf<LinuxRow, CoreContext>;
/** The same, of what CNK serves where it serves. */
export type LocalHandlers = HandlersOf<LinuxRow, CnkContext>;
