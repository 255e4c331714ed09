// What all processes of a communicator do together. Each is here once: see families.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const COLLECTIVE_FUNCTIONS = {
  MPI_Barrier: ['comm', 'Waits until all processes of a communicator are there.'],
  MPI_Bcast: ['out buffer, count, datatype, root, comm', 'Gives what the root has to all.', 'large'],
  MPI_Gather: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm',
    'Brings the same number of elements from each to the root.',
    'large',
  ],
  MPI_Gatherv: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, root, comm',
    'Brings elements from each, of each its own number, to the root.',
    'large',
  ],
  MPI_Scatter: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, root, comm',
    'Brings the same number of elements from the root to each.',
    'large',
  ],
  MPI_Scatterv: [
    'sendbuf, sendcounts, displs, sendtype, recvbuf, recvcount, recvtype, root, comm',
    'Brings elements from the root to each, to each its own number.',
    'large',
  ],
  MPI_Allgather: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm',
    'Brings the same number of elements from each to all.',
    'large',
  ],
  MPI_Allgatherv: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, comm',
    'Brings elements from each, of each its own number, to all.',
    'large',
  ],
  MPI_Alltoall: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm',
    'Brings the same number of elements from each to each.',
    'large',
  ],
  MPI_Alltoallv: [
    'sendbuf, sendcounts, sdispls, sendtype, recvbuf, recvcounts, rdispls, recvtype, comm',
    'Brings elements from each to each, each number by itself.',
    'large',
  ],
  MPI_Alltoallw: [
    'sendbuf, sendcounts, sdispls, sendtypes, recvbuf, recvcounts, rdispls, recvtypes, comm',
    'Brings elements from each to each, each number and datatype by itself.',
    'large',
  ],
  MPI_Reduce: ['sendbuf, recvbuf, count, datatype, op, root, comm', 'Combines what all have, to the root.', 'large'],
  MPI_Allreduce: ['sendbuf, recvbuf, count, datatype, op, comm', 'Combines what all have, to all.', 'large'],
  MPI_Reduce_scatter_block: [
    'sendbuf, recvbuf, recvcount, datatype, op, comm',
    'Combines what all have, of which each gets its part of the same length.',
    'large',
  ],
  MPI_Reduce_scatter: [
    'sendbuf, recvbuf, recvcounts, datatype, op, comm',
    'Combines what all have, of which each gets its part.',
    'large',
  ],
  MPI_Scan: ['sendbuf, recvbuf, count, datatype, op, comm', 'Combines for each what those up to it have.', 'large'],
  MPI_Exscan: ['sendbuf, recvbuf, count, datatype, op, comm', 'Combines for each what those before it have.', 'large'],
  MPI_Neighbor_allgather: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm',
    'Brings the same elements to each neighbour of a topology.',
    'large',
  ],
  MPI_Neighbor_allgatherv: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcounts, displs, recvtype, comm',
    'Brings the same elements to each neighbour, from each its own number.',
    'large',
  ],
  MPI_Neighbor_alltoall: [
    'sendbuf, sendcount, sendtype, recvbuf, recvcount, recvtype, comm',
    'Brings the same number of elements to each neighbour.',
    'large',
  ],
  MPI_Neighbor_alltoallv: [
    'sendbuf, sendcounts, sdispls, sendtype, recvbuf, recvcounts, rdispls, recvtype, comm',
    'Brings elements to each neighbour, each number by itself.',
    'large',
  ],
  MPI_Neighbor_alltoallw: [
    'sendbuf, sendcounts, in Aint[] sdispls, sendtypes, recvbuf, recvcounts, in Aint[] rdispls, recvtypes, comm',
    'Brings elements to each neighbour, each number and datatype by itself.',
    'large',
  ],
} as const satisfies Chapter;
