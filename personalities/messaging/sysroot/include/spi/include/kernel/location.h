/* CNK's calls that tell where a process is. A program that is no MPI program needs no library for them. */

#ifndef FUSEDOS_KERNEL_LOCATION_H
#define FUSEDOS_KERNEL_LOCATION_H

#include <firmware/include/personality.h>
#include <mpix.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((__import_module__("mpi"), __import_name__("MPIX_Hardware"))) int __fusedos_hardware(MPIX_Hardware_t *hw);

/* 0; -1: the size is not that of a personality. */
static inline int Kernel_GetPersonality(Personality_t *personality, size_t size)
{
	MPIX_Hardware_t hw;
	if (personality == NULL || size < sizeof *personality || __fusedos_hardware(&hw) != 0) return -1;
	personality->Kernel_Config.FreqMHz = hw.clockMHz;
	personality->DDR_Config.DDRSizeMB = hw.memSize;
	Personality_Networks_t *net = &personality->Network_Config;
	net->Anodes = (uint8_t)hw.Size[0], net->Acoord = (uint8_t)hw.Coords[0];
	net->Bnodes = (uint8_t)hw.Size[1], net->Bcoord = (uint8_t)hw.Coords[1];
	net->Cnodes = (uint8_t)hw.Size[2], net->Ccoord = (uint8_t)hw.Coords[2];
	net->Dnodes = (uint8_t)hw.Size[3], net->Dcoord = (uint8_t)hw.Coords[3];
	net->Enodes = (uint8_t)hw.Size[4], net->Ecoord = (uint8_t)hw.Coords[4];
	return 0;
}

/* Which process of its node this one is. */
static inline uint32_t Kernel_MyTcoord(void)
{
	MPIX_Hardware_t hw;
	return __fusedos_hardware(&hw) == 0 ? hw.coreID : 0;
}

/* Processes on a node. */
static inline uint32_t Kernel_ProcessCount(void)
{
	MPIX_Hardware_t hw;
	return __fusedos_hardware(&hw) == 0 ? hw.ppn : 1;
}

#ifdef __cplusplus
}
#endif

#endif
