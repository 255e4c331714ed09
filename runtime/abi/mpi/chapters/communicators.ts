// Communicators and groups.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const COMMUNICATOR_FUNCTIONS = {
  MPI_Comm_size: ['comm, out int size', 'Tells how many processes a communicator has.'],
  MPI_Comm_rank: ['comm, out int rank', 'Tells the rank of the process in a communicator.'],
  MPI_Comm_compare: ['Comm comm1, Comm comm2, out int result', 'Compares two communicators.'],
  MPI_Comm_dup: ['comm, newcomm', 'Makes a copy of a communicator, with its attributes.', 'waits'],
  MPI_Comm_dup_with_info: ['comm, info, newcomm', 'Makes a copy of a communicator, with other hints.', 'waits'],
  MPI_Comm_idup: ['comm, newcomm, request', 'Starts to make a copy of a communicator; gives a request.'],
  MPI_Comm_idup_with_info: [
    'comm, info, newcomm, request',
    'Starts to make a copy of a communicator, with other hints; gives a request.',
  ],
  MPI_Comm_create: [
    'comm, group, newcomm',
    'Makes a communicator of a part of another, which all of that call.',
    'waits',
  ],
  MPI_Comm_create_group: [
    'comm, group, tag, newcomm',
    'Makes a communicator of a part of another, which only that part calls.',
    'waits',
  ],
  MPI_Comm_create_from_group: [
    'group, in char stringtag, info, errhandler, newcomm',
    'Makes a communicator of a group, without another.',
    'waits',
  ],
  MPI_Comm_split: [
    'comm, int color, int key, newcomm',
    'Makes communicators of those processes that give the same color.',
    'waits',
  ],
  MPI_Comm_split_type: [
    'comm, int split_type, int key, info, newcomm',
    'Makes communicators of those processes that share something.',
    'waits',
  ],
  MPI_Comm_free: ['out Comm comm', 'Frees a communicator.'],
  MPI_Comm_disconnect: ['out Comm comm', 'Waits for all that goes on on a communicator, then frees it.', 'waits'],
  MPI_Comm_test_inter: ['comm, flag', 'Tells whether a communicator joins two groups.'],
  MPI_Comm_remote_size: ['comm, out int size', 'Tells how many processes the other group of a communicator has.'],
  MPI_Comm_remote_group: ['comm, out Group group', 'Gives the other group of a communicator.'],
  MPI_Comm_group: ['comm, out Group group', 'Gives the group of a communicator.'],
  MPI_Comm_set_name: ['comm, in char comm_name', 'Names a communicator.'],
  MPI_Comm_get_name: ['comm, out char comm_name, out int resultlen', 'Tells the name of a communicator.'],
  MPI_Comm_set_info: ['comm, info', 'Sets hints for a communicator.'],
  MPI_Comm_get_info: ['comm, info_used', 'Gives the hints of a communicator.'],
  MPI_Intercomm_create: [
    'Comm local_comm, int local_leader, Comm peer_comm, int remote_leader, tag, out Comm newintercomm',
    'Makes a communicator that joins two groups.',
    'waits',
  ],
  MPI_Intercomm_create_from_groups: [
    'Group local_group, int local_leader, Group remote_group, int remote_leader, in char stringtag, info, errhandler, out Comm newintercomm',
    'Makes a communicator that joins two groups, without another.',
    'waits',
  ],
  MPI_Intercomm_merge: [
    'Comm intercomm, int high, out Comm newintracomm',
    'Makes one group of the two of a communicator.',
    'waits',
  ],
  MPI_Group_size: ['group, out int size', 'Tells how many processes a group has.'],
  MPI_Group_rank: ['group, out int rank', 'Tells the rank of the process in a group.'],
  MPI_Group_translate_ranks: [
    'group1, n, in int[] ranks1, group2, out int[] ranks2',
    'Tells which rank processes of one group have in another.',
  ],
  MPI_Group_compare: ['group1, group2, out int result', 'Compares two groups.'],
  MPI_Group_union: ['group1, group2, newgroup', 'Makes a group of those that are in either of two.'],
  MPI_Group_intersection: ['group1, group2, newgroup', 'Makes a group of those that are in both of two.'],
  MPI_Group_difference: ['group1, group2, newgroup', 'Makes a group of those that are in the first of two alone.'],
  MPI_Group_incl: ['group, n, in int[] ranks, newgroup', 'Makes a group of some of another, in an order of their own.'],
  MPI_Group_excl: ['group, n, in int[] ranks, newgroup', 'Makes a group of those of another that are not named.'],
  MPI_Group_range_incl: ['group, n, in triples ranges, newgroup', 'Makes a group of ranges of another.'],
  MPI_Group_range_excl: ['group, n, in triples ranges, newgroup', 'Makes a group of what of another is in no range.'],
  MPI_Group_free: ['out Group group', 'Frees a group.'],
} as const satisfies Chapter;
