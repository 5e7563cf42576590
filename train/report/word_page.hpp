#pragma once

#include <nlohmann/json_fwd.hpp>

#include "train/evaluate/device_run.hpp"
#include "train/evaluate/word_judgement.hpp"
#include "train/report/page.hpp"

namespace ganglion::train {

/// Fills the page of a wake word from the streams that were judged: trade-off on `validation`, and
/// scores, results by label and by speaker, and the worst mistakes on `test`.
void add_word_results(TrainingPage& page, const DeviceRun& device, const RunStreams& validation,
                      const RunStreams& test, uint32_t threshold, uint32_t rate_hz);

/// Rows for what two reports (word_report) both hold; none where `before` is not one.
std::vector<Compared> compare_reports(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace ganglion::train
