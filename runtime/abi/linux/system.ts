// What the system calls itself, in uname(2) and /proc, whichever personality tells.

export const OS_TYPE = 'Linux';
/** The release whose interface this is made after. */
export const OS_RELEASE = '6.1.0-fusedos';
export const OS_VERSION = '#1 SMP';
export const MACHINE = 'wasm32';
export const DOMAIN = '(none)';
