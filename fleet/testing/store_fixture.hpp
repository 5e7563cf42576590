#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "fleet/testing/store_under_test.hpp"

namespace ganglion::fleet::testing {

/// A test of what every store does, on the program's own kind.
class StoreTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!under_test_) GTEST_SKIP() << "its database is not on this machine";
    }
    Store& store() { return *opened_; }
    Committed commit(std::vector<Message> messages) { return store().commit(messages); }

    std::unique_ptr<StoreUnderTest> under_test_ = StoreUnderTest::make();
    const std::unique_ptr<Store> opened_ = under_test_ ? under_test_->open() : nullptr;
};

}  // namespace ganglion::fleet::testing
