// Where the parts of an installed fusedos lie, seen from the bundles in dist/.

const dist = new URL('./', import.meta.url);

export const installation = {
  /** C sources that WASI programs are linked with. */
  wasiSources: new URL('wasip1/', dist),
  /** Headers and archives of Linux's target; only where `npm run sysroot` has made them. */
  sysroot: new URL('sysroot/', dist),
  /** The compile daemon. */
  program: new URL('compile-daemon.js', dist),
  /** The commands that build systems are given: fusedos-cc and so on. */
  commands: new URL('bin/', dist),
  cmakeToolchain: new URL('cmake/fusedos.cmake', dist),
  /** The package: guest-apps/ lies there in a clone of the repository, not in an installed package. */
  root: new URL('../', dist),
} as const;
