// The custom sections that the machine reads: function names, target features, producers.
// By the specification a malformed custom section never makes a module invalid: what cannot be read is left out, and nothing throws.
// Source: core specification, appendix "Custom Sections"; tool conventions, "Target Features" and "Producers".

import { ModuleError } from './errors.ts';
import { LIMITS } from './features.ts';
import { ByteReader } from './reader.ts';

/** Subsections of the name section. */
const NAMES = { functions: 1, globals: 7 } as const;

/** Reads the names of functions by index from the contents of a name section; of two names for one index the first counts. */
export function readFunctionNames(contents: Uint8Array): ReadonlyMap<number, string> {
  return readNames(contents, NAMES.functions);
}

/** As readFunctionNames, of globals. */
export function readGlobalNames(contents: Uint8Array): ReadonlyMap<number, string> {
  return readNames(contents, NAMES.globals);
}

function readNames(contents: Uint8Array, subsection: number): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  tolerantly(() => {
    const reader = new ByteReader(contents, 0, contents.length, 'name section');
    while (reader.remaining > 0) {
      const id = reader.byte();
      const length = reader.u32();
      const start = reader.skip(length);
      if (id === subsection) return readNameMap(contents, start, start + length, names);
    }
  });
  return names;
}

/** Reads the features that the compiler says it used (`atomics`, `simd128`, …). */
export function readTargetFeatures(contents: Uint8Array): readonly string[] {
  const features: string[] = [];
  tolerantly(() => {
    const reader = new ByteReader(contents, 0, contents.length, 'target_features section');
    const count = reader.count(2, LIMITS.imports, 'features');
    for (let i = 0; i < count; i++) {
      const isUsed = reader.byte() === '+'.charCodeAt(0);
      const feature = reader.name(LIMITS.nameBytes);
      if (isUsed) features.push(feature);
    }
  });
  return features;
}

/** Reads who made the module, one line a tool: `processed-by clang 22.0.0`. */
export function readProducers(contents: Uint8Array): readonly string[] {
  const producers: string[] = [];
  tolerantly(() => {
    const reader = new ByteReader(contents, 0, contents.length, 'producers section');
    const fields = reader.count(2, LIMITS.imports, 'fields');
    for (let i = 0; i < fields; i++) {
      const field = reader.name(LIMITS.nameBytes);
      const values = reader.count(2, LIMITS.imports, 'values');
      for (let j = 0; j < values; j++) {
        const tool = reader.name(LIMITS.nameBytes);
        producers.push(`${field} ${tool} ${reader.name(LIMITS.nameBytes)}`.trimEnd());
      }
    }
  });
  return producers;
}

function readNameMap(contents: Uint8Array, start: number, end: number, names: Map<number, string>): void {
  const reader = new ByteReader(contents, start, end, 'name section');
  const count = reader.count(2, LIMITS.functions, 'names');
  for (let i = 0; i < count; i++) {
    const index = reader.u32();
    const name = reader.name(LIMITS.nameBytes);
    if (!names.has(index)) names.set(index, name);
  }
}

function tolerantly(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
  }
}
