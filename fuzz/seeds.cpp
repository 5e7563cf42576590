#include <filesystem>
#include <fstream>
#include <iostream>

#include "compile/bundle_signature.hpp"
#include "compile/testing/bundle_models.hpp"
#include "compile/testing/random_cases.hpp"
#include "device/event/messages.hpp"
#include "device/program/sample_program.hpp"
#include "model/tflite.hpp"
#include "paths.hpp"

// fuzz_seeds FOLDER: writes FOLDER/<target>/, what each fuzz target begins with.

namespace {

namespace fs = std::filesystem;
using namespace ganglion;

using Bytes = std::vector<uint8_t>;

class Seeds {
  public:
    explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

    void add(const char* target, const std::string& name, const Bytes& bytes) const {
        fs::create_directories(folder_ / target);
        std::ofstream file(folder_ / target / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        if (!file.flush()) throw std::runtime_error((folder_ / target / name).string());
    }

  private:
    fs::path folder_;
};

void add_graphs(const Seeds& seeds) {
    for (const compile::RandomCase& row : compile::kRandomCases) {
        for (uint32_t seed = 1; seed <= 12; ++seed) {
            compile::RandomGraph random(seed);
            const model::Graph graph = row.make(random);
            const std::string name = std::string(row.name) + std::to_string(seed);
            const Bytes file = model::write_tflite(graph);
            seeds.add("tflite", name, file);
            seeds.add("compile", name, file);
            for (const compile::Target& target : compile::known_targets()) {
                seeds.add("program", name + "_" + std::string(target.name),
                          compile::compile(graph, target).program);
            }
        }
    }
}

/// The shipped models.
void add_models(const Seeds& seeds) {
    for (const char* application : {"wake_word"}) {
        const fs::path path = fs::path(GANGLION_SOURCE_DIR) / "apps" / application / "model.tflite";
        const Bytes file = model::write_tflite(model::read_tflite_file(path));
        seeds.add("tflite", application, file);
    }
}

void add_bundles(const Seeds& seeds) {
    const std::string key = compile::generate_signing_key();
    seeds.add("bundle", "wake_word",
              compile::write_bundle(tests::wake_word_application().input(), key));
    tests::Application gated = tests::wake_word_application();
    gated.project.sound_gate = project::Project::SoundGate();
    seeds.add("bundle", "sound_gate", compile::write_bundle(gated.input(), key));
    seeds.add("bundle", "machine",
              compile::write_bundle(tests::machine_application().input(), key));
}

void add_messages(const Seeds& seeds) {
    Bytes bytes(kMaxBatchBytes);
    EventBatch batch;
    for (Event& event : batch.events) event.sequence = static_cast<uint32_t>(++batch.count);
    batch.count = 2;
    bytes.resize(encode(batch, bytes));
    seeds.add("messages", "events", bytes);
    bytes.insert(bytes.begin(), 0);
    seeds.add("ingest", "events", bytes);
    batch.count = kMaxBatchEvents;
    bytes.resize(kMaxBatchBytes);
    bytes.resize(encode(batch, bytes));
    seeds.add("messages", "most_events", bytes);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: fuzz_seeds FOLDER\n";
        return 2;
    }
    const Seeds seeds{argv[1]};
    seeds.add("program", "sample", tests::sample_program());
    add_graphs(seeds);
    add_models(seeds);
    add_bundles(seeds);
    add_messages(seeds);
    for (const char* target : {"coordinate", "delta", "manifest", "together"})
        seeds.add(target, "zeros", Bytes(64));
    return 0;
}
