// Writes dist/bin/: a command for each tool, as build systems want them (`CC=fusedos-cc`), and dist/cmake/fusedos.cmake, CMake's
// toolchain file. Called by tools/build.mjs; package.json's `bin` names the same commands, which a test compares.

import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';

/** By the command's name: what `fusedos` is called with. */
export const COMMANDS = {
  'fusedos-cc': 'cc',
  'fusedos-c++': 'c++',
  'fusedos-mpicc': 'mpicc',
  'fusedos-mpic++': 'mpic++',
  'fusedos-ar': 'ar',
  'fusedos-ranlib': 'ranlib',
  'fusedos-nm': 'nm',
  'fusedos-strip': 'strip',
  'fusedos-ld': 'ld',
  'fusedos-objcopy': 'objcopy',
  'fusedos-objdump': 'objdump',
  'fusedos-size': 'size',
  'fusedos-exec': 'exec',
  'fusedos-mpirun': 'mpirun',
};

export function writeCommands(outdir) {
  mkdirSync(`${outdir}/bin`, { recursive: true });
  // Files without an extension are ES modules in this package, which start later.
  writeFileSync(`${outdir}/bin/package.json`, '{ "type": "commonjs" }\n');
  for (const [name, command] of Object.entries(COMMANDS)) {
    const file = `${outdir}/bin/${name}`;
    writeFileSync(file, `#!/usr/bin/env node\nprocess.argv.splice(2, 0, '${command}');\nrequire('../cli.cjs');\n`);
    chmodSync(file, 0o755);
  }
  mkdirSync(`${outdir}/cmake`, { recursive: true });
  copyFileSync('tools/cmake/fusedos.cmake', `${outdir}/cmake/fusedos.cmake`);
}
