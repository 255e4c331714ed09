// Tells by a file's first bytes what it is, so that a person who runs the wrong file learns which file they have and what to do with it.
// It must not look further than the first 4 KiB: parse.ts reads modules, this only names what is no module.

import { ModuleError } from './errors.ts';

const HEAD_BYTES = 4096;
const HEADER_BYTES = 8;

type Signature = readonly [magic: string, what: string, advice: string];

const COMPILE_C = 'compile its source with fusedos cc';
const UNPACK = 'unpack it first';

// Each magic is written one character a byte.
const BINARY_SIGNATURES: readonly Signature[] = [
  ['\x7fELF', 'an ELF program', COMPILE_C],
  ['MZ', 'a Windows program', COMPILE_C],
  ['\xcf\xfa\xed\xfe', 'a macOS program', COMPILE_C],
  ['\xce\xfa\xed\xfe', 'a macOS program', COMPILE_C],
  ['\xfe\xed\xfa', 'a macOS program', COMPILE_C],
  ['\xca\xfe\xba\xbe', 'a macOS program or a Java class', COMPILE_C],
  ['!<arch>\n', 'an archive of objects', 'link it with fusedos cc'],
  ['!<thin>\n', 'an archive of objects', 'link it with fusedos cc'],
  ['BC\xc0\xde', 'LLVM bitcode', 'link it with fusedos cc'],
  ['\x1f\x8b', 'a gzip file', UNPACK],
  ['\x28\xb5\x2f\xfd', 'a Zstandard file', UNPACK],
  ['\xfd7zXZ', 'an xz file', UNPACK],
  ['BZh', 'a bzip2 file', UNPACK],
  ['PK\x03\x04', 'a zip file', UNPACK],
  ['#!', 'a script', 'run it with its interpreter'],
  ['AGFzbQ', 'a module in base64', 'decode it first'],
];

const TEXT_SIGNATURES: readonly (readonly [pattern: RegExp, what: string, advice: string])[] = [
  [/^\(\s*(module|component)\b/, 'WebAssembly text', 'assemble it with wat2wasm or wasm-tools parse'],
  [/^\s*<(!doctype|html|\?xml)/i, 'an HTML or XML page', 'check the address that it was downloaded from'],
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer', 'fetch the file itself with git lfs pull'],
  [
    /^\s*#\s*(include|define|pragma|if|ifndef|ifdef)\b|\bint\s+main\s*\(/m,
    'C or C++ source',
    'compile it with fusedos cc',
  ],
  [
    /^\s*(['"]use strict['"]|import\b|export\b|const\b|let\b|var\b|function\b|async\b|class\b|\/[/*])/,
    'JavaScript or AssemblyScript source',
    'compile AssemblyScript with asc, run JavaScript with node',
  ],
];

/** Throws a ModuleError unless `bytes` begin with the header of a core module of version 1. */
export function requireCoreModule(bytes: Uint8Array): void {
  if (bytes.length === 0) throw notModule('an empty file', 'build or download it again');
  const [zero, a, s, m] = bytes;
  if (zero !== 0 || a !== 0x61 || s !== 0x73 || m !== 0x6d) throw foreignFile(bytes.subarray(0, HEAD_BYTES));
  requireVersion(bytes);
}

function requireVersion(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) throw notModule('the first bytes of one', 'build or download the file again');
  const [version = 0, versionHigh = 0, layer = 0, layerHigh = 0] = bytes.subarray(4, HEADER_BYTES);
  if (version === 1 && versionHigh === 0 && layer === 0 && layerHigh === 0) return;
  if (layer === 1 && layerHigh === 0) {
    throw new ModuleError(
      'ENOEXEC',
      'unsupported module: this is a component; build a core module (target wasm32-wasip1)',
    );
  }
  const number = version | (versionHigh << 8) | (layer << 16) | (layerHigh << 24);
  throw new ModuleError('ENOEXEC', `unsupported module: version ${number >>> 0} of the format; build it as version 1`);
}

function foreignFile(bytes: Uint8Array): ModuleError {
  const head = String.fromCharCode(...bytes);
  for (const [magic, what, advice] of BINARY_SIGNATURES) if (head.startsWith(magic)) return notModule(what, advice);
  const text = withoutWatComments(head.replace(/^\xef\xbb\xbf/, ''));
  for (const [pattern, what, advice] of TEXT_SIGNATURES) if (pattern.test(text)) return notModule(what, advice);
  // Bytes of UTF-8 beyond ASCII count as text; control characters do not.
  const isText = [...head].every((character) => character >= ' ' || '\t\n\r\f'.includes(character));
  if (isText) return notModule('a text file', 'name a .wasm file');
  const first = [...head.slice(0, 4)].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0'));
  return notModule(`a file that begins with the bytes ${first.join(' ')}`, 'name a .wasm file');
}

function withoutWatComments(text: string): string {
  let rest = text.trimStart();
  while (rest.startsWith(';;') || rest.startsWith('(;')) {
    const closing = rest.startsWith(';;') ? '\n' : ';)';
    const at = rest.indexOf(closing);
    if (at < 0) return '';
    rest = rest.slice(at + closing.length).trimStart();
  }
  return rest;
}

function notModule(what: string, advice: string): ModuleError {
  return new ModuleError('ENOEXEC', `not a WebAssembly module but ${what}: ${advice}`);
}
