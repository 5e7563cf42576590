#include "fleet/store/sqlite_store.hpp"
#include "fleet/testing/store_under_test.hpp"
#include "fleet/testing/temporary_directory.hpp"

namespace ganglion::fleet::testing {
namespace {

class SqliteUnderTest final : public StoreUnderTest {
  public:
    std::unique_ptr<Store> open() override {
        return std::make_unique<SqliteStore>(directory_.path() / "fleet.db");
    }

  private:
    TemporaryDirectory directory_;
};

}  // namespace

std::unique_ptr<StoreUnderTest> StoreUnderTest::make() {
    return std::make_unique<SqliteUnderTest>();
}

}  // namespace ganglion::fleet::testing
