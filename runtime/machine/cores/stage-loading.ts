// Staged files on a core: what the booting thread has checked and sent (see stage) becomes files of CNK's. Users' own modules
// are imported here, before the guest starts, because in guest code the worker can wait for nothing.

import {
  createBytesFile,
  createForeignFile,
  type StagedFile,
  StagedStorage,
} from '../../../personalities/cnk/index.ts';
import type { LaunchError, StagedFileMessage, StagedModule } from '../messages.ts';

/** The staged files of a process, by path, or why there are none. */
export type LoadedStage = ReadonlyMap<string, StagedFile> | { readonly error: LaunchError };

/** Whether the files need modules, so that loading them takes a while. */
export function needsModules(messages: readonly StagedFileMessage[]): boolean {
  return messages.some((message) => 'module' in message);
}

/**
 * Makes staged files on a core, without modules.
 *
 * @param makers what modules export, by path
 * @param quotaBytes that they may grow to, together
 */
export function stageFiles(
  messages: readonly StagedFileMessage[],
  quotaBytes: number,
  makers: ReadonlyMap<string, CallableFunction> = new Map(),
): ReadonlyMap<string, StagedFile> {
  const storage = new StagedStorage(quotaBytes);
  return new Map(
    messages.map((message): [string, StagedFile] => {
      const { path } = message;
      if ('bytes' in message) return [path, createBytesFile(message.bytes, storage)];
      const report = (text: string): void => console.error(`fusedos: the staged file ${path} failed: ${text}`);
      return [path, createForeignFile(makers.get(path), message.args, report)];
    }),
  );
}

/** As stageFiles, after the import of what they need. */
export async function loadStage(messages: readonly StagedFileMessage[], quotaBytes: number): Promise<LoadedStage> {
  const makers = new Map<string, CallableFunction>();
  for (const message of messages) {
    if ('bytes' in message) continue;
    const maker = await importMaker(message);
    if (typeof maker !== 'function') return { error: maker };
    makers.set(message.path, maker);
  }
  return stageFiles(messages, quotaBytes, makers);
}

async function importMaker({ path, module, name }: StagedModule): Promise<CallableFunction | LaunchError> {
  try {
    const exported: unknown = (await import(module))[name];
    if (typeof exported === 'function') return exported;
    return { code: 'EINVAL', message: `stage: ${module}, for ${path}, exports no function ${name}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { code: 'EINVAL', message: `stage: ${module}, for ${path}, cannot be imported: ${reason}` };
  }
}
