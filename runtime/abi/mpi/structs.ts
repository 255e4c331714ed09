// Sizes and layouts of what MPI's functions read and write. A handle and MPI_Aint have 32 bits, MPI_Count and MPI_Offset 64.

/** Size in bytes of one element, by the name that a row's parameter uses. */
export const MPI_STRUCT_SIZES = {
  handle: 4,
  aint: 4,
  count: 8,
  status: 32,
} as const;

/** MPI_Status: three words for everybody, five for us. Offsets in bytes. */
export const STATUS = { SOURCE: 0, TAG: 4, ERROR: 8, RESERVED: 12, BYTES: 32 } as const;

/** What libmpi gives to fusedos_attach: five words, of which four are indices in table 0. Offsets in bytes. */
export const SERVICES = { REDUCE: 0, ALLOCATE: 4, RELEASE: 8, SCRATCH: 12, SUPPORTS: 16 } as const;
/** Bytes at the address SCRATCH, for arguments of the guest's functions. */
export const SCRATCH_BYTES = 64;
