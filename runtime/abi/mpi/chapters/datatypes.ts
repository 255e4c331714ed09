// Datatypes, and packed buffers.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const DATATYPE_FUNCTIONS = {
  MPI_Type_contiguous: ['count, oldtype, newtype', 'Makes a datatype of consecutive elements of another.', 'large'],
  MPI_Type_vector: [
    'count, blocklength, count stride, oldtype, newtype',
    'Makes a datatype of equal blocks at equal distances, in elements.',
    'large',
  ],
  MPI_Type_create_hvector: [
    'count, blocklength, extent stride, oldtype, newtype',
    'Makes a datatype of equal blocks at equal distances, in bytes.',
    'large',
  ],
  MPI_Type_indexed: [
    'count, array_of_blocklengths, in count[] array_of_displacements, oldtype, newtype',
    'Makes a datatype of blocks at displacements, in elements.',
    'large',
  ],
  MPI_Type_create_hindexed: [
    'count, array_of_blocklengths, in extent[] array_of_displacements, oldtype, newtype',
    'Makes a datatype of blocks at displacements, in bytes.',
    'large',
  ],
  MPI_Type_create_indexed_block: [
    'count, blocklength, in count[] array_of_displacements, oldtype, newtype',
    'Makes a datatype of equal blocks at displacements, in elements.',
    'large',
  ],
  MPI_Type_create_hindexed_block: [
    'count, blocklength, in extent[] array_of_displacements, oldtype, newtype',
    'Makes a datatype of equal blocks at displacements, in bytes.',
    'large',
  ],
  MPI_Type_create_struct: [
    'count, array_of_blocklengths, in extent[] array_of_displacements, in Datatype[] array_of_types, newtype',
    'Makes a datatype of blocks of several datatypes.',
    'large',
  ],
  MPI_Type_create_subarray: [
    'ndims, in count[] array_of_sizes, in count[] array_of_subsizes, in count[] array_of_starts, int order, oldtype, newtype',
    'Makes a datatype of a part of an array of some dimensions.',
    'large',
  ],
  MPI_Type_create_darray: [
    'int size, rank rank, ndims, in count[] array_of_gsizes, in int[] array_of_distribs, in int[] array_of_dargs, in int[] array_of_psizes, int order, oldtype, newtype',
    "Makes a datatype of a process's part of a distributed array.",
    'large',
  ],
  MPI_Type_create_resized: [
    'oldtype, extent lb, extent extent, newtype',
    'Makes a datatype with bounds of its own.',
    'large',
  ],
  MPI_Type_dup: ['oldtype, newtype', 'Makes a copy of a datatype.'],
  MPI_Type_create_f90_integer: [
    'int r, newtype',
    'Gives the predefined datatype of a Fortran integer with so many digits.',
  ],
  MPI_Type_create_f90_real: [
    'int p, int r, newtype',
    'Gives the predefined datatype of a Fortran real with so many digits.',
  ],
  MPI_Type_create_f90_complex: [
    'int p, int r, newtype',
    'Gives the predefined datatype of a Fortran complex with so many digits.',
  ],
  MPI_Type_get_value_index: [
    'Datatype value_type, Datatype index_type, out Datatype pair_type',
    'Gives the predefined datatype of a value with an index, for MPI_MINLOC and MPI_MAXLOC.',
  ],
  MPI_Type_commit: ['out Datatype datatype', 'Makes a datatype ready to be sent and received.'],
  MPI_Type_free: ['out Datatype datatype', 'Frees a datatype; what was made of it stays.'],
  MPI_Type_size: ['datatype, out count size', 'Tells the bytes of an element, gaps not counted.', 'large'],
  MPI_Type_size_x: ['datatype, out Count size', 'Tells the bytes of an element, gaps not counted, as MPI_Count.'],
  MPI_Type_get_extent: [
    'datatype, out extent lb, out extent extent',
    'Tells lower bound and extent of a datatype.',
    'large',
  ],
  MPI_Type_get_extent_x: [
    'datatype, out Count lb, out Count extent',
    'Tells lower bound and extent of a datatype, as MPI_Count.',
  ],
  MPI_Type_get_true_extent: [
    'datatype, out extent true_lb, out extent true_extent',
    'Tells where the bytes of an element begin, and how far they reach.',
    'large',
  ],
  MPI_Type_get_true_extent_x: [
    'datatype, out Count true_lb, out Count true_extent',
    'Tells where the bytes of an element begin, and how far they reach, as MPI_Count.',
  ],
  MPI_Type_get_envelope: [
    'datatype, out int num_integers, out int num_addresses, out int num_datatypes, out int combiner',
    'Tells by which constructor a datatype was made, with how many arguments.',
  ],
  MPI_Type_get_envelope_c: [
    'datatype, out Count num_integers, out Count num_addresses, out Count num_large_counts, out Count num_datatypes, out int combiner',
    'Tells by which constructor a datatype was made, with how many arguments.',
  ],
  MPI_Type_get_contents: [
    'datatype, int max_integers, int max_addresses, int max_datatypes, out int[] array_of_integers, out Aint[] array_of_addresses, out Datatype[] array_of_datatypes',
    'Tells the arguments with which a datatype was made.',
  ],
  MPI_Type_match_size: [
    'int typeclass, int size, out Datatype datatype',
    'Gives the predefined datatype of a class that has so many bytes.',
  ],
  MPI_Pack: [
    'in inbuf, count incount, datatype, out outbuf, count outsize, out count position, comm',
    'Appends elements to a packed buffer.',
    'large',
  ],
  MPI_Unpack: [
    'in inbuf, count insize, out count position, out outbuf, count outcount, datatype, comm',
    'Takes elements out of a packed buffer.',
    'large',
  ],
  MPI_Pack_size: [
    'count incount, datatype, comm, out count size',
    'Tells how many bytes packed elements take at most.',
    'large',
  ],
  MPI_Pack_external: [
    'in char datarep, in inbuf, count incount, datatype, out outbuf, extent outsize, out extent position',
    'Appends elements to a buffer in a portable representation.',
    'large',
  ],
  MPI_Unpack_external: [
    'in char datarep, in inbuf, extent insize, out extent position, out outbuf, count outcount, datatype',
    'Takes elements out of a buffer in a portable representation.',
    'large',
  ],
  MPI_Pack_external_size: [
    'in char datarep, count incount, datatype, out extent size',
    'Tells how many bytes elements take in a portable representation.',
    'large',
  ],
  MPI_Type_get_contents_c: [
    'datatype, Count max_integers, Count max_addresses, Count max_large_counts, Count max_datatypes, out int[] array_of_integers, out Aint[] array_of_addresses, out Count[] array_of_large_counts, out Datatype[] array_of_datatypes',
    'Tells the arguments with which a datatype was made.',
  ],
} as const satisfies Chapter;
