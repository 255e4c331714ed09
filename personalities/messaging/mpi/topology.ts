// Topologies: which ranks of a communicator are neighbours. See: MPI standard, "Virtual Topologies".

export type Topology = { readonly kind: number };
