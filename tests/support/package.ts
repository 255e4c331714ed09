// The package as its users get it: what `npm pack` makes of a build with types, installed into a project of its own.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './built.ts';

export interface Project {
  readonly folder: string;
  /** Writes a file, and the folders that it stands in. @returns its path */
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
}

/** Builds, packs and installs; half a minute on a loaded machine. @param name of the folder, which may have any characters */
export function createProject(name = 'project'): Project {
  const top = mkdtempSync(join(tmpdir(), 'fusedos-package-'));
  const folder = join(top, name);
  mkdirSync(folder);
  const project: Project = {
    folder,
    write: (file, content) => {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    remove: () => rmSync(top, { recursive: true }),
  };
  project.write('package.json', '{ "name": "project", "private": true, "type": "module" }');
  install(pack(top), folder);
  return project;
}

/** @returns the path of the tarball */
function pack(top: string): string {
  const stage = join(top, 'stage');
  run('node', ['tools/build.mjs', '--types', `--outdir=${join(stage, 'dist')}`], root);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const file of ['package.json', ...files]) {
    if (file !== 'dist' && existsSync(join(root, file)))
      cpSync(join(root, file), join(stage, file), { recursive: true });
  }
  const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', top], stage);
  return join(top, readFileName(packed));
}

/** npm 11 answers with an array, npm 12 with an object by name. */
function readFileName(answer: string): string {
  const [one] = Object.values(JSON.parse(answer) as Record<string, { filename: string }>);
  if (one === undefined) throw new Error(`npm pack says nothing of a file: ${answer}`);
  return one.filename;
}

/** Nothing else is fetched: the package depends on nothing. */
function install(tarball: string, folder: string): void {
  run('npm', ['install', '--offline', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', tarball], folder);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: cleanEnvironment() });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Without what npm and vitest tell their own children. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_OPTIONS$|NODE_ENV$|TEST$)/.test(name)),
  );
}
