// The guest apps as the benchmarks run them: compiled, their input files where each host finds them, their report read.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { GuestApp, InputFile } from '../../guest-apps/catalog.ts';
import type { Machine } from '../../runtime/index.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';

/** The repository: the benchmarks are started there. */
export const ROOT = process.cwd();

export async function buildApp({ language, source }: Pick<GuestApp, 'language' | 'source'>): Promise<Uint8Array> {
  await using compiler = await createCompiler({ cacheDir: resolve(ROOT, 'build/cache'), sysroot: null });
  return await compiler.build({ language, source, args: language === 'c' ? ['-O3'] : [], cwd: ROOT });
}

/** A directory of the host that stands for the guest's root: /in with the inputs, /out. */
export class AppDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'fusedos-bench-'));

  constructor(inputs: readonly InputFile[]) {
    for (const name of ['in', 'out']) mkdirSync(join(this.path, name));
    for (const input of inputs) copyFileSync(hostPath(input), join(this.path, input.guest));
  }

  /** The arguments for a native program: guest paths become the host's. */
  hostArguments(args: readonly string[]): string[] {
    return args.map((argument) => (/^\/(in|out)\//.test(argument) ? join(this.path, argument) : argument));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Puts an app's inputs into a machine's own tree. */
export async function provideInputs(machine: Machine, inputs: readonly InputFile[]): Promise<void> {
  for (const path of ['/in', '/out']) await machine.fs.mkdir(path, { recursive: true });
  for (const input of inputs) await machine.fs.writeFile(input.guest, readFileSync(hostPath(input)));
}

/** The rate in the last line of a kernel's output. Errors: an Error when the kernel did not pass its own check. */
export function rateOf(app: GuestApp, output: string): number {
  const report = /REPORT .*check=(\w+) rate=(\S+)/.exec(output);
  if (report?.[1] !== 'pass') throw new Error(`${app.language} ${app.name} failed:\n${output}`);
  return Number(report[2]);
}

function hostPath({ host, package: name }: InputFile): string {
  if (name === undefined) return resolve(ROOT, host);
  return join(dirname(createRequire(join(ROOT, 'package.json')).resolve(`${name}/package.json`)), host);
}
