// ioctl(2): what terminals have, how much can be read, and two flags.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { TERMIOS } from '../../../../runtime/abi/linux/structs.ts';
import { IOCTL_REQUESTS } from '../../../../runtime/abi/linux/types.ts';
import { STRUCT_SIZES, type StructName } from '../../../../runtime/abi/structs.ts';
import type { SyscallContext } from '../../kernel/context.ts';
import { setStatusFlags } from '../../syscalls/files.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { O_NONBLOCK } from '../../vfs/mode.ts';
import { descriptionOf, type LinuxHandlers } from './guest.ts';

const INT_MAX = 0x7fff_ffff;

/** How every terminal is set, whatever the host's own is: as Linux sets a new one, lines edited and echoed. */
const TERMINAL = terminalSettings();

export const ioctlHandlers = {
  SYS_ioctl(ctx, fd, request, argument) {
    const description = descriptionOf(ctx, fd);
    if (typeof description === 'number') return description;
    switch (request >>> 0) {
      case IOCTL_REQUESTS.FIOCLEX:
      case IOCTL_REQUESTS.FIONCLEX:
        ctx.process.descriptors.setClosedOnExec(fd, request >>> 0 === IOCTL_REQUESTS.FIOCLEX);
        return 0;
      case IOCTL_REQUESTS.FIONBIO:
        return setNonBlocking(ctx, description, argument);
      case IOCTL_REQUESTS.FIONREAD:
        return tellReadable(ctx, description, argument);
      default:
        return description.isTerminal ? terminal(ctx, request >>> 0, argument) : -Errno.ENOTTY;
    }
  },
} satisfies Partial<LinuxHandlers>;

function setNonBlocking(ctx: SyscallContext, description: FileDescription, argument: number): number {
  if (!ctx.memory.contains(argument, STRUCT_SIZES.int)) return -Errno.EFAULT;
  const isOn = ctx.memory.readU32(argument) !== 0;
  setStatusFlags(ctx, description, isOn ? description.flags | O_NONBLOCK : description.flags & ~O_NONBLOCK);
  return 0;
}

function tellReadable(ctx: SyscallContext, description: FileDescription, argument: number): number {
  const { inode } = description;
  if (inode.isDirectory) return -Errno.ENOTTY;
  const { memory } = ctx;
  if (!memory.contains(argument, STRUCT_SIZES.int)) return -Errno.EFAULT;
  let count = description.readableBytes();
  if (inode.isRegular) {
    const result = inode.refresh(ctx);
    if (result < 0) return result;
    count = Math.max(0, inode.size - description.tell());
  }
  memory.writeU32(argument >>> 0, Math.min(count, INT_MAX));
  return 0;
}

function terminal(ctx: SyscallContext, request: number, argument: number): number {
  const { memory } = ctx;
  switch (request) {
    case IOCTL_REQUESTS.TCGETS:
      return store(ctx, argument, 'termios', () => memory.copyIn(argument, TERMINAL));
    case IOCTL_REQUESTS.TCSETS:
    case IOCTL_REQUESTS.TCSETSW:
    case IOCTL_REQUESTS.TCSETSF: {
      if (!memory.contains(argument, STRUCT_SIZES.termios)) return -Errno.EFAULT;
      const wanted = memory.copyOut(argument, STRUCT_SIZES.termios);
      return wanted.every((byte, i) => byte === TERMINAL[i]) ? 0 : -Errno.EINVAL;
    }
    case IOCTL_REQUESTS.TIOCGWINSZ:
      // Linux of a line whose size nobody has told it: zeros.
      return store(ctx, argument, 'winsize', () =>
        memory.bytes.fill(0, argument >>> 0, (argument >>> 0) + STRUCT_SIZES.winsize),
      );
    case IOCTL_REQUESTS.TIOCGPGRP:
      return store(ctx, argument, 'int', () => memory.writeU32(argument >>> 0, ctx.process.pid));
    default:
      return -Errno.ENOTTY;
  }
}

function store({ memory }: SyscallContext, address: number, struct: StructName, write: () => void): number {
  if (!memory.contains(address, STRUCT_SIZES[struct])) return -Errno.EFAULT;
  write();
  return 0;
}

/** struct termios as tty_std_termios has it. See: Linux drivers/tty/tty_io.c, include/asm-generic/termios.h. */
function terminalSettings(): Uint8Array {
  const bytes = new Uint8Array(STRUCT_SIZES.termios);
  const view = new DataView(bytes.buffer);
  /** ICRNL, IXON. */
  view.setUint32(TERMIOS.iflag, 0o2400, true);
  /** OPOST, ONLCR. */
  view.setUint32(TERMIOS.oflag, 0o5, true);
  /** B38400, CS8, CREAD. */
  view.setUint32(TERMIOS.cflag, 0o277, true);
  /** ISIG, ICANON, ECHO, ECHOE, ECHOK, ECHOCTL, ECHOKE, IEXTEN. */
  view.setUint32(TERMIOS.lflag, 0o105073, true);
  const controlCharacters = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0];
  bytes.set(controlCharacters, TERMIOS.cc);
  return bytes;
}
