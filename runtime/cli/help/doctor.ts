// `fusedos doctor`: what fusedos finds here, what is missing, what to do about it. Ends with 1 when something is missing that
// a command needs.

import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { engines } from '../../../package.json';
import { boot } from '../../machine/boot.ts';
import { readStamp } from '../../toolchain/linux-sysroot.ts';
import { assemblyScriptVersion, llvmVersion } from '../../toolchain/packages.ts';
import { createCommand, parse } from '../command-line.ts';
import { installation } from '../installation.ts';
import { OutputPump } from '../streams.ts';

/** What was looked at: what there is, or what is missing and what to do. */
interface Finding {
  readonly what: string;
  readonly found: string;
  /** Absent: all is well. `advice` alone: it works, with less. */
  readonly advice?: string;
  readonly isMissing?: boolean;
}

/** Of which a machine with the defaults makes use. */
const PROCESSORS = 2;
const MEMORY_GIB = 2;
const GIB = 2 ** 30;

export async function doctor(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos doctor',
    usage: '',
    description: 'Tells what fusedos finds here, what is missing, and what to do about it.',
    after: 'Exit status: 0; 1 when something is missing that a command needs.',
  });
  if (!parse(command, args)) return 0;
  const findings = [
    node(),
    processors(),
    memory(),
    await isolation(),
    wasiSources(),
    sysroot(),
    clang(),
    assemblyScript(),
  ];
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(({ what, found, advice, isMissing }) => {
    const mark = isMissing ? 'missing' : advice === undefined ? 'ok' : 'less';
    const more = advice === undefined ? '' : `\n${' '.repeat(width + 11)}${advice}`;
    return `${mark.padEnd(7)}  ${what.padEnd(width)}  ${found}${more}\n`;
  });
  await new OutputPump(process.stdout, true).write(lines.join('')).catch(() => {});
  return findings.some(({ isMissing }) => isMissing) ? 1 : 0;
}

function node(): Finding {
  const what = 'Node.js';
  const wanted = engines.node.replace('>=', '');
  const isOld = compareVersions(process.versions.node, wanted) < 0;
  const found = `${process.versions.node} on ${process.platform} ${process.arch}`;
  return isOld ? { what, found, isMissing: true, advice: `install ${wanted} or later` } : { what, found };
}

function processors(): Finding {
  const count = availableParallelism();
  const finding = { what: 'processors', found: `${count}` };
  if (count >= PROCESSORS) return finding;
  return { ...finding, advice: 'a program and its Linux take turns: shipped calls cost more' };
}

function memory(): Finding {
  // What a container may have, where that is known.
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const finding = { what: 'memory', found: `${(bytes / GIB).toFixed(1)} GiB` };
  if (bytes >= MEMORY_GIB * GIB) return finding;
  return { ...finding, advice: 'give programs less: fusedos run --memory 256MiB' };
}

/** Boots: the one test that tells whether threads share memory here. */
async function isolation(): Promise<Finding> {
  const what = 'a machine';
  try {
    await using machine = await boot({ appCores: 1, spareCores: 0, linuxProcesses: 0 });
    if (machine.degraded === undefined) return { what, found: 'boots; threads share memory' };
    return { what, found: 'boots without shared memory', advice: machine.degraded.missing };
  } catch (error) {
    return { what, found: `does not boot: ${(error as Error).message}`, isMissing: true, advice: 'report it, please' };
  }
}

function wasiSources(): Finding {
  const what = 'C sources that WASI programs are linked with';
  if (existsSync(new URL('abort.c', installation.wasiSources))) return { what, found: 'installed' };
  const found = `not in ${fileURLToPath(installation.wasiSources)}`;
  return { what, found, isMissing: true, advice: 'install fusedos again: npm install fusedos' };
}

function sysroot(): Finding {
  const what = 'C and C++ libraries for Linux’s calls';
  if (readStamp(fileURLToPath(installation.sysroot)) !== undefined) return { what, found: 'installed' };
  return { what, found: 'not built: cc makes WASI programs', advice: 'npm run sysroot, in a clone of the repository' };
}

function clang(): Finding {
  return compiler('C and C++ compiler (cc, c++, ar)', '@yowasp/clang', llvmVersion);
}

function assemblyScript(): Finding {
  return compiler('AssemblyScript compiler', 'assemblyscript', assemblyScriptVersion);
}

function compiler(what: string, name: string, versionOf: () => string): Finding {
  try {
    return { what, found: `${name} ${versionOf()}` };
  } catch {
    return { what, found: 'not installed', isMissing: true, advice: `npm install --save-dev ${name}` };
  }
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
