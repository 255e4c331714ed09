// Builds the sysroot: fetches the pinned source packages, makes their trees, compiles, and puts the result in place as a whole,
// its stamp last. What is there already and made of the same is not made again.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LINUX_ROWS } from '../../runtime/abi/linux/rows.ts';
import { renderCalls } from './calls.ts';
import { Compiler } from './compile.ts';
import { failureOf } from './failure.ts';
import { fetchArchive } from './fetch.ts';
import { buildLlvm, generateLlvm, installLlvmHeaders, LLVM_PORT } from './llvm.ts';
import { buildMessaging, messagingDigest } from './messaging.ts';
import { buildMusl, generateMusl, installMuslHeaders, MUSL_PORT } from './musl.ts';
import { buildOpenmp, generateOpenmp, installOpenmpHeaders } from './openmp.ts';
import { LLVM, MUSL } from './packages.ts';
import { digestOf, makeTree } from './tree.ts';
import { TARGET } from './variant.ts';

const WORK = 'build/sysroot';

/** @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  const option = (name: string) => args.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
  const outdir = resolve(option('outdir') ?? 'dist/sysroot');
  const say = (line: string) => void process.stderr.write(`sysroot: ${line}\n`);
  try {
    await build(outdir, Number(option('jobs') ?? 2), say);
    return 0;
  } catch (error) {
    const { message, status } = failureOf(error, 'building the sysroot');
    say(message);
    return status;
  }
}

async function build(outdir: string, jobs: number, say: (line: string) => void): Promise<void> {
  const stamp = stampOf();
  const stampPath = join(outdir, 'stamp.json');
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) {
    say(`${outdir} is up to date`);
    return;
  }
  const began = Date.now();
  const compiler = new Compiler(WORK, jobs, say);
  if (existsSync(stampPath) && withoutMessaging(readFileSync(stampPath, 'utf8')) === withoutMessaging(stamp)) {
    const include = join(outdir, 'include');
    await buildMessaging(WORK, include, compiler, join(outdir, 'lib', TARGET), include);
    writeFileSync(stampPath, stamp);
    say(`${outdir} has libmpi anew, in ${Math.round((Date.now() - began) / 1000)} s`);
    return;
  }
  const musl = await makeTree(MUSL, await fetchArchive(MUSL, WORK, say), MUSL_PORT, WORK);
  generateMusl(musl);
  const llvm = await makeTree(LLVM, await fetchArchive(LLVM, WORK, say), LLVM_PORT, WORK);
  generateLlvm(llvm);
  generateOpenmp(llvm);

  const part = resolve(WORK, 'install');
  rmSync(part, { recursive: true, force: true });
  installMuslHeaders(musl, join(part, 'include'));
  const lib = join(part, 'lib', TARGET);
  mkdirSync(lib, { recursive: true });
  await buildMusl(musl, compiler, lib);
  await buildLlvm(llvm, join(part, 'include'), compiler, lib);
  await buildOpenmp(llvm, join(part, 'include'), compiler, lib);
  installLlvmHeaders(llvm, join(part, 'include'));
  installOpenmpHeaders(llvm, join(part, 'include'));
  await buildMessaging(WORK, join(part, 'include'), compiler, lib, join(part, 'include'));
  const licenses = join(part, 'share/licenses');
  mkdirSync(licenses, { recursive: true });
  cpSync(join(musl, 'COPYRIGHT'), join(licenses, 'musl'));
  cpSync(join(llvm, 'LICENSE.TXT'), join(licenses, 'llvm'));
  writeFileSync(join(part, 'stamp.json'), stamp);
  putInPlace(part, outdir);
  compiler.prune();
  say(`${outdir} is built, in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** Everything that the sysroot is made of, as text. */
function stampOf(): string {
  const own = createHash('sha256')
    .update(digestOf('personalities/linux/sysroot/musl'))
    .update(digestOf('personalities/linux/sysroot/llvm'))
    .update(digestOf('tools/sysroot', (path) => path !== 'messaging.ts'))
    .update(renderCalls(LINUX_ROWS))
    .digest('hex');
  const packages = Object.fromEntries([MUSL, LLVM].map(({ name, version, sha256 }) => [name, { version, sha256 }]));
  return `${JSON.stringify({ target: TARGET, packages, port: own, messaging: messagingDigest() }, null, 2)}\n`;
}

/** Of libmpi nothing else is made: when only that has changed, all but it stays. */
function withoutMessaging(stamp: string): string {
  return stamp.replace(/,\n +"messaging": "\w+"/, '');
}

/** The old one goes in the same moment in which the new one comes: nobody sees half of either. */
function putInPlace(part: string, outdir: string): void {
  const old = `${part}.old`;
  rmSync(old, { recursive: true, force: true });
  mkdirSync(resolve(outdir, '..'), { recursive: true });
  if (existsSync(outdir)) renameSync(outdir, old);
  renameSync(part, outdir);
  rmSync(old, { recursive: true, force: true });
}
