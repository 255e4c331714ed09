// Writes the types of the package: one file, for import and for require, with what a user can reach from runtime/index.ts and
// without what is marked @internal. Called by tools/build.mjs.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

/**
 * What our types name and a program's own settings may leave out. WebAssembly's types are in TypeScript's library for pages alone;
 * a program for Node without it gets objects that it can only pass on. `typeof globalThis` sees past the name declared here.
 */
const PRELUDE = `/// <reference lib="esnext.disposable" />
declare namespace WebAssembly {
  type Known<Name extends string> = typeof globalThis extends {
    WebAssembly: { [name in Name]: { prototype: infer T } };
  } ? T : object;
  type Module = Known<'Module'>;
  type Instance = Known<'Instance'>;
  type Memory = Known<'Memory'>;
  type ImportValue = CallableFunction | Memory;
}
`;

/** @param outdir the folder of the build */
export async function buildTypes(outdir) {
  const folder = mkdtempSync(join('build', 'types-'));
  try {
    const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.types.json', '--outDir', folder], { stdio: 'inherit' });
    if (status !== 0) throw new Error('tools/types.mjs: tsc found errors');
    const bundle = await rolldown({
      input: join(folder, 'runtime/index.d.ts'),
      // Nothing is compiled, what tsc made is put together.
      plugins: [dts({ dtsInput: true, tsconfig: false })],
    });
    const { output } = await bundle.generate({ format: 'es' });
    const text = PRELUDE + output[0].code.replaceAll(/^\/\/#(region|endregion).*\n/gm, '');
    writeFileSync(join(outdir, 'index.d.ts'), text);
    writeFileSync(join(outdir, 'index.d.cts'), text);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
