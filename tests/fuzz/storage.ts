// How much room the machine's file system has, found out by filling it: to the byte, so that nothing that was not given
// back goes unseen.

import type { Machine } from '../../runtime/index.ts';

const STEP = 1 << 20;

export async function freeStorage(machine: Machine): Promise<number> {
  const path = '/fill';
  const chunk = new Uint8Array(STEP);
  await machine.fs.writeFile(path, '');
  for (;;) {
    try {
      await machine.fs.appendFile(path, chunk);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
      break;
    }
  }
  const { size } = await machine.fs.stat(path);
  await machine.fs.rm(path);
  return size;
}
