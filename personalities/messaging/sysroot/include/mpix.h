/* What MPI of Blue Gene/Q has beside the standard: where ranks are in the torus of nodes. The torus is what fusedos mpirun is given by --shape,
   --ranks-per-node and --mapping. */

#ifndef FUSEDOS_MPIX_H
#define FUSEDOS_MPIX_H

#include <mpi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MPIX_TORUS_MAX_DIMS 5

typedef struct {
	/* The rank's number by its place, whatever the mapping; how many places there are. */
	unsigned prank;
	unsigned psize;
	/* Ranks on a node, and which of them this is. */
	unsigned ppn;
	unsigned coreID;
	/* 0: not known. */
	unsigned clockMHz;
	/* Of the rank's memory now, in MiB. */
	unsigned memSize;
	unsigned torus_dimension;
	/* Nodes in each dimension, where this one is, whether the last is the first one's neighbour. */
	unsigned Size[MPIX_TORUS_MAX_DIMS];
	unsigned Coords[MPIX_TORUS_MAX_DIMS];
	unsigned isTorus[MPIX_TORUS_MAX_DIMS];
	/* All ranks are of one set. */
	unsigned rankInPset;
	unsigned sizeOfPset;
	unsigned idOfPset;
} MPIX_Hardware_t;

int MPIX_Hardware(MPIX_Hardware_t *hw);
int MPIX_Torus_ndims(int *numdimensions);
/* Coordinates are MPIX_TORUS_MAX_DIMS + 1: those of the node, and which rank of it. */
int MPIX_Rank2torus(int rank, int *coords);
int MPIX_Torus2rank(int *coords, int *rank);

int PMPIX_Hardware(MPIX_Hardware_t *hw);
int PMPIX_Torus_ndims(int *numdimensions);
int PMPIX_Rank2torus(int rank, int *coords);
int PMPIX_Torus2rank(int *coords, int *rank);

#ifdef __cplusplus
}
#endif

#endif
