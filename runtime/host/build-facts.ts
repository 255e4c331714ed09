// What tools/build.mjs says to the sources, as constants that it puts in their place, so that what a bundle does not need is
// left out of it. Where the sources run as they are, in unit tests, none of them is there: ask by `typeof`.

declare global {
  /** For which host a bundle is. */
  const FUSEDOS_PLATFORM: 'node' | 'page' | undefined;
  /** Whether a bundle is one that runs in a worker: it starts none itself. */
  const FUSEDOS_IS_WORKER: boolean | undefined;
  /** Of the package. */
  const FUSEDOS_VERSION: string | undefined;
}

/** What a worker must be of, to be started by this bundle: the messages between both are of one version. */
export const VERSION: string = typeof FUSEDOS_VERSION === 'string' ? FUSEDOS_VERSION : 'source';
