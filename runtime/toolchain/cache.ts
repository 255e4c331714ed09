/**
 * A content-addressed cache of compiled programs on disk.
 *
 * An entry's key is what was asked (compiler, options, source); the entry lists each path that the compiler looked at, with the digest of what it
 * found, also where it found nothing: a header that appears earlier in the search path is a change like any other. It answers only if all
 * are as they were. Entries are written whole and renamed into place, so that several processes may share a directory. Called by `service.ts`.
 */
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Observation } from './files.ts';

export interface CachedBuild {
  readonly bytes: Uint8Array;
  /** Warnings that the compiler gave. */
  readonly diagnostics: string;
}

/** What one path of the host was: a file's digest, or only its kind. */
type Fingerprint = string;

interface Entry {
  readonly paths: readonly (readonly [path: string, fingerprint: Fingerprint])[];
  readonly diagnostics: string;
  readonly output: string;
}

export class BuildCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The build that was stored for this key, if nothing that it depends on has changed. */
  lookup(key: string): CachedBuild | undefined {
    try {
      const entry: Entry = JSON.parse(fs.readFileSync(this.#file(key, 'json'), 'utf8'));
      if (!entry.paths.every(([file, fingerprint]) => takeFingerprint(file) === fingerprint)) return undefined;
      const bytes = new Uint8Array(fs.readFileSync(this.#file(key, 'wasm')));
      if (digest(bytes) !== entry.output) return undefined;
      return { bytes, diagnostics: entry.diagnostics };
    } catch {
      // No entry, or one that is damaged: compile.
      return undefined;
    }
  }

  /**
   * Stores a build. A directory that cannot be written makes the cache useless, not the build wrong: then nothing happens.
   *
   * @param observed the host's paths that the compiler looked at
   */
  store(key: string, observed: Iterable<string>, build: CachedBuild): void {
    const entry: Entry = {
      paths: Array.from(observed, (file) => [file, takeFingerprint(file)] as const),
      diagnostics: build.diagnostics,
      output: digest(build.bytes),
    };
    try {
      fs.mkdirSync(this.#directory, { recursive: true });
      this.#replace(this.#file(key, 'wasm'), build.bytes);
      this.#replace(this.#file(key, 'json'), Buffer.from(JSON.stringify(entry)));
    } catch {
      // See above.
    }
  }

  #file(key: string, extension: string): string {
    return path.join(this.#directory, `${key}.${extension}`);
  }

  #replace(file: string, bytes: Uint8Array): void {
    const temporary = `${file}.${randomUUID()}`;
    fs.writeFileSync(temporary, bytes);
    fs.renameSync(temporary, file);
  }
}

/** Collects the paths that a compile looks at. */
export class Observations {
  readonly paths = new Set<string>();
  readonly observe = (file: string, _what: Observation): void => void this.paths.add(file);
}

/** The digest that names a request. */
export function cacheKey(parts: readonly unknown[]): string {
  return digest(Buffer.from(JSON.stringify(parts)));
}

/** SHA-256, as hexadecimal digits. */
export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function takeFingerprint(file: string): Fingerprint {
  try {
    const stat = fs.statSync(file);
    if (stat.isDirectory()) return 'directory';
    return stat.isFile() ? digest(fs.readFileSync(file)) : 'other';
  } catch {
    return 'absent';
  }
}
