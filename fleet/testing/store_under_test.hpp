#pragma once

#include <memory>

#include "fleet/store/store.hpp"

namespace ganglion::fleet::testing {

/// A place for the store that the program's tests are about: each program that has them says which.
class StoreUnderTest {
  public:
    StoreUnderTest() = default;
    StoreUnderTest(const StoreUnderTest&) = delete;
    StoreUnderTest& operator=(const StoreUnderTest&) = delete;
    virtual ~StoreUnderTest() = default;

    /// An empty one; nothing where this machine lacks what it needs.
    static std::unique_ptr<StoreUnderTest> make();

    /// Again: what was stored is there.
    virtual std::unique_ptr<Store> open() = 0;
};

}  // namespace ganglion::fleet::testing
