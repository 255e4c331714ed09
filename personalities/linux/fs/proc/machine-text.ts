// The text of /proc's files about the machine. What Linux does not know here is 0, as Linux prints where it keeps no count:
// processor times (a guest's calls are timed, its own work is not), loads, faults, switches.
// A page is WebAssembly's, 64 KiB, as a guest's sysconf says; a tick is 10 ms.
// See: proc(5); Linux fs/proc/{meminfo,stat,uptime,loadavg,version}.c, arch/x86/kernel/cpu/proc.c.

import { OS_RELEASE, OS_VERSION } from '../../../../runtime/abi/linux/system.ts';
import { memoryOf } from '../../kernel/process.ts';
import type { ProcSource } from './inodes.ts';

export const PID_MAX = 2 ** 22;
const NS = 1e9;
const KIB = 1024;

export function cpuinfoText({ machine }: ProcSource): string {
  const { applicationCores, systemCores } = machine;
  const count = applicationCores + systemCores;
  const blocks = Array.from({ length: count }, (_, processor) => {
    const role = processor < applicationCores ? 'application' : 'system';
    const fields: readonly (readonly [name: string, value: string | number])[] = [
      ['processor', processor],
      ['vendor_id', 'WebAssembly'],
      ['model name', `FusedOS ${role} core`],
      ['physical id', 0],
      ['siblings', count],
      ['core id', processor],
      ['cpu cores', count],
      ['address sizes', '32 bits physical, 32 bits virtual'],
    ];
    return fields.map(([name, value]) => `${pad(name)}: ${value}\n`).join('');
  });
  return blocks.map((block) => `${block}\n`).join('');
}

/** Tabs up to column 16, as Linux has them. */
function pad(name: string): string {
  return name.length < 8 ? `${name}\t\t` : `${name}\t`;
}

/** Memory of guests is what there is; files have a store of their own (statfs tells). */
export function meminfoText({ machine, processes }: ProcSource): string {
  const { total, free } = memoryOf(processes(), machine.memoryBytes);
  const used = total - free;
  const fields: readonly (readonly [name: string, bytes: number])[] = [
    ['MemTotal', total],
    ['MemFree', free],
    ['MemAvailable', free],
    ['Buffers', 0],
    ['Cached', 0],
    ['SwapCached', 0],
    ['Active', used],
    ['Inactive', 0],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', 0],
    ['Writeback', 0],
    ['AnonPages', used],
    ['Mapped', 0],
    ['Shmem', 0],
    ['Slab', 0],
    ['SReclaimable', 0],
    ['SUnreclaim', 0],
    ['CommitLimit', total],
    ['Committed_AS', used],
  ];
  return fields
    .map(([name, bytes]) => `${`${name}:`.padEnd(16)}${`${Math.floor(bytes / KIB)}`.padStart(8)} kB\n`)
    .join('');
}

export function statText({ machine, clock, begun, processes }: ProcSource): string {
  const times = ' 0'.repeat(10);
  const count = machine.applicationCores + machine.systemCores;
  const cores = Array.from({ length: count }, (_, core) => `cpu${core}${times}\n`).join('');
  const sinceBoot = BigInt(Math.floor(clock.monotonicNs()));
  const bootSec = (clock.realtimeNs() - sinceBoot) / BigInt(NS);
  return (
    `cpu ${times}\n${cores}intr 0\nctxt 0\nbtime ${bootSec}\nprocesses ${begun}\n` +
    `procs_running ${running(processes())}\nprocs_blocked 0\nsoftirq${' 0'.repeat(11)}\n`
  );
}

export function uptimeText({ clock }: ProcSource): string {
  return `${(Math.floor(clock.monotonicNs() / 1e7) / 100).toFixed(2)} 0.00\n`;
}

export function loadavgText({ processes, lastPid }: ProcSource): string {
  const all = [...processes()];
  return `0.00 0.00 0.00 ${running(all)}/${all.length} ${lastPid}\n`;
}

export function versionText({ hostname }: ProcSource): string {
  return `Linux version ${OS_RELEASE} (fusedos@${hostname}) (WebAssembly) ${OS_VERSION}\n`;
}

function running(processes: Iterable<{ readonly isWaiting: boolean }>): number {
  let count = 0;
  for (const { isWaiting } of processes) if (!isWaiting) count++;
  return count;
}
