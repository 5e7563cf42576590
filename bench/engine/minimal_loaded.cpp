// The smallest firmware that runs a loadable program, proven when it was installed. PROGRAM: the
// program's file; ARENA_BYTES: its arena.
#include "device/program/program.hpp"

asm(".section .rodata.installed_program, \"a\"\n"
    ".balign 16\n"
    "installed_program: .incbin \"" PROGRAM
    "\"\n"
    ".text\n");
extern "C" const uint8_t installed_program[];

alignas(16) static int8_t arena[ARENA_BYTES];

int main() {
    ganglion::Program program;
    program.reopen(installed_program);
    program.reset(arena);
    program.run(arena);
    return 0;
}
