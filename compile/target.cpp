#include "compile/target.hpp"

#include <stdexcept>

namespace ganglion::compile {

Target target_by_name(std::string_view name) {
    if (name == "portable") return {"portable", false};
    if (name == "cortex-m4") return {"cortex-m4", true};
    throw std::runtime_error("unknown target '" + std::string(name) +
                             "'; known targets: portable, cortex-m4");
}

}  // namespace ganglion::compile
