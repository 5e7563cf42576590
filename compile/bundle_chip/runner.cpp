// Runs a bundle's pipeline on the emulated chip over samples from a file of the host: proves the
// bundle, then writes one Record an inference. Arguments: BUNDLE SAMPLES RECORDS VALUES. Samples
// come in blocks of VALUES; the two moves around each step of the pipeline, which ends with an
// inference or with the block, mark it for bench/instruction_count.c and do nothing else. The
// signature is the firmware's matter.
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "compile/bundle_chip/record.hpp"
#include "device/pipeline/pipeline.hpp"
#include "firmware/boards/semihosting.hpp"

namespace {

namespace semihosting = ganglion::firmware::semihosting;

alignas(16) std::array<uint8_t, 512 * 1024> bundle_bytes;
alignas(16) std::array<int8_t, 256 * 1024> ram;
std::array<int16_t, 8192> block;
ganglion::Bundle bundle;
ganglion::Pipeline pipeline;

std::string_view next_argument(std::string_view& line) {
    const size_t end = line.find(' ');
    const std::string_view argument = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return argument;
}

template <typename T>
std::span<uint8_t> bytes_of(std::span<T> values) {
    return {reinterpret_cast<uint8_t*>(values.data()), values.size_bytes()};
}

int fail(const char* what, ganglion::Status status) {
    semihosting::write_text(what);
    semihosting::write_text(": ");
    semihosting::write_text(ganglion::to_string(status));
    semihosting::write_text("\n");
    return 1;
}

}  // namespace

int main() {
    std::array<char, 1024> buffer{};
    std::string_view line = semihosting::command_line(buffer);
    (void)next_argument(line);  // the image's own name
    semihosting::File file(next_argument(line), semihosting::Mode::read);
    semihosting::File samples(next_argument(line), semihosting::Mode::read);
    semihosting::File records(next_argument(line), semihosting::Mode::write);
    size_t values = 0;
    for (const char digit : next_argument(line))
        values = values * 10 + static_cast<size_t>(digit - '0');
    if (values == 0 || values > block.size()) return fail("values", ganglion::Status::bad_value);
    if (!file.is_open() || !samples.is_open() || !records.is_open()) {
        return fail("files", ganglion::Status::io_error);
    }
    const size_t size = file.read(bundle_bytes);
    if (size < ganglion::Bundle::signature_bytes)
        return fail("bundle", ganglion::Status::truncated);
    ganglion::Status status = bundle.parse_unsigned(
        std::span(bundle_bytes).first(size - ganglion::Bundle::signature_bytes));
    if (status != ganglion::Status::ok) return fail("bundle", status);
    status = pipeline.prove(bundle, ram);
    if (status != ganglion::Status::ok) return fail("proof", status);

    const auto hop = std::span(block).first(values);
    ganglion::chip::Record record{};
    size_t got = samples.read(bytes_of(hop));
    while (got != 0) {
        ganglion::Decision decision;
        std::span<const int16_t> rest = hop.first(got / sizeof(int16_t));
        while (true) {
            asm volatile("mov r10, r10" ::: "memory");
            const bool decided = pipeline.next(rest, decision);
            asm volatile("mov r11, r11" ::: "memory");
            if (!decided) break;
            record = {.sample = decision.sample,
                      .score = decision.score_permille,
                      .raw_score = pipeline.last_score(),
                      .label = decision.label,
                      .fired = decision.fired,
                      .reserved = 0,
                      .tensors_crc = pipeline.tensors_crc(record.tensors_crc),
                      .inferences = static_cast<uint32_t>(pipeline.inferences())};
            if (!records.write(bytes_of(std::span(&record, 1)))) {
                return fail("records", ganglion::Status::io_error);
            }
        }
        got = samples.read(bytes_of(hop));
    }
    return 0;
}
