/* lwIP's view of the compiler and the board. */
#ifndef GANGLION_ARCH_CC_H
#define GANGLION_ARCH_CC_H

#include "firmware/network/lwip_port.h"

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) ganglion_assertion(x)

#endif
