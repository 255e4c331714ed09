// What the handlers of a process with staged files are given.

import type { Row } from '../../../runtime/abi/row.ts';
import type { WasiHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import type { CnkContext } from '../context.ts';
import type { StagedDescription, StagedFiles } from './staged-files.ts';

export interface FilesContext extends CnkContext {
  readonly files: StagedFiles;
  /** Makes a WASI call of the process in Linux. @returns 0 or −errno */
  ship(module: Row['module'], call: string, ...args: readonly number[]): number;
}

/** Serves one call of WASI. */
export type Handler<Name extends keyof WasiHandlers<FilesContext>> = WasiHandlers<FilesContext>[Name];

/** Whether a description has all of some rights. */
export function hasRights(description: StagedDescription, rights: number): boolean {
  return (description.rights & rights) === rights;
}
