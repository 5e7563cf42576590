#include "train/search/search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <tuple>

#include "train/fit/fit_labelled.hpp"
#include "train/network/deterministic.hpp"
#include "train/report/settings.hpp"
#include "train/search/candidate_cost.hpp"
#include "train/search/candidate_fit.hpp"
#include "train/search/jobs.hpp"
#include "train/search/pareto.hpp"
#include "train/search/space.hpp"

namespace ganglion::train {
namespace {

constexpr size_t kFewer = 3;  // each round keeps a third of the candidates
constexpr size_t kRounds = 3;
constexpr size_t kMostDrawn = 20;  // for each one that may be fitted

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class Search {
  public:
    Search(const project::Project& project, const SearchOptions& options,
           const ProgressCallback& progress, const StopFlag& stop)
        : project_(project),
          options_(options),
          budget_(parse_budget(options.budget)),
          progress_(progress),
          stop_(stop) {}

    SearchResult run() {
        check();
        keep_identity();
        draw();
        prepare();
        for (size_t round = 0; round < kRounds; ++round) fit_round(round);
        return finish();
    }

  private:
    struct Entry {
        Candidate candidate;
        Tried tried;
        uint32_t threshold = 0;
        uint32_t average = 1;
        bool alive = true;
    };

    void check() const {
        const auto& n = project_.network;
        if (!is_labelled(project_) && n.kind != "ds_cnn") {
            throw std::runtime_error(fmt::format(
                "{}: network.kind: \"{}\" cannot be searched; write \"ds_cnn\", \"temporal\" or "
                "\"dense\"",
                project_.path.string(), n.kind));
        }
        if (n.epochs == 0 || n.batch == 0 || n.learning_rate <= 0 || n.channels.empty()) {
            throw std::runtime_error(
                fmt::format("{}: network: the search begins from channels, epochs, batch and "
                            "learning_rate; write them",
                            project_.path.string()));
        }
        if (is_labelled(project_) && project_.features.kind != project::Features::log_mel &&
            project_.running_normal_frames == 0 && project_.scaling.steps.empty()) {
            throw std::runtime_error(fmt::format(
                "{}: [scaling] is missing; `ganglion train` writes it, so train it once before",
                project_.path.string()));
        }
        check_device(options_.device);
        if (options_.candidates == 0) throw std::runtime_error("--candidates: write 1 or more");
    }

    /// Results of another search must not be taken for this one's.
    void keep_identity() const {
        const auto file = options_.work_dir / "search-of.txt";
        const std::string identity =
            fmt::format("data {}\nbudget {}\ncandidates {}\nseed {}\nsynthetic speech {}\n{}",
                        options_.data.string(), options_.budget, options_.candidates, options_.seed,
                        options_.synthetic_speech, text_of(project_.path));
        std::filesystem::create_directories(options_.work_dir);
        const std::string kept = text_of(file);
        if (kept.empty()) {
            write_file(file, identity);
        } else if (kept != identity) {
            throw std::runtime_error(fmt::format(
                "{}: holds another search (other data, budget, project or options); delete it, or "
                "give another folder with --work",
                options_.work_dir.string()));
        }
    }

    /// Draws until enough candidates keep within the budget.
    void draw() {
        size_t within = 0;
        const auto drawn =
            draw_candidates(project_, options_.candidates * kMostDrawn, options_.seed);
        for (size_t i = 0; i < drawn.size() && within < options_.candidates; ++i) {
            Entry entry;
            entry.candidate = drawn[i];
            entry.tried.name = drawn[i].name();
            try {
                entry.tried.cost = cost_before_fitting(with_candidate(project_, drawn[i]));
                entry.tried.why_not = exceeded(entry.tried.cost, budget_);
            } catch (const std::runtime_error& error) {
                entry.tried.why_not = error.what();
            }
            entry.alive = entry.tried.why_not.empty();
            if (entry.alive) ++within;
            entries_.push_back(std::move(entry));
            tell("budget", within, options_.candidates);
        }
        if (within == 0) {
            throw std::runtime_error(
                fmt::format("--budget {}: none of {} candidates keeps within it; the nearest: {}",
                            options_.budget, entries_.size(), entries_.front().tried.why_not));
        }
    }

    void prepare() {
        if (is_labelled(project_)) return;
        std::vector<Job> jobs;
        std::set<uint32_t> bands;
        for (const Entry& entry : entries_) {
            if (!entry.alive || !bands.insert(entry.candidate.bands).second) continue;
            jobs.push_back({fmt::format("features-{}b", entry.candidate.bands), [this, &entry] {
                                return prepare_features(project_, entry.candidate, options_);
                            }});
        }
        // One at a time: each uses all cores.
        for (const auto& [name, result] : run(jobs, "features", 1)) {
            if (result.contains("failed"))
                throw std::runtime_error(result["failed"].get<std::string>());
        }
    }

    void fit_round(size_t round) {
        uint32_t epochs = project_.network.epochs;
        for (size_t r = round + 1; r < kRounds; ++r)
            epochs = std::max<uint32_t>(1, epochs / kFewer);
        std::vector<Job> jobs;
        for (Entry& entry : entries_) {
            if (!entry.alive) continue;
            const std::string name = fmt::format("{}-{}e", entry.candidate.name(), epochs);
            jobs.push_back({name, [this, &entry, epochs, name] {
                                return fit_candidate(project_, entry.candidate, epochs, options_,
                                                     model_of(name));
                            }});
        }
        const auto results =
            run(jobs, fmt::format("round {} of {}", round + 1, kRounds), options_.parallel);
        std::vector<size_t> judged;
        for (size_t i = 0; i < entries_.size(); ++i) {
            Entry& entry = entries_[i];
            if (!entry.alive) continue;
            take(entry, results.at(fmt::format("{}-{}e", entry.candidate.name(), epochs)), epochs);
            if (entry.alive) judged.push_back(i);
        }
        if (round + 1 == kRounds) return;
        std::vector<Tradeoff> points;
        points.reserve(judged.size());
        for (const size_t i : judged) points.push_back(tradeoff(entries_[i]));
        const size_t keep = std::max<size_t>(1, (judged.size() + kFewer - 1) / kFewer);
        for (const size_t i : judged) entries_[i].alive = false;
        for (const size_t i : survivors(points, keep)) entries_[judged[i]].alive = true;
    }

    void take(Entry& entry, const nlohmann::json& result, uint32_t epochs) {
        if (result.contains("failed")) {
            entry.tried.why_not = result["failed"].get<std::string>();
            entry.alive = false;
            return;
        }
        entry.tried.epochs = epochs;
        entry.tried.loss = result.at("loss").get<double>();
        entry.tried.cost.ram_bytes = result.at("ram_bytes").get<uint32_t>();
        entry.tried.cost.flash_bytes = result.at("flash_bytes").get<uint32_t>();
        entry.tried.cost.macs = result.at("macs").get<uint64_t>();
        entry.tried.cost.instructions = result.at("instructions").get<double>();
        entry.threshold = result.at("threshold").get<uint32_t>();
        entry.average = result.at("average").get<uint32_t>();
        // Fitted weights may compile to other sizes than random ones.
        entry.tried.why_not = exceeded(entry.tried.cost, budget_);
        entry.alive = entry.tried.why_not.empty();
    }

    SearchResult finish() {
        std::vector<Entry*> last;
        std::vector<Tradeoff> points;
        for (Entry& entry : entries_) {
            if (!entry.alive) continue;
            last.push_back(&entry);
            points.push_back(tradeoff(entry));
        }
        if (last.empty()) throw std::runtime_error("no candidate could be fitted: see search.json");
        const auto layers = pareto_layers(points);
        for (size_t i = 0; i < last.size(); ++i) last[i]->tried.on_front = layers[i] == 0;
        Entry& best = **std::min_element(last.begin(), last.end(), [](Entry* a, Entry* b) {
            return std::tuple(a->tried.loss, a->tried.cost.instructions_per_second()) <
                   std::tuple(b->tried.loss, b->tried.cost.instructions_per_second());
        });
        best.tried.picked = true;
        SearchResult result;
        result.pick = write_pick(best);
        result.summary = fmt::format(
            "{}: loss {:.2f} %, {} bytes of RAM, {} of flash, {:.2f} M instructions a second",
            best.tried.name, 100 * best.tried.loss, best.tried.cost.ram_bytes,
            best.tried.cost.flash_bytes, best.tried.cost.instructions_per_second() / 1e6);
        for (const Entry& entry : entries_) result.tried.push_back(entry.tried);
        std::stable_sort(result.tried.begin(), result.tried.end(),
                         [](const Tried& a, const Tried& b) {
                             return std::tuple(!a.why_not.empty(), -int64_t{a.epochs}, a.loss) <
                                    std::tuple(!b.why_not.empty(), -int64_t{b.epochs}, b.loss);
                         });
        write_results(result);
        return result;
    }

    std::filesystem::path write_pick(const Entry& best) const {
        auto folder = options_.work_dir / "pick";
        std::filesystem::create_directories(folder);
        const auto& c = best.candidate;
        std::string toml = text_of(project_.path);
        const auto set = [&](const char* section, const char* key, const std::string& value) {
            toml = with_setting(toml, section, key, value);
        };
        if (project_.features.bands > 0) set("features", "bands", fmt::format("{}", c.bands));
        set("features", "frames", fmt::format("{}", c.frames));
        set("features", "stride", fmt::format("{}", c.stride));
        set("network", "channels", fmt::format("[{}]", fmt::join(c.channels, ", ")));
        set("model", "file", "\"model.tflite\"");
        set("decision", "average", fmt::format("{}", best.average));
        if (!is_labelled(project_)) set("decision", "threshold", fmt::format("{}", best.threshold));
        write_file(folder / "ganglion.toml", toml);
        std::filesystem::copy_file(model_of(fmt::format("{}-{}e", c.name(), best.tried.epochs)),
                                   folder / "model.tflite",
                                   std::filesystem::copy_options::overwrite_existing);
        return folder;
    }

    void write_results(SearchResult& result) const {
        nlohmann::json table = nlohmann::json::array();
        for (const Tried& t : result.tried) {
            table.push_back({{"name", t.name},
                             {"epochs", t.epochs},
                             {"loss", t.loss},
                             {"ram_bytes", t.cost.ram_bytes},
                             {"flash_bytes", t.cost.flash_bytes},
                             {"macs", t.cost.macs},
                             {"instructions_per_second", t.cost.instructions_per_second()},
                             {"why_not", t.why_not},
                             {"on_front", t.on_front},
                             {"picked", t.picked}});
        }
        result.table = options_.work_dir / "search.json";
        result.page = options_.work_dir / "search.html";
        write_file(result.table, table.dump(1) + "\n");
        write_file(result.page,
                   search_page(project_.application.name,
                               is_labelled(project_) ? "validation error" : "validation missed",
                               options_.budget.empty() ? "none" : options_.budget, result.tried));
    }

    std::map<std::string, nlohmann::json> run(const std::vector<Job>& jobs,
                                              const std::string& phase, size_t parallel) const {
        return run_jobs(
            jobs, options_.work_dir / "results", parallel,
            [&](size_t done, size_t all) { tell(phase, done, all); }, stop_);
    }

    void tell(const std::string& phase, size_t done, size_t all) const {
        progress_({phase, static_cast<double>(done) / static_cast<double>(std::max<size_t>(1, all)),
                   0, fmt::format("{} of {}", done, all)});
    }

    std::filesystem::path model_of(const std::string& name) const {
        return options_.work_dir / "results" / (name + ".tflite");
    }

    static Tradeoff tradeoff(const Entry& entry) {
        return {entry.tried.loss, entry.tried.cost.instructions_per_second()};
    }

    const project::Project& project_;
    const SearchOptions& options_;
    SearchBudget budget_;
    const ProgressCallback& progress_;
    const StopFlag& stop_;
    std::vector<Entry> entries_;
};

}  // namespace

SearchResult search(const project::Project& project, const SearchOptions& options,
                    const ProgressCallback& progress, const StopFlag& stop) {
    return Search(project, options, progress, stop).run();
}

}  // namespace ganglion::train
