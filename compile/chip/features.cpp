// Runs feature blocks over samples on the emulated chip; the two moves around each push mark it for
// bench/instruction_count.c. Arguments: CASES FRAMES. CASES holds for each block two little-endian
// words (bytes of its FEATURES section; samples, interleaved), the section and the samples; FRAMES
// gets every frame.
#include "compile/chip/batch.hpp"
#include "compile/chip/counting.hpp"
#include "device/features/feature_block.hpp"

namespace {

namespace chip = ganglion::chip;

alignas(8) std::array<uint8_t, 64 * 1024> section_bytes;
alignas(8) std::array<uint8_t, 64 * 1024> state, scratch;
std::array<int16_t, ganglion::kMaximumFrameValues> frame;
std::array<int16_t, 320> samples;  // as a driver gives them, block after block

struct CaseHeader {
    uint32_t section_bytes, samples;
};

}  // namespace

int main() {
    const chip::BatchArguments arguments;
    using File = ganglion::firmware::semihosting::File;
    using ganglion::firmware::semihosting::Mode;
    File cases(arguments.cases, Mode::read);
    File frames(arguments.outputs, Mode::write);
    if (!cases.is_open() || !frames.is_open())
        return chip::batch_fail("cannot open the cases or frames\n");
    CaseHeader header{};
    const std::span header_bytes(reinterpret_cast<uint8_t*>(&header), sizeof header);
    while (cases.read(header_bytes) == sizeof header) {
        if (header.section_bytes > section_bytes.size())
            return chip::batch_fail("a section is too large\n");
        const auto bytes = std::span(section_bytes).first(header.section_bytes);
        ganglion::FeatureSection section;
        if (cases.read(bytes) != bytes.size() ||
            parse_feature_section(bytes, section) != ganglion::Status::ok ||
            ganglion::FeatureBlock::check(section) != ganglion::Status::ok ||
            ganglion::FeatureBlock::state_bytes(section) > state.size() ||
            ganglion::FeatureBlock::scratch_bytes(section) > scratch.size())
            return chip::batch_fail("cannot start a block\n");
        state.fill(0);
        ganglion::FeatureBlock block;
        block.start(section, state);
        while (header.samples > 0) {
            const uint32_t count = std::min<uint32_t>(header.samples, samples.size());
            auto rest = std::span(samples).first(count);
            if (cases.read({reinterpret_cast<uint8_t*>(rest.data()), rest.size_bytes()}) !=
                rest.size_bytes())
                return chip::batch_fail("samples are missing\n");
            header.samples -= count;
            while (!rest.empty()) {
                bool ready = false;
                chip::start_count();
                const size_t taken = block.push(rest, scratch, frame.data(), ready);
                chip::stop_count();
                rest = rest.subspan(taken);
                if (ready)
                    frames.write({reinterpret_cast<uint8_t*>(frame.data()),
                                  section.frame_values() * sizeof(int16_t)});
            }
        }
    }
    return 0;
}
