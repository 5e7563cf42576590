#include "fleet/store/postgres_store.hpp"
#include "fleet/testing/postgres_cluster.hpp"
#include "fleet/testing/store_under_test.hpp"

namespace ganglion::fleet::testing {
namespace {

class PostgresUnderTest final : public StoreUnderTest {
  public:
    std::unique_ptr<Store> open() override { return std::make_unique<PgStore>(uri_, "server"); }

  private:
    const std::string uri_ = PostgresCluster::shared().new_database();
};

}  // namespace

std::unique_ptr<StoreUnderTest> StoreUnderTest::make() {
    if (!PostgresCluster::is_installed()) return nullptr;
    return std::make_unique<PostgresUnderTest>();
}

}  // namespace ganglion::fleet::testing
