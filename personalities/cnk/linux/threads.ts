// Linux's calls of threads: words to wait on, the start and end of a thread, scheduling, of which an application core has none. Threads
// are placed by whoever has the process's cores (see ../threads/threads).
// See: futex(2), get_robust_list(2), sched(7), set_tid_address(2), membarrier(2); The Linux kernel, Robust futex ABI.

import { Errno } from '../../../runtime/abi/errno.ts';
import { FUTEX_OPERATIONS } from '../../../runtime/abi/linux/types.ts';
import { WAITED } from '../../../runtime/shm/waits.ts';
import type { CoreContext, CoreHandlers } from './context.ts';
import { ROBUST_HEAD_BYTES, walkRobustList } from './robust-list.ts';
import { clockOriginMs } from './time.ts';
import { NS_PER_S, readTimeMs, TIMESPEC_BYTES } from './times.ts';

const FUTEX = FUTEX_OPERATIONS;
const FUTEX_COMMAND = ~(FUTEX.FUTEX_PRIVATE_FLAG | FUTEX.FUTEX_CLOCK_REALTIME);
const MOST_BITS = -1;
const POLICY = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5 } as const;
const REAL_TIME_MOST = 99;
const MEMBARRIER = { QUERY: 0, GLOBAL: 1, PRIVATE_EXPEDITED: 8, REGISTER_PRIVATE_EXPEDITED: 16 } as const;
/** Of the head of a robust list, by the size of `long`: its place for the offset, and for the lock that is being taken. */
const ROBUST_HEADS: ReadonlyMap<number, boolean> = new Map([
  [ROBUST_HEAD_BYTES.narrow, false],
  [ROBUST_HEAD_BYTES.wide, true],
]);

export const SYS_futex: CoreHandlers['SYS_futex'] = (context, address, operation, value, timeout, address2, value3) => {
  const command = operation & FUTEX_COMMAND;
  const isReal = (operation & FUTEX.FUTEX_CLOCK_REALTIME) !== 0;
  if (isReal && command !== FUTEX.FUTEX_WAIT_BITSET) return -Errno.ENOSYS;
  switch (command) {
    case FUTEX.FUTEX_WAIT:
      return wait(context, address, value, MOST_BITS, timeout, undefined);
    case FUTEX.FUTEX_WAIT_BITSET:
      return value3 === 0 ? -Errno.EINVAL : wait(context, address, value, value3, timeout, isReal ? 0 : 1);
    case FUTEX.FUTEX_WAKE:
      return wake(context, address, value, MOST_BITS);
    case FUTEX.FUTEX_WAKE_BITSET:
      return value3 === 0 ? -Errno.EINVAL : wake(context, address, value, value3);
    case FUTEX.FUTEX_REQUEUE:
      return requeue(context, address, value, timeout, address2, () => true);
    case FUTEX.FUTEX_CMP_REQUEUE:
      return requeue(context, address, value, timeout, address2, () => load(context, address) === (value3 | 0));
    case FUTEX.FUTEX_WAKE_OP:
      return wakeOperation(context, address, value, timeout, address2, value3);
    default:
      return -Errno.ENOSYS;
  }
};

/** @returns 0 or −errno */
function wordError({ memory }: CoreContext, address: number): number {
  if (address % 4 !== 0) return -Errno.EINVAL;
  return memory.contains(address, 4) ? 0 : -Errno.EFAULT;
}

function load({ memory }: CoreContext, address: number): number {
  return Atomics.load(memory.words, address >>> 2) | 0;
}

/** As many as Linux wakes: one at least, however few it is asked for. */
function mostOf(count: number): number {
  return Math.max(1, count | 0);
}

/** @param clock by which the timeout is a time; undefined: it is a duration */
function wait(
  context: CoreContext,
  address: number,
  value: number,
  bitset: number,
  timeout: number,
  clock: number | undefined,
): number {
  const dueMs = dueOf(context, timeout, clock);
  if (dueMs < 0) return dueMs;
  const refused = wordError(context, address);
  if (refused < 0) return refused;
  const isStill = (): boolean => load(context, address) === (value | 0);
  switch (context.futex.wait(address, isStill, { bitset, dueMs, interrupts: context.signals })) {
    case WAITED.woken:
      return 0;
    case WAITED.differs:
      return -Errno.EAGAIN;
    case WAITED.late:
      return -Errno.ETIMEDOUT;
    case WAITED.interrupted:
      return -Errno.EINTR;
  }
}

/** @returns when it ends by performance.now(); −errno */
function dueOf(context: CoreContext, timeout: number, clock: number | undefined): number {
  const { memory } = context;
  if (timeout === 0) return Number.POSITIVE_INFINITY;
  if (!memory.contains(timeout, TIMESPEC_BYTES)) return -Errno.EFAULT;
  const ms = readTimeMs(memory, timeout, NS_PER_S);
  if (ms < 0) return -Errno.EINVAL;
  return Math.max(0, clock === undefined ? performance.now() + ms : ms - (clockOriginMs(context, clock) ?? 0));
}

function wake(context: CoreContext, address: number, most: number, bitset: number): number {
  const refused = wordError(context, address);
  return refused < 0 ? refused : context.futex.wake(address, mostOf(most), bitset);
}

function requeue(
  context: CoreContext,
  from: number,
  wakeMost: number,
  moveMost: number,
  to: number,
  isStill: () => boolean,
): number {
  if ((wakeMost | 0) < 0 || (moveMost | 0) < 0) return -Errno.EINVAL;
  const refused = wordError(context, from) || wordError(context, to);
  if (refused < 0) return refused;
  return context.futex.requeue(from, wakeMost | 0, to, moveMost | 0, isStill) ?? -Errno.EAGAIN;
}

function wakeOperation(
  context: CoreContext,
  first: number,
  firstMost: number,
  secondMost: number,
  second: number,
  fields: number,
): number {
  const refused = wordError(context, first) || wordError(context, second);
  if (refused < 0) return refused;
  const change = (): number => changeWord(context, second, fields);
  return context.futex.wakeOperation(first, mostOf(firstMost), second, mostOf(secondMost), change);
}

/**
 * Changes a word as four fields of bits say: operation, comparison, operand, value to compare with.
 *
 * @returns whether what it was compares so; −ENOSYS: no such operation, or no such comparison of what has changed
 */
function changeWord({ memory }: CoreContext, address: number, fields: number): number {
  const { words } = memory;
  const index = address >>> 2;
  const field = (fields << 8) >> 20;
  const operand = fields >>> 31 === 1 ? 1 << (field & 31) : field;
  let old: number;
  switch ((fields >>> 28) & 7) {
    case 0:
      old = Atomics.exchange(words, index, operand);
      break;
    case 1:
      old = Atomics.add(words, index, operand);
      break;
    case 2:
      old = Atomics.or(words, index, operand);
      break;
    case 3:
      old = Atomics.and(words, index, ~operand);
      break;
    case 4:
      old = Atomics.xor(words, index, operand);
      break;
    default:
      return -Errno.ENOSYS;
  }
  return compare((fields >>> 24) & 15, old | 0, (fields << 20) >> 20);
}

function compare(comparison: number, old: number, value: number): number {
  switch (comparison) {
    case 0:
      return Number(old === value);
    case 1:
      return Number(old !== value);
    case 2:
      return Number(old < value);
    case 3:
      return Number(old <= value);
    case 4:
      return Number(old > value);
    case 5:
      return Number(old >= value);
    default:
      return -Errno.ENOSYS;
  }
}

export const __wasm_thread_spawn: CoreHandlers['__wasm_thread_spawn'] = ({ threads }, index, argument) =>
  threads.start({ abi: 'linux', index: index >>> 0, argument });

/** Of wasi-threads. */
export function threadSpawn({ threads }: CoreContext, argument: number): number {
  return threads.start({ abi: 'wasi', argument });
}

export const SYS_gettid: CoreHandlers['SYS_gettid'] = ({ threads }) => threads.tid;

export const SYS_set_tid_address: CoreHandlers['SYS_set_tid_address'] = ({ thread, threads }, address) => {
  thread.clearTid = address;
  return threads.tid;
};

export const SYS_set_robust_list: CoreHandlers['SYS_set_robust_list'] = ({ thread }, head, length) => {
  const isWide = ROBUST_HEADS.get(length);
  if (isWide === undefined) return -Errno.EINVAL;
  thread.robustList = head === 0 ? undefined : { head: head >>> 0, isWide };
  return 0;
};

export const SYS_get_robust_list: CoreHandlers['SYS_get_robust_list'] = (context, target, head, length) => {
  const { memory, thread } = context;
  if (!isThread(context, target)) return -Errno.ESRCH;
  if (!isSelf(context, target)) return -Errno.EPERM;
  if (!memory.contains(head, 4) || !memory.contains(length, 4)) return -Errno.EFAULT;
  const { robustList } = thread;
  memory.writeU32(head, robustList?.head ?? 0);
  memory.writeU32(length, robustList?.isWide === false ? ROBUST_HEAD_BYTES.narrow : ROBUST_HEAD_BYTES.wide);
  return 0;
};

export const SYS_exit: CoreHandlers['SYS_exit'] = (context, status) => endThread(context, status);

/** Ends this thread: others are told of its locks, and who joins it of its end. */
export function endThread(context: CoreContext, status: number): never {
  const { memory, futex, thread, threads } = context;
  if (thread.robustList !== undefined) walkRobustList(context, thread.robustList);
  threads.leaving();
  const { clearTid } = thread;
  if (clearTid !== 0 && wordError(context, clearTid) === 0) {
    Atomics.store(memory.words, clearTid >>> 2, 0);
    futex.wake(clearTid, 1);
  }
  futex.endThread();
  return threads.end(status);
}

/** So many processors the process has: as many threads as run at once. */
function processorsOf({ processors, threads }: CoreContext): number {
  return Math.min(processors, threads.most);
}

/** The processors of a process as a set of bits. */
function allProcessors(context: CoreContext): number[] {
  const count = processorsOf(context);
  const words = 2 * Math.ceil(count / 64);
  return Array.from({ length: words }, (_, word) => {
    const bits = count - word * 32;
    return bits >= 32 ? -1 : bits <= 0 ? 0 : (1 << bits) - 1;
  });
}

export const SYS_sched_getaffinity: CoreHandlers['SYS_sched_getaffinity'] = (context, target, size, mask) => {
  const { memory, thread } = context;
  const all = allProcessors(context);
  const bytes = all.length * 4;
  if (size >>> 0 < bytes || size % 8 !== 0) return -Errno.EINVAL;
  if (!isThread(context, target)) return -Errno.ESRCH;
  if (!memory.contains(mask, bytes)) return -Errno.EFAULT;
  const set = (isSelf(context, target) ? thread.affinity : undefined) ?? all;
  for (const [word, bits] of set.entries()) memory.writeU32(mask + 4 * word, bits);
  return bytes;
};

export const SYS_sched_setaffinity: CoreHandlers['SYS_sched_setaffinity'] = (context, target, size, mask) => {
  const { memory, thread } = context;
  if (!memory.contains(mask, size >>> 0)) return -Errno.EFAULT;
  if (!isThread(context, target)) return -Errno.ESRCH;
  const set = allProcessors(context).map(
    (bits, word) => bits & (4 * word + 4 <= size >>> 0 ? memory.readU32(mask + 4 * word) : 0),
  );
  if (set.every((bits) => bits === 0)) return -Errno.EINVAL;
  if (isSelf(context, target)) thread.affinity = set;
  return 0;
};

export const SYS_getcpu: CoreHandlers['SYS_getcpu'] = (context, cpu, node) => {
  const { memory, threads } = context;
  if (cpu !== 0 && !memory.contains(cpu, 4)) return -Errno.EFAULT;
  if (node !== 0 && !memory.contains(node, 4)) return -Errno.EFAULT;
  if (cpu !== 0) memory.writeU32(cpu, threads.slot % processorsOf(context));
  if (node !== 0) memory.writeU32(node, 0);
  return 0;
};

export const SYS_sched_getscheduler: CoreHandlers['SYS_sched_getscheduler'] = (context, target) => {
  if (target < 0) return -Errno.EINVAL;
  return isThread(context, target) ? POLICY.OTHER : -Errno.ESRCH;
};

export const SYS_sched_getparam: CoreHandlers['SYS_sched_getparam'] = (context, target, parameters) => {
  const { memory } = context;
  if (parameters === 0 || target < 0) return -Errno.EINVAL;
  if (!isThread(context, target)) return -Errno.ESRCH;
  if (!memory.contains(parameters, 4)) return -Errno.EFAULT;
  memory.writeU32(parameters, 0);
  return 0;
};

export const SYS_sched_setscheduler: CoreHandlers['SYS_sched_setscheduler'] = (context, target, policy, parameters) =>
  policy < 0 ? -Errno.EINVAL : setPolicy(context, target, policy, parameters);

export const SYS_sched_setparam: CoreHandlers['SYS_sched_setparam'] = (context, target, parameters) =>
  setPolicy(context, target, POLICY.OTHER, parameters);

/** No thread comes before another: of the policies, those without priorities are all the same. */
function setPolicy(context: CoreContext, target: number, policy: number, parameters: number): number {
  const { memory } = context;
  if (parameters === 0 || target < 0) return -Errno.EINVAL;
  if (!memory.contains(parameters, 4)) return -Errno.EFAULT;
  if (!isThread(context, target)) return -Errno.ESRCH;
  const [least, most] = prioritiesOf(policy) ?? [1, 0];
  const priority = memory.readU32(parameters);
  if (priority < least || priority > most) return -Errno.EINVAL;
  return most === 0 ? 0 : -Errno.EPERM;
}

export const SYS_sched_get_priority_max: CoreHandlers['SYS_sched_get_priority_max'] = (_, policy) =>
  prioritiesOf(policy)?.[1] ?? -Errno.EINVAL;

export const SYS_sched_get_priority_min: CoreHandlers['SYS_sched_get_priority_min'] = (_, policy) =>
  prioritiesOf(policy)?.[0] ?? -Errno.EINVAL;

/** Threads order their accesses by atomic ones, which are in one order for all: a barrier that others make for them is not to be had. */
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

function isSelf({ threads }: CoreContext, target: number): boolean {
  return target === 0 || target === threads.tid;
}

function isThread(context: CoreContext, target: number): boolean {
  return isSelf(context, target) || context.threads.slotOf(target) !== undefined;
}
