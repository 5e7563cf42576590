#include "fleet/coordinate/coordinator_key.hpp"

#include "compile/bundle_signature.hpp"
#include "fleet/base/files.hpp"

namespace ganglion::fleet {

std::string coordinator_key(const std::filesystem::path& state_dir) {
    const auto file = state_dir / "set-points.pem";
    if (!std::filesystem::exists(file)) write_private_file(file, compile::generate_signing_key());
    return read_file(file);
}

}  // namespace ganglion::fleet
