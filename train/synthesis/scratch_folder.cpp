#include "train/synthesis/scratch_folder.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <stdexcept>
#include <string>

namespace ganglion::train {

ScratchFolder::ScratchFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "ganglion-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error(fmt::format("cannot create a folder in {}",
                                             std::filesystem::temp_directory_path().string()));
    }
    path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace ganglion::train
