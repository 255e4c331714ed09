// Host functions of a library in the booting thread: all of them are functions here, and none can be waited for.

import type { Binding } from '../../core/bind.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { FusedError } from '../errors.ts';
import { bindHostFunctions, type HostModuleFunctions, loadHostModules } from '../host-functions/guest-side.ts';
import { type HostSelection, selectHostImports } from '../host-functions/imports.ts';
import type { Launch } from '../process/launch.ts';

/** What a library imports of its embedder's. */
export interface HereHost {
  readonly selection: HostSelection;
  readonly functions: HostModuleFunctions;
}

/** Errors: ERR_INVALID_ARG_VALUE; EINVAL: a module that has no such function. */
export async function loadHereHost({ program, options }: Launch): Promise<HereHost | undefined> {
  const selection = selectHostImports(program, options.imports);
  if (selection === undefined) return undefined;
  const loaded = await loadHostModules(selection.imports);
  if ('error' in loaded) throw new FusedError(loaded.error.code, loaded.error.message);
  return { selection, functions: new Map([...loaded, ...selection.functions]) };
}

export function bindHereHost(host: HereHost | undefined, memory: GuestMemory, monitor: Monitor): Binding['host'] {
  if (host === undefined) return undefined;
  const { selection, functions } = host;
  return bindHostFunctions({ imports: selection.imports, functions, memory, monitor, callBack: () => undefined });
}
