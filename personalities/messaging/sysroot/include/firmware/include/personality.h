/* The personality of a node of Blue Gene/Q, as far as it means something here; names are those of its firmware, the layout is ours. */

#ifndef FUSEDOS_PERSONALITY_H
#define FUSEDOS_PERSONALITY_H

#include <stdint.h>

typedef struct {
	/* 0: not known. */
	uint32_t FreqMHz;
} Personality_Kernel_t;

typedef struct {
	uint32_t DDRSizeMB;
} Personality_DDR_t;

typedef struct {
	uint8_t Anodes, Bnodes, Cnodes, Dnodes, Enodes;
	uint8_t Acoord, Bcoord, Ccoord, Dcoord, Ecoord;
} Personality_Networks_t;

typedef struct {
	Personality_Kernel_t Kernel_Config;
	Personality_DDR_t DDR_Config;
	Personality_Networks_t Network_Config;
} Personality_t;

#endif
