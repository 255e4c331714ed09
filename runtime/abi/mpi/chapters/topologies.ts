// Topologies.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const TOPOLOGY_FUNCTIONS = {
  MPI_Dims_create: ['int nnodes, ndims, out int[] dims', 'Divides processes among dimensions, as evenly as may be.'],
  MPI_Cart_create: [
    'comm_old, ndims, dims, periods, reorder, out Comm comm_cart',
    'Makes a communicator whose processes are points of a grid.',
    'waits',
  ],
  MPI_Cartdim_get: ['comm, out int ndims', 'Tells how many dimensions a grid has.'],
  MPI_Cart_get: [
    'comm, maxdims, out int[] dims, out int[] periods, out int[] coords',
    "Tells the dimensions of a grid and the process's own point.",
  ],
  MPI_Cart_rank: ['comm, in int[] coords, out int rank', 'Tells the rank at a point of a grid.'],
  MPI_Cart_coords: ['comm, rank rank, maxdims, out int[] coords', 'Tells the point of a rank in a grid.'],
  MPI_Cart_shift: [
    'comm, int direction, int disp, out int rank_source, out int rank_dest',
    'Tells the neighbours of the process along a dimension.',
  ],
  MPI_Cart_sub: [
    'comm, in int[] remain_dims, newcomm',
    'Makes communicators of the lower-dimensional parts of a grid.',
    'waits',
  ],
  MPI_Cart_map: [
    'comm, ndims, dims, periods, out int newrank',
    'Tells the rank that the process would have in a grid.',
  ],
  MPI_Graph_create: [
    'comm_old, int nnodes, in int[] indx, in int[] edges, reorder, out Comm comm_graph',
    'Makes a communicator whose processes are nodes of a graph that all know.',
    'waits',
  ],
  MPI_Graphdims_get: ['comm, out int nnodes, out int nedges', 'Tells how many nodes and edges a graph has.'],
  MPI_Graph_get: [
    'comm, int maxindex, int maxedges, out int[] indx, out int[] edges',
    'Gives nodes and edges of a graph.',
  ],
  MPI_Graph_neighbors_count: [
    'comm, rank rank, out int nneighbors',
    'Tells how many neighbours a node of a graph has.',
  ],
  MPI_Graph_neighbors: [
    'comm, rank rank, int maxneighbors, out int[] neighbors',
    'Gives the neighbours of a node of a graph.',
  ],
  MPI_Graph_map: [
    'comm, int nnodes, in int[] indx, in int[] edges, out int newrank',
    'Tells the rank that the process would have in a graph.',
  ],
  MPI_Dist_graph_create: [
    'comm_old, n, in int[] sources, in int[] degrees, in int[] destinations, in int[] weights, info, reorder, out Comm comm_dist_graph',
    'Makes a communicator with a graph of which each process gives some edges.',
    'waits',
  ],
  MPI_Dist_graph_create_adjacent: [
    'comm_old, int indegree, in int[] sources, in int[] sourceweights, int outdegree, in int[] destinations, in int[] destweights, info, reorder, out Comm comm_dist_graph',
    'Makes a communicator with a graph of which each process gives its own edges.',
    'waits',
  ],
  MPI_Dist_graph_neighbors_count: [
    'comm, out int indegree, out int outdegree, out int weighted',
    'Tells how many edges of a graph come in and go out at the process.',
  ],
  MPI_Dist_graph_neighbors: [
    'comm, int maxindegree, out int[] sources, out int[] sourceweights, int maxoutdegree, out int[] destinations, out int[] destweights',
    'Gives the edges of a graph that come in and go out at the process.',
  ],
  MPI_Topo_test: ['comm, out int status', 'Tells which topology a communicator has.'],
} as const satisfies Chapter;
