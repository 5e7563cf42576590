/* What the C libraries need from the board; C, since they are. */
#ifndef GANGLION_LWIP_PORT_H
#define GANGLION_LWIP_PORT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A number that an observer cannot guess; after network start only. */
uint32_t ganglion_random(void);

/* An assertion of lwIP failed: says which and stops the board. */
void ganglion_assertion(const char* text);

#ifdef __cplusplus
}
#endif

#endif
