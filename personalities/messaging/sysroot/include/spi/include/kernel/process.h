/* CNK's calls that tell of a node's processes. */
#include <spi/include/kernel/location.h>
