// Linux's calls of threads, for a process that has one: words to wait on, which nobody else can wake; scheduling, of which an
// application core has none. See: futex(2), sched(7), set_tid_address(2), membarrier(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { FUTEX_OPERATIONS } from '../../../runtime/abi/linux/types.ts';
import type { CoreContext, CoreHandlers } from './context.ts';
import { sleepUntil } from './sleep.ts';
import { clockOriginMs } from './time.ts';
import { NS_PER_S, readTimeMs, TIMESPEC_BYTES } from './times.ts';

const FUTEX = FUTEX_OPERATIONS;
const FUTEX_COMMAND = ~(FUTEX.FUTEX_PRIVATE_FLAG | FUTEX.FUTEX_CLOCK_REALTIME);
const POLICY = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5 } as const;
const REAL_TIME_MOST = 99;
const CPU_SET_BYTES = 8;
const MEMBARRIER = { QUERY: 0, GLOBAL: 1, PRIVATE_EXPEDITED: 8, REGISTER_PRIVATE_EXPEDITED: 16 } as const;

export const SYS_futex: CoreHandlers['SYS_futex'] = (context, address, operation, value, timeout, address2, value3) => {
  const { memory } = context;
  if (address % 4 !== 0) return -Errno.EINVAL;
  if (!memory.contains(address, 4)) return -Errno.EFAULT;
  switch (operation & FUTEX_COMMAND) {
    case FUTEX.FUTEX_WAIT:
      return wait(context, address, value, dueOf(context, timeout, undefined));
    case FUTEX.FUTEX_WAIT_BITSET:
      if (value3 === 0) return -Errno.EINVAL;
      return wait(
        context,
        address,
        value,
        dueOf(context, timeout, (operation & FUTEX.FUTEX_CLOCK_REALTIME) === 0 ? 1 : 0),
      );
    // Nobody waits.
    case FUTEX.FUTEX_WAKE:
    case FUTEX.FUTEX_REQUEUE:
      return 0;
    case FUTEX.FUTEX_WAKE_BITSET:
      return value3 === 0 ? -Errno.EINVAL : 0;
    case FUTEX.FUTEX_CMP_REQUEUE:
      return load(context, address) === (value3 | 0) ? 0 : -Errno.EAGAIN;
    case FUTEX.FUTEX_WAKE_OP:
      return wakeOperation(context, address2, value3);
    default:
      return -Errno.ENOSYS;
  }
};

function load({ memory }: CoreContext, address: number): number {
  return Atomics.load(memory.words, address >>> 2) | 0;
}

/** @param clock by which the timeout is a time; undefined: it is a duration @returns when it ends by performance.now(); −errno */
function dueOf(context: CoreContext, timeout: number, clock: number | undefined): number {
  const { memory } = context;
  if (timeout === 0) return Number.POSITIVE_INFINITY;
  if (!memory.contains(timeout, TIMESPEC_BYTES)) return -Errno.EFAULT;
  const ms = readTimeMs(memory, timeout, NS_PER_S);
  if (ms < 0) return -Errno.EINVAL;
  return Math.max(0, clock === undefined ? performance.now() + ms : ms - (clockOriginMs(context, clock) ?? 0));
}

/** Without a time to end at, only a signal's handler or a kill ends it. */
function wait(context: CoreContext, address: number, value: number, dueMs: number): number {
  if (dueMs < 0) return dueMs;
  if (load(context, address) !== (value | 0)) return -Errno.EAGAIN;
  return sleepUntil(context, dueMs) ? -Errno.EINTR : -Errno.ETIMEDOUT;
}

/** An operation on a word, as four fields of bits say: operation, comparison, operand, value to compare with. */
function wakeOperation({ memory }: CoreContext, address: number, fields: number): number {
  if (address % 4 !== 0) return -Errno.EINVAL;
  if (!memory.contains(address, 4)) return -Errno.EFAULT;
  const kind = (fields >>> 28) & 7;
  const field = (fields << 8) >> 20;
  const operand = fields >>> 31 === 1 ? 1 << (field & 31) : field;
  if (((fields >>> 24) & 15) > 5) return -Errno.ENOSYS;
  const words = new Int32Array(memory.buffer);
  const index = address >>> 2;
  switch (kind) {
    case 0:
      Atomics.store(words, index, operand);
      return 0;
    case 1:
      Atomics.add(words, index, operand);
      return 0;
    case 2:
      Atomics.or(words, index, operand);
      return 0;
    case 3:
      Atomics.and(words, index, ~operand);
      return 0;
    case 4:
      Atomics.xor(words, index, operand);
      return 0;
    default:
      return -Errno.ENOSYS;
  }
}

/** The word is for others to see, and there are none. */
export const SYS_set_tid_address: CoreHandlers['SYS_set_tid_address'] = ({ pid }) => pid;

export const SYS_set_robust_list: CoreHandlers['SYS_set_robust_list'] = () => 0;

export const SYS_sched_getaffinity: CoreHandlers['SYS_sched_getaffinity'] = ({ memory, pid }, target, size, mask) => {
  if (size >>> 0 < CPU_SET_BYTES || size % 8 !== 0) return -Errno.EINVAL;
  if (!isSelf(pid, target)) return -Errno.ESRCH;
  if (!memory.contains(mask, CPU_SET_BYTES)) return -Errno.EFAULT;
  memory.writeU64Halves(mask, 1, 0);
  return CPU_SET_BYTES;
};

export const SYS_sched_setaffinity: CoreHandlers['SYS_sched_setaffinity'] = ({ memory, pid }, target, size, mask) => {
  if (!memory.contains(mask, size >>> 0)) return -Errno.EFAULT;
  if (!isSelf(pid, target)) return -Errno.ESRCH;
  return size !== 0 && ((memory.bytes[mask >>> 0] as number) & 1) !== 0 ? 0 : -Errno.EINVAL;
};

export const SYS_getcpu: CoreHandlers['SYS_getcpu'] = ({ memory }, cpu, node) => {
  if (cpu !== 0 && !memory.contains(cpu, 4)) return -Errno.EFAULT;
  if (node !== 0 && !memory.contains(node, 4)) return -Errno.EFAULT;
  if (cpu !== 0) memory.writeU32(cpu, 0);
  if (node !== 0) memory.writeU32(node, 0);
  return 0;
};

export const SYS_sched_getscheduler: CoreHandlers['SYS_sched_getscheduler'] = ({ pid }, target) => {
  if (target < 0) return -Errno.EINVAL;
  return isSelf(pid, target) ? POLICY.OTHER : -Errno.ESRCH;
};

export const SYS_sched_getparam: CoreHandlers['SYS_sched_getparam'] = ({ memory, pid }, target, parameters) => {
  if (parameters === 0 || target < 0) return -Errno.EINVAL;
  if (!isSelf(pid, target)) return -Errno.ESRCH;
  if (!memory.contains(parameters, 4)) return -Errno.EFAULT;
  memory.writeU32(parameters, 0);
  return 0;
};

export const SYS_sched_setscheduler: CoreHandlers['SYS_sched_setscheduler'] = (context, target, policy, parameters) =>
  policy < 0 ? -Errno.EINVAL : setPolicy(context, target, policy, parameters);

export const SYS_sched_setparam: CoreHandlers['SYS_sched_setparam'] = (context, target, parameters) =>
  setPolicy(context, target, POLICY.OTHER, parameters);

/** No thread comes before another: of the policies, those without priorities are all the same. */
function setPolicy({ memory, pid }: CoreContext, target: number, policy: number, parameters: number): number {
  if (parameters === 0 || target < 0) return -Errno.EINVAL;
  if (!memory.contains(parameters, 4)) return -Errno.EFAULT;
  if (!isSelf(pid, target)) return -Errno.ESRCH;
  const [least, most] = prioritiesOf(policy) ?? [1, 0];
  const priority = memory.readU32(parameters);
  if (priority < least || priority > most) return -Errno.EINVAL;
  return most === 0 ? 0 : -Errno.EPERM;
}

export const SYS_sched_get_priority_max: CoreHandlers['SYS_sched_get_priority_max'] = (_, policy) =>
  prioritiesOf(policy)?.[1] ?? -Errno.EINVAL;

export const SYS_sched_get_priority_min: CoreHandlers['SYS_sched_get_priority_min'] = (_, policy) =>
  prioritiesOf(policy)?.[0] ?? -Errno.EINVAL;

/** One thread's accesses need no barrier to be in order for it. */
export const SYS_membarrier: CoreHandlers['SYS_membarrier'] = (_, command, flags) => {
  const { QUERY, GLOBAL, PRIVATE_EXPEDITED, REGISTER_PRIVATE_EXPEDITED } = MEMBARRIER;
  const known = GLOBAL | PRIVATE_EXPEDITED | REGISTER_PRIVATE_EXPEDITED;
  if (flags !== 0) return -Errno.EINVAL;
  if (command === QUERY) return known;
  return (command & known) === command && (command & (command - 1)) === 0 ? 0 : -Errno.EINVAL;
};

function prioritiesOf(policy: number): readonly [least: number, most: number] | undefined {
  switch (policy) {
    case POLICY.FIFO:
    case POLICY.RR:
      return [1, REAL_TIME_MOST];
    case POLICY.OTHER:
    case POLICY.BATCH:
    case POLICY.IDLE:
      return [0, 0];
    default:
      return undefined;
  }
}

function isSelf(pid: number, target: number): boolean {
  return target === 0 || target === pid;
}
