#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "device/flash/simulated_flash.hpp"
#include "device/update/boot_loader.hpp"
#include "device/update/updater.hpp"
#include "update/host_crypto.hpp"
#include "update/package.hpp"

namespace ganglion::update::testing {

using Bytes = std::vector<uint8_t>;

/// Small slots, so that every flash operation can be cut: 12 KB of bundle, 16 KB of firmware.
inline constexpr Layout kSmallLayout = [] {
    constexpr uint32_t block = Flash::kBlockBytes;
    return Layout{.state = 0,
                  .keys = 4 * block,
                  .journal = 6 * block,
                  .index = 7 * block,
                  .index_bytes = block,
                  .delta = 8 * block,
                  .delta_bytes = 4 * block,
                  .bundle = {Slot{12 * block, 4 * block}, Slot{16 * block, 4 * block}},
                  .firmware = 20 * block,
                  .firmware_bytes = 5 * block,
                  .staging = 25 * block};
}();
inline constexpr uint32_t kSmallBlocks = 31;

/// Keys, identity, and signatures that are checked once: the same few come again and again.
class Lab {
  public:
    Lab();

    const Crypto& crypto() const { return crypto_; }
    const Identity& identity() const { return identity_; }
    const std::string& root() const { return root_; }
    const std::string& signer() const { return signer_; }            ///< in the factory's key list
    const std::string& next_signer() const { return next_signer_; }  ///< in version 2 of it
    Bytes key_list(uint32_t version, bool first_revoked = false) const;

    /// A description for this lab's devices.
    Manifest describe(Component component, uint32_t sequence, Version version) const;

  private:
    struct Cached;
    HostCrypto host_;
    std::shared_ptr<Cached> cached_;
    Crypto crypto_;
    std::string root_, signer_, next_signer_;
    Identity identity_;
};

/// Writes a whole package into a slot, as the factory does.
void provision(SimulatedFlash& flash, const Slot& slot, const Package& package,
               std::span<const uint8_t> image);
void provision_keys(SimulatedFlash& flash, const Layout& layout, std::span<const uint8_t> list);

/// How an image behaves when it runs.
enum class Conduct {
    good,        ///< confirms itself
    unprovable,  ///< bundle: does not reproduce its proof
    silent,      ///< never confirms, starts again and again
    unhealthy,   ///< is found unhealthy, and reverted
};

struct Release {
    Package package;
    Bytes image;
    Conduct conduct = Conduct::good;
};

/// A device from the factory and what is asked of it.
struct Scenario {
    std::string name;
    Bytes bundle, firmware;  ///< images from the factory
    std::vector<Release> releases;
    std::optional<Bytes> key_list;  ///< offered before the releases
    Bytes final_bundle, final_firmware;
    Ended final_bundle_ended = Ended::none, final_firmware_ended = Ended::none;
};

/// Plays the life of a device until nothing is left to do.
class Player {
  public:
    Player(const Lab& lab, const Scenario& scenario, SimulatedFlash& flash)
        : lab_(lab), scenario_(scenario), flash_(flash) {}

    /// From start to start. True once everything asked for is done and as it should be; false where
    /// the power failed. Throws std::runtime_error with what went wrong: a start that failed, an
    /// image that nobody made, a promise not kept.
    bool play();

    /// One start, nothing asked: false, or a throw as in play(), where it does not boot or has no
    /// bundle.
    bool starts_and_decides();

  private:
    bool start();
    bool boot();
    bool take_bundle(Updater& updater);
    bool serve(Updater& updater);
    bool transfer(Updater& updater, const Release& release);
    bool try_firmware(Updater& updater);
    void check_end(Updater& updater);
    bool dead() const { return flash_.dead(); }
    const Release* release_of(Component component, std::span<const uint8_t> image) const;

    const Lab& lab_;
    const Scenario& scenario_;
    SimulatedFlash& flash_;
    bool done_ = false;
};

}  // namespace ganglion::update::testing
