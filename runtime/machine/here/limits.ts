// What a machine sets aside for libraries in the booting thread.

/** At once on a machine; each has a slot of the control memory for its life. */
export const HERE_MOST = 8;
