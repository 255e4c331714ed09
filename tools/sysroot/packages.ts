// The source packages of which the sysroot is built, pinned: Debian's names, the upstream version, and the checksum of the
// upstream archive, which is the same in every distribution that has this version.

export interface SourcePackage {
  readonly name: string;
  readonly version: string;
  /** The archive's file name, as distributions call it. */
  readonly archive: string;
  readonly sha256: string;
  /** Which members are taken, as tar's patterns; default: all. */
  readonly members?: readonly string[];
  /** How many members at least, or the archive is not what it should be. */
  readonly leastFiles: number;
}

/** The release of Debian that has them all; asked for beside the machine's own. */
export const RELEASE = 'trixie';

export const MUSL: SourcePackage = {
  name: 'musl',
  version: '1.2.5',
  archive: 'musl_1.2.5.orig.tar.gz',
  sha256: 'a9a118bbe84d8764da0ea0d28b3ab3fae8477fc7e4085d90102b8596fc7c75e4',
  leastFiles: 2000,
};

export const LLVM: SourcePackage = {
  name: 'llvm-toolchain-22',
  version: '22.1.8',
  archive: 'llvm-toolchain-22_22.1.8.orig.tar.xz',
  sha256: 'b49b9277aef97616320b2da259e1f8174c65b0ce2fbe2e8629644a97693402fe',
  members: [
    'libcxx',
    'libcxxabi',
    'libunwind',
    'compiler-rt/lib/builtins',
    'openmp/runtime',
    'libc/shared',
    'libc/src',
    'libc/hdr',
    'libc/include',
    'LICENSE.TXT',
  ],
  leastFiles: 1000,
};
