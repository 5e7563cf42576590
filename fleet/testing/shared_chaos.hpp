#pragma once

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fleet/testing/chaos.hpp"
#include "fleet/testing/chaos_gateway.hpp"
#include "fleet/testing/chaos_parts.hpp"

namespace ganglion::fleet::testing {

/// Chaos with two servers on one PostgreSQL, by what is between them and the devices.
class SharedChaos {
  public:
    explicit SharedChaos(const ChaosConfig& config);
    virtual ~SharedChaos() = default;
    SharedChaos(const SharedChaos&) = delete;
    SharedChaos& operator=(const SharedChaos&) = delete;

    ChaosResult run();

  protected:
    /// The servers, devices and the gateway; when what is between them is there.
    void start_all();
    void start_server(size_t server);
    std::mt19937_64& random() { return random_; }
    ChaosResult& result() { return result_; }
    Pki& pki() { return pki_; }
    const ChaosConfig& config() const { return config_; }

    virtual std::string url() const = 0;
    /// The folder with the second server's certificate.
    virtual std::filesystem::path identity() const = 0;
    /// Where this device connects; the gateway is behind the last one.
    virtual uint16_t port_of(uint32_t device) const = 0;
    /// Something between devices and servers fails; what it was.
    virtual std::string fail_between() = 0;

  private:
    void start_device(uint32_t device, bool damage);
    std::string fail_somewhere();

    ChaosConfig config_;
    std::mt19937_64 random_;
    ChaosResult result_;
    std::string database_;
    Pki pki_;
    std::array<std::unique_ptr<Part>, 2> servers_;
    std::vector<std::unique_ptr<Part>> devices_;
    std::unique_ptr<ChaosGateway> gateway_;
};

}  // namespace ganglion::fleet::testing
