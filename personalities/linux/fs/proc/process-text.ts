// The text of /proc/PID's files. A guest's memory is one mapping that only grows, so its peak is its size; which of its
// pages were touched Linux cannot see, so all count as resident. Times, faults and switches are not counted: 0.
// See: proc_pid_status(5), proc_pid_stat(5), proc_pid_statm(5); Linux fs/proc/array.c, task_mmu.c, base.c.

import type { Process } from '../../kernel/process.ts';
import { resourceLimit } from '../../kernel/resource-limits.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { O_CLOEXEC } from '../../vfs/mode.ts';
import { decodeName } from '../../vfs/names.ts';
import type { ProcSource } from './inodes.ts';

/** A guest's page (wasi-libc's sysconf says so too). */
const PAGE = 65_536;
const TICK_NS = 1e7;
const KIB = 1024;
/** PF_KTHREAD: the kernel's own process, which has no memory and no program. */
const KERNEL_FLAG = 0x20_0000;
const ALL_CAPABILITIES = '000001ffffffffff';
const NONE = '0000000000000000';
const UNLIMITED = '18446744073709551615';

export function isKernel({ pid }: Process): boolean {
  return pid === 1;
}

export function parentOf(process: Process): number {
  return isKernel(process) ? 0 : 1;
}

/** @param tid of the thread that is asked for */
export function statusText(process: Process, { machine }: ProcSource, tid: number = process.pid): string {
  const { pid, uid, gid, realUid, realGid, savedUid, savedGid, groups, umask, memoryBytes, descriptors } = process;
  const count = machine.applicationCores + machine.systemCores;
  const capabilities = uid === 0 ? ALL_CAPABILITIES : NONE;
  const fields: readonly (readonly [name: string, value: string | number])[] = [
    ['Name', decodeName(process.nameOf(tid)).replace(/[\n\\]/g, (character) => (character === '\n' ? '\\n' : '\\\\'))],
    ['Umask', `0${umask.toString(8).padStart(3, '0')}`],
    ['State', process.isWaiting ? 'S (sleeping)' : 'R (running)'],
    ['Tgid', pid],
    ['Ngid', 0],
    ['Pid', tid],
    ['PPid', parentOf(process)],
    ['TracerPid', 0],
    ['Uid', `${realUid}\t${uid}\t${savedUid}\t${uid}`],
    ['Gid', `${realGid}\t${gid}\t${savedGid}\t${gid}`],
    ['FDSize', descriptors.limit],
    ['Groups', `${groups.join(' ')} `],
    ['Kthread', isKernel(process) ? 1 : 0],
    ...(isKernel(process) ? [] : memoryFields(memoryBytes)),
    ['Threads', threadsOf(process)],
    ['SigQ', '0/0'],
    ...['SigPnd', 'ShdPnd', 'SigBlk', 'SigIgn', 'SigCgt'].map((name) => [name, NONE] as const),
    ['CapInh', NONE],
    ...['CapPrm', 'CapEff', 'CapBnd'].map((name) => [name, capabilities] as const),
    ['CapAmb', NONE],
    ['NoNewPrivs', 1],
    ['Seccomp', 0],
    ['Cpus_allowed', maskOf(count)],
    ['Cpus_allowed_list', count === 1 ? '0' : `0-${count - 1}`],
    ['Mems_allowed', '1'],
    ['Mems_allowed_list', '0'],
    ['voluntary_ctxt_switches', 0],
    ['nonvoluntary_ctxt_switches', 0],
  ];
  return fields.map(([name, value]) => `${name}:\t${value}\n`).join('');
}

function memoryFields(bytes: number): [string, string][] {
  const size = new Set(['VmPeak', 'VmSize', 'VmHWM', 'VmRSS', 'RssAnon', 'VmData']);
  return [
    'VmPeak',
    'VmSize',
    'VmLck',
    'VmPin',
    'VmHWM',
    'VmRSS',
    'RssAnon',
    'RssFile',
    'RssShmem',
    'VmData',
    'VmStk',
    'VmExe',
    'VmLib',
    'VmPTE',
    'VmSwap',
  ].map((name) => [name, `${`${size.has(name) ? bytes / KIB : 0}`.padStart(8)} kB`]);
}

/** Processors as Linux prints masks: groups of 32 from the highest on. */
function maskOf(count: number): string {
  const groups: string[] = [];
  for (let left = count; left > 0; left -= 32) groups.unshift((2 ** Math.min(left, 32) - 1).toString(16));
  return groups.map((group, i) => (i === 0 ? group : group.padStart(8, '0'))).join(',');
}

function threadsOf({ tids }: Process): number {
  return tids.length;
}

/** @param tid of the thread that is asked for */
export function statText(process: Process, _source?: ProcSource, tid: number = process.pid): string {
  const { pid, memoryBytes, startedNs, isWaiting } = process;
  const flags = isKernel(process) ? KERNEL_FLAG : 0;
  const state = isWaiting ? 'S' : 'R';
  const ticks = Math.max(0, Math.floor(startedNs / TICK_NS));
  const fields = [
    ...[state, parentOf(process), pid, pid, 0, -1, flags, 0, 0, 0, 0], // state … cmajflt
    ...[0, 0, 0, 0, 20, 0, threadsOf(process), 0, ticks], // utime … starttime
    ...[memoryBytes, memoryBytes / PAGE, UNLIMITED, 0, 0, 0, 0, 0], // vsize … kstkeip
    ...[0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0], // signal … policy; 17: SIGCHLD
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // delayacct_blkio_ticks … exit_code
  ];
  return `${tid} (${decodeName(process.nameOf(tid))}) ${fields.join(' ')}\n`;
}

export function statmText({ memoryBytes }: Process): string {
  const pages = memoryBytes / PAGE;
  return `${pages} ${pages} 0 0 0 ${pages} 0\n`;
}

export function mapsText({ memoryBytes }: Process): string {
  if (memoryBytes === 0) return '';
  const end = memoryBytes.toString(16).padStart(8, '0');
  // Linux pads what stands before a name to 73 columns.
  return `${`00000000-${end} rw-p 00000000 00:00 0 `.padEnd(73)}[anon:linear memory]\n`;
}

/** Name and unit of each resource, by its number. */
const LIMITS: readonly (readonly [name: string, units: string])[] = [
  ['Max cpu time', 'seconds'],
  ['Max file size', 'bytes'],
  ['Max data size', 'bytes'],
  ['Max stack size', 'bytes'],
  ['Max core file size', 'bytes'],
  ['Max resident set', 'bytes'],
  ['Max processes', 'processes'],
  ['Max open files', 'files'],
  ['Max locked memory', 'bytes'],
  ['Max address space', 'bytes'],
  ['Max file locks', 'locks'],
  ['Max pending signals', 'signals'],
  ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''],
  ['Max realtime priority', ''],
  ['Max realtime timeout', 'us'],
];

export function limitsText(process: Process, { machine }: ProcSource): string {
  const told = (limit: number): string => (limit === Number.POSITIVE_INFINITY ? 'unlimited' : `${limit}`);
  const lines = LIMITS.map(([name, units], resource) => {
    const { current, most } = resourceLimit(process, machine, resource);
    return limitLine(name, told(current), told(most), units);
  });
  return [limitLine('Limit', 'Soft Limit', 'Hard Limit', 'Units'), ...lines].join('');
}

function limitLine(name: string, soft: string, hard: string, units: string): string {
  return `${name.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${units === '' ? '' : units.padEnd(10)}\n`;
}

export function fdinfoText(description: FileDescription, isClosedOnExec: boolean): string {
  const { flags, inode } = description;
  const offset = Math.max(0, description.tell());
  const all = isClosedOnExec ? flags | O_CLOEXEC : flags;
  return `pos:\t${offset}\nflags:\t0${all.toString(8)}\nmnt_id:\t${inode.fileSystem.device}\nino:\t${inode.ino}\n`;
}
