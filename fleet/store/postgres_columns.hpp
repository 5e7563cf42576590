#pragma once

#include <array>

#include "fleet/store/postgres.hpp"

namespace ganglion::fleet {

/// Arrays of equal length, one a column.
template <size_t Count>
class Columns {
  public:
    PgArray& operator[](size_t column) { return columns_[column]; }
    bool empty() const { return columns_[0].empty(); }
    /// In their order, each value of a row in the next one.
    void add_row(const std::array<int64_t, Count>& values) {
        for (size_t i = 0; i < Count; ++i) columns_[i].add(values[i]);
    }
    PgValues values() const {
        PgValues values;
        for (const PgArray& column : columns_) values.add(column.text());
        return values;
    }

  private:
    std::array<PgArray, Count> columns_;
};

}  // namespace ganglion::fleet
