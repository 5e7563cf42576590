#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "compile/bundle_signature.hpp"
#include "update/testing/device.hpp"

namespace ganglion::update::testing {

struct Lab::Cached {
    Crypto real;
    using Question = std::array<uint8_t, sizeof(PublicKey) + sizeof(Digest) + 64>;
    std::map<Question, bool> verified;
};

Lab::Lab()
    : cached_(std::make_shared<Cached>()),
      root_(compile::generate_signing_key()),
      signer_(compile::generate_signing_key()),
      next_signer_(compile::generate_signing_key()) {
    cached_->real = host_.callbacks();
    crypto_ = {
        .context = cached_.get(),
        .hash_start =
            [](void* context) {
                const Crypto& real = static_cast<Cached*>(context)->real;
                real.hash_start(real.context);
            },
        .hash_add =
            [](void* context, std::span<const uint8_t> bytes) {
                const Crypto& real = static_cast<Cached*>(context)->real;
                real.hash_add(real.context, bytes);
            },
        .hash_finish =
            [](void* context, Digest& digest) {
                const Crypto& real = static_cast<Cached*>(context)->real;
                real.hash_finish(real.context, digest);
            },
        .verify =
            [](void* context, const PublicKey& key, const Digest& digest,
               std::span<const uint8_t, 64> signature) {
                auto& cached = *static_cast<Cached*>(context);
                Cached::Question name;
                auto at = std::copy(key.begin(), key.end(), name.begin());
                at = std::copy(digest.begin(), digest.end(), at);
                std::copy(signature.begin(), signature.end(), at);
                const auto found = cached.verified.find(name);
                if (found != cached.verified.end()) return found->second;
                return cached.verified[name] =
                           cached.real.verify(cached.real.context, key, digest, signature);
            },
    };
    identity_ = {.vendor = {1, 2, 3},
                 .hardware_class = {4, 5, 6},
                 .device = "device-7",
                 .root = public_point_of(root_)};
}

Bytes Lab::key_list(uint32_t version, bool first_revoked) const {
    std::vector<ListedKey> keys{{public_point_of(signer_), first_revoked}};
    if (version > 1) keys.push_back({public_point_of(next_signer_)});
    return make_key_list(version, keys, root_);
}

Manifest Lab::describe(Component component, uint32_t sequence, Version version) const {
    Manifest manifest;
    manifest.vendor = identity_.vendor;
    manifest.hardware_class = identity_.hardware_class;
    manifest.component = component;
    manifest.sequence = sequence;
    manifest.version = version;
    return manifest;
}

void provision(SimulatedFlash& flash, const Slot& slot, const Package& package,
               std::span<const uint8_t> image) {
    if (image.size() > slot.room() ||
        write_blob(flash, slot.offset, package.manifest) != Status::ok ||
        write_area(flash, slot.image(), image) != Status::ok)
        throw std::runtime_error("provisioning failed");
}

void provision_keys(SimulatedFlash& flash, const Layout& layout, std::span<const uint8_t> list) {
    for (uint32_t copy = 0; copy < Layout::kKeyBlocks; ++copy)
        if (write_blob(flash, layout.keys + copy * Flash::kBlockBytes, list) != Status::ok)
            throw std::runtime_error("provisioning the key list failed");
}

}  // namespace ganglion::update::testing
