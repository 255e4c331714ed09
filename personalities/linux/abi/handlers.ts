// All handlers of Linux by call number: the table's rows name them, this file binds them.

import { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/env/rows.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { LINUX_ROWS } from '../../../runtime/abi/linux/rows.ts';
import { type AnyHandler, type HandlerTable, handlersByNumber } from '../../../runtime/abi/row.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { UNSTABLE_ROWS, unstableHandlers, type WasiHandlers } from '../../../runtime/abi/wasi/unstable.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { assemblyScriptHandlers } from './assemblyscript.ts';
import { attributeHandlers } from './wali/attributes.ts';
import { descriptorHandlers } from './wali/descriptors.ts';
import { directoryHandlers } from './wali/directory.ts';
import type { LinuxHandlers } from './wali/guest.ts';
import { identityHandlers } from './wali/identity.ts';
import { ioctlHandlers } from './wali/ioctl.ts';
import { linkHandlers } from './wali/links.ts';
import { openHandlers } from './wali/open.ts';
import { pollHandlers } from './wali/poll.ts';
import { processHandlers } from './wali/process.ts';
import { resourceHandlers } from './wali/resources.ts';
import { statHandlers } from './wali/stat.ts';
import { timeHandlers } from './wali/time.ts';
import { transferHandlers } from './wali/transfer.ts';
import * as directory from './wasi/directory.ts';
import * as fd from './wasi/fd.ts';
import * as open from './wasi/open.ts';
import { pathHandlers } from './wasi/path.ts';
import * as poll from './wasi/poll.ts';
import * as process from './wasi/process.ts';
import { transfers } from './wasi/transfer.ts';

const wasiHandlers: WasiHandlers<SyscallContext> = {
  ...directory,
  ...fd,
  ...open,
  ...pathHandlers,
  ...poll,
  ...process,
  ...transfers,
};

const linuxHandlers: Partial<LinuxHandlers> = {
  ...attributeHandlers,
  ...descriptorHandlers,
  ...directoryHandlers,
  ...identityHandlers,
  ...ioctlHandlers,
  ...linkHandlers,
  ...openHandlers,
  ...pollHandlers,
  ...processHandlers,
  ...resourceHandlers,
  ...statHandlers,
  ...timeHandlers,
  ...transferHandlers,
};

/** What nothing serves yet: the trace tells its name. */
const notServed: { readonly [name: string]: AnyHandler<SyscallContext> } = Object.fromEntries(
  LINUX_ROWS.map(({ name }) => [name, () => -Errno.ENOSYS]),
);

export const HANDLERS: HandlerTable<SyscallContext> = handlersByNumber<SyscallContext>(
  [WASI_ROWS, wasiHandlers],
  [UNSTABLE_ROWS, unstableHandlers(wasiHandlers)],
  [ASSEMBLYSCRIPT_ROWS, assemblyScriptHandlers],
  [LINUX_ROWS, notServed],
  [LINUX_ROWS, linuxHandlers],
);
