#include "update/testing/power_cuts.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

namespace ganglion::update::testing {
namespace {

Bytes random_bytes(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    Bytes bytes(count);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    return bytes;
}

constexpr size_t kBundleBytes = 9001;
constexpr size_t kFirmwareBytes = 13337;

// As after fine-tuning: most as it was, a part new.
Bytes changed(Bytes image, uint32_t seed) {
    const Bytes part = random_bytes(700, seed);
    std::copy(part.begin(), part.end(), image.begin() + 3000);
    image.push_back(static_cast<uint8_t>(seed));
    return image;
}

struct Maker {
    const Lab& lab;
    Bytes bundle = random_bytes(kBundleBytes, 1);
    Bytes firmware = random_bytes(kFirmwareBytes, 2);

    Scenario scenario(std::string name) const {
        return {.name = std::move(name),
                .bundle = bundle,
                .firmware = firmware,
                .releases = {},
                .key_list = {},
                .final_bundle = bundle,
                .final_firmware = firmware};
    }

    Release release(Component component, uint32_t sequence, const Bytes& image,
                    std::optional<Bytes> base = {}, Conduct conduct = Conduct::good,
                    bool next_key = false) const {
        const Manifest description = lab.describe(component, sequence, {1, sequence, 0});
        std::optional<std::span<const uint8_t>> from;
        if (base) from = *base;
        return {make_package(description, image, next_key ? lab.next_signer() : lab.signer(), from),
                image, conduct};
    }

    Scenario bundle_update(std::string name, bool delta, Conduct conduct, Ended ended) const {
        Scenario made = scenario(std::move(name));
        const Bytes image = changed(bundle, 3);
        made.releases = {release(Component::bundle, 5, image,
                                 delta ? std::optional(bundle) : std::nullopt, conduct)};
        if (conduct == Conduct::good) made.final_bundle = image;
        made.final_bundle_ended = ended;
        return made;
    }

    Scenario firmware_update(std::string name, bool delta, Conduct conduct, Ended ended) const {
        Scenario made = scenario(std::move(name));
        const Bytes image = changed(firmware, 4);
        made.releases = {release(Component::firmware, 5, image,
                                 delta ? std::optional(firmware) : std::nullopt, conduct)};
        if (conduct == Conduct::good) made.final_firmware = image;
        made.final_firmware_ended = ended;
        return made;
    }

    Scenario key_rotation() const {
        Scenario made = scenario("key rotation, then a bundle of the next key");
        made.final_bundle = changed(bundle, 5);
        made.key_list = lab.key_list(2, true);
        made.releases = {
            release(Component::bundle, 9, made.final_bundle, bundle, Conduct::good, true)};
        return made;
    }

    Scenario one_after_the_other() const {
        Scenario made = scenario("firmware, a bundle, firmware that fails, a bundle by delta");
        const Bytes first = changed(firmware, 6);
        const Bytes model = changed(bundle, 7);
        made.final_bundle = changed(model, 8);
        made.final_firmware = first;
        made.final_firmware_ended = Ended::not_confirmed;
        made.releases = {
            release(Component::firmware, 2, first, firmware),
            release(Component::bundle, 2, model),
            release(Component::firmware, 3, changed(first, 9), first, Conduct::silent),
            release(Component::bundle, 3, made.final_bundle, model),
        };
        return made;
    }
};

}  // namespace

SimulatedFlash new_device(const Lab& lab, const Scenario& scenario) {
    SimulatedFlash flash(kSmallBlocks);
    provision_keys(flash, kSmallLayout, lab.key_list(1));
    const auto install = [&](Component component, const Slot& slot, const Bytes& image) {
        provision(flash, slot,
                  make_package(lab.describe(component, 1, {1, 0, 0}), image, lab.signer()), image);
    };
    install(Component::bundle, kSmallLayout.bundle[0], scenario.bundle);
    install(Component::firmware, kSmallLayout.firmware_slot(), scenario.firmware);
    // The log of states is nearly full: it changes its blocks within the scenario.
    State state;
    for (ComponentState& component : state.component) component.floor = component.confirmed = 1;
    state.key_list = 1;
    StateStore store(flash, kSmallLayout);
    State ignored;
    store.mount(ignored);
    for (int i = 0; i < 91; ++i)
        if (store.commit(state) != Status::ok) throw std::runtime_error("provisioning failed");
    return flash;
}

std::vector<Scenario> all_scenarios(const Lab& lab) {
    const Maker make{lab};
    using enum Conduct;
    return {
        make.bundle_update("bundle", false, good, Ended::none),
        make.bundle_update("bundle by delta", true, good, Ended::none),
        make.bundle_update("bundle without proof", false, unprovable, Ended::proof_failed),
        make.bundle_update("bundle that is never confirmed", true, silent, Ended::not_confirmed),
        make.bundle_update("bundle that is unhealthy", true, unhealthy, Ended::unhealthy),
        make.firmware_update("firmware", false, good, Ended::none),
        make.firmware_update("firmware by delta", true, good, Ended::none),
        make.firmware_update("firmware that is never confirmed", true, silent,
                             Ended::not_confirmed),
        make.firmware_update("firmware that is unhealthy", true, unhealthy, Ended::unhealthy),
        make.key_rotation(),
        make.one_after_the_other(),
    };
}

CutResult cut_everywhere(const Lab& lab, const Scenario& scenario, const CutPlan& plan) {
    CutResult result;
    const SimulatedFlash factory = new_device(lab, scenario);
    SimulatedFlash uncut(factory);
    const uint64_t from = uncut.operations();
    const auto erased = uncut.erases();
    Player(lab, scenario, uncut).play();
    result.operations = uncut.operations() - from;
    for (size_t i = 0; i < erased.size(); ++i)
        result.most_erases = std::max(result.most_erases, uncut.erases()[i] - erased[i]);

    const auto play_on = [&](SimulatedFlash& flash, const std::string& where) {
        try {
            ++result.lives;
            return Player(lab, scenario, flash).play();
        } catch (const std::exception& error) {
            throw std::runtime_error("scenario '" + scenario.name + "', power cut " + where + ": " +
                                     error.what());
        }
    };
    for (uint64_t cut = plan.first; cut < result.operations; cut += plan.every) {
        for (size_t way = 0; way < plan.seeds.size(); ++way) {
            if (plan.by_turns && way != cut % plan.seeds.size()) continue;
            const uint32_t seed = plan.seeds[way];
            SimulatedFlash first(factory);
            const uint32_t shape = seed < 2 ? seed : seed + static_cast<uint32_t>(cut) * 63;
            first.cut_after(cut, shape);
            const std::string where =
                "in operation " + std::to_string(cut) + ", seed " + std::to_string(shape);
            if (play_on(first, where)) throw std::runtime_error("the power was not cut " + where);
            first.restore_power();
            if (plan.second_every == 0) {
                play_on(first, where);
                continue;
            }
            // Which operations are cut a second time moves with the first cut.
            for (uint64_t again = cut % plan.second_every;; again += plan.second_every) {
                SimulatedFlash second(first);
                second.cut_after(again, shape + static_cast<uint32_t>(again));
                const std::string both = where + ", then in operation " + std::to_string(again);
                if (play_on(second, both)) break;
                second.restore_power();
                play_on(second, both);
            }
        }
    }
    return result;
}

}  // namespace ganglion::update::testing
