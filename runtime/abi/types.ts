// Brands of the numbers that cross module boundaries, so that two kinds are not swapped.

declare const brand: unique symbol;

/** A descriptor number of one process. */
export type Fd = number & { readonly [brand]: 'Fd' };
/** A byte address in a guest's linear memory: an unsigned 32-bit number, not yet checked. */
export type GuestPtr = number & { readonly [brand]: 'GuestPtr' };
/** A process identifier in Linux's table. */
export type Pid = number & { readonly [brand]: 'Pid' };
/** The number of a row of the table: the word that a mailbox carries. */
export type CallNumber = number & { readonly [brand]: 'CallNumber' };
