// Compiles many files, some at once. An object is kept under a key of everything that it is made of, so that a build that was
// interrupted goes on where it was, and one with nothing to do is quick.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from './failure.ts';
import { output, run } from './run.ts';

export interface Unit {
  /** The source file, relative to the tree. */
  readonly source: string;
  readonly flags: readonly string[];
}

export interface Batch {
  /** What it is, for the user. */
  readonly what: string;
  /** Where the compiler runs; sources and the flags' paths are relative to it. */
  readonly tree: string;
  readonly units: readonly Unit[];
}

export class Compiler {
  readonly #objects: string;
  readonly #jobs: number;
  readonly #say: (line: string) => void;
  readonly #version: string;
  readonly #used = new Set<string>();
  /** Of files, by path. */
  readonly #digests = new Map<string, string>();

  /** Errors: clang is missing or is another version. */
  constructor(work: string, jobs: number, say: (line: string) => void) {
    this.#objects = resolve(work, 'objects');
    this.#jobs = jobs;
    this.#say = say;
    this.#version = output('clang-22', ['--version']).split('\n')[0] ?? '';
    output('llvm-ar-22', ['--version']);
    mkdirSync(this.#objects, { recursive: true });
  }

  get version(): string {
    return this.#version;
  }

  /** The objects of all units, in their order. Errors: one does not compile. */
  async compile({ what, tree, units }: Batch): Promise<string[]> {
    const planned = units.map((unit) => ({ unit, object: this.#objectOf(unit) }));
    const todo = planned.filter(({ object }) => !this.#isFresh(object, tree));
    if (todo.length > 0) this.#say(`compiling ${what}: ${todo.length} of ${units.length} files`);
    const queue = todo.values();
    await Promise.all(
      Array.from({ length: this.#jobs }, async () => {
        for (const { unit, object } of queue) await this.#compileOne(unit, object, tree);
      }),
    );
    return planned.map(({ object }) => object);
  }

  /** Puts objects into an archive, which is made anew. */
  async archive(path: string, objects: readonly string[]): Promise<void> {
    rmSync(path, { force: true });
    const made = await run('llvm-ar-22', ['rcsD', path, ...objects]);
    if (made.status !== 0) throw new Failure(`${path}: ${made.stderr.trim()}`);
  }

  /** Removes the objects that no batch has asked for. */
  prune(): void {
    for (const name of readdirSync(this.#objects)) {
      if (!this.#used.has(name)) rmSync(join(this.#objects, name));
    }
  }

  #objectOf({ source, flags }: Unit): string {
    const key = createHash('sha256')
      .update(JSON.stringify([this.#version, source, flags]))
      .digest('hex');
    // The source's name is the member's in the archive, where two of one name would be hard to tell apart.
    const name = `${source
      .replace(/\.\w+$/, '')
      .replaceAll('/', '-')
      .slice(-60)}.${key.slice(0, 16)}.o`;
    this.#used.add(name).add(`${name}.from`);
    return join(this.#objects, name);
  }

  /** Whether the object is of what its files are now: their names and one checksum of them all stand beside it. */
  #isFresh(object: string, tree: string): boolean {
    if (!existsSync(object) || !existsSync(`${object}.from`)) return false;
    const [digest, ...files] = readFileSync(`${object}.from`, 'utf8').split('\n');
    return digest === this.#digestOf(files, tree);
  }

  #digestOf(files: readonly string[], tree: string): string {
    const hash = createHash('sha256');
    for (const file of files) {
      const path = resolve(tree, file);
      let digest = this.#digests.get(path);
      if (digest === undefined) {
        digest = existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'none';
        this.#digests.set(path, digest);
      }
      hash.update(`${file} ${digest}\n`);
    }
    return hash.digest('hex');
  }

  async #compileOne({ source, flags }: Unit, object: string, tree: string): Promise<void> {
    const part = `${object}.part`;
    const { status, stderr } = await run(
      'clang-22',
      [...flags, '-MD', '-MF', `${part}.d`, '-c', source, '-o', part],
      tree,
    );
    if (status !== 0) throw new Failure(`${source} does not compile:\n${stderr.trim().slice(0, 4000)}`);
    const files = existsSync(`${part}.d`) ? filesOf(readFileSync(`${part}.d`, 'utf8')) : [source];
    rmSync(`${part}.d`, { force: true });
    rmSync(`${object}.from`, { force: true });
    renameSync(part, object);
    writeFileSync(`${object}.from`, [this.#digestOf(files, tree), ...files].join('\n'));
  }
}

/** The files that a make rule names after its colon. */
function filesOf(rule: string): string[] {
  return rule
    .replace(/^[^:]*:/, '')
    .split(/\\?\s+/)
    .filter((path) => path !== '');
}
