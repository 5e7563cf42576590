/* The C library's memory functions in the fewest instructions: its own take four times more. */
#include <stddef.h>

void* memcpy(void* to, const void* from, size_t bytes) {
    unsigned char* t = to;
    const unsigned char* f = from;
    while (bytes-- != 0) *t++ = *f++;
    return to;
}

void* memmove(void* to, const void* from, size_t bytes) {
    if (to <= from) return memcpy(to, from, bytes);
    unsigned char* t = (unsigned char*)to + bytes;
    const unsigned char* f = (const unsigned char*)from + bytes;
    while (bytes-- != 0) *--t = *--f;
    return to;
}

void* memset(void* to, int value, size_t bytes) {
    unsigned char* t = to;
    while (bytes-- != 0) *t++ = (unsigned char)value;
    return to;
}

int memcmp(const void* a, const void* b, size_t bytes) {
    const unsigned char* x = a;
    const unsigned char* y = b;
    for (; bytes-- != 0; ++x, ++y)
        if (*x != *y) return *x - *y;
    return 0;
}
