// A QEMU plugin that counts the instructions between two marks in an image: on Arm `mov r10, r10`
// starts, `mov r11, r11` stops; on RISC-V `slti zero, zero, 1` and `slti zero, zero, 2`. Compilers
// emit none of them, and they do nothing. Each interval becomes one line
// of the file named by the argument `out`; the marks are not counted, an instruction that an IT
// block skips is. The counts are exact and repeat; they are instructions, not cycles.
//
//     qemu-system-arm ... -plugin libinstruction_count.so,out=counts.txt
//
// Debian's QEMU 7.2 has plugins but no header for them; the declarations below are the part of its
// plugin interface (version 1) that is used.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
typedef void (*block_callback)(plugin_id, void* block);
typedef void (*instruction_callback)(unsigned processor, void* user);

enum { no_registers = 0, add_u64 = 0 };

size_t qemu_plugin_tb_n_insns(const void* block);
void* qemu_plugin_tb_get_insn(const void* block, size_t index);
const void* qemu_plugin_insn_data(const void* instruction);
size_t qemu_plugin_insn_size(const void* instruction);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, block_callback callback);
void qemu_plugin_register_vcpu_insn_exec_cb(void* instruction, instruction_callback callback,
                                            int flags, void* user);
void qemu_plugin_register_vcpu_insn_exec_inline(void* instruction, int operation, void* counter,
                                                uint64_t value);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/// The first member of what QEMU tells of the machine.
struct machine {
    const char* name;  ///< "arm", "riscv32"
};

/// The marks of a kind of processor, as bytes; on another they may mean anything.
struct marks {
    size_t size;
    uint8_t start[4], stop[4];
};
static const struct marks kArm = {2, {0xd2, 0x46}, {0xdb, 0x46}};
static const struct marks kRiscV = {4, {0x13, 0x20, 0x10, 0x00}, {0x13, 0x20, 0x20, 0x00}};
static const struct marks* marks = &kArm;

static int is_mark(const uint8_t mark[4], const void* instruction) {
    return qemu_plugin_insn_size(instruction) == marks->size &&
           memcmp(mark, qemu_plugin_insn_data(instruction), marks->size) == 0;
}

static FILE* results;
static uint64_t executed;
static uint64_t executed_at_start;

static void start(unsigned processor, void* user) {
    (void)processor;
    (void)user;
    executed_at_start = executed;
}

static void stop(unsigned processor, void* user) {
    (void)processor;
    (void)user;
    fprintf(results, "%llu\n", (unsigned long long)(executed - executed_at_start));
    fflush(results);
}

static void on_translation(plugin_id id, void* block) {
    (void)id;
    const size_t count = qemu_plugin_tb_n_insns(block);
    for (size_t i = 0; i < count; ++i) {
        void* instruction = qemu_plugin_tb_get_insn(block, i);
        if (is_mark(marks->start, instruction)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, start, no_registers, NULL);
        } else if (is_mark(marks->stop, instruction)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, stop, no_registers, NULL);
        } else {
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, add_u64, &executed, 1);
        }
    }
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id,
                                                               const struct machine* machine,
                                                               int count, char** arguments) {
    if (strncmp(machine->name, "riscv", 5) == 0) marks = &kRiscV;
    for (int i = 0; i < count; ++i) {
        if (strncmp(arguments[i], "out=", 4) == 0) results = fopen(arguments[i] + 4, "w");
    }
    if (results == NULL) {
        fprintf(stderr, "instruction_count: cannot write the file named by out=\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
