#pragma once

#include <optional>

#include "compile/draft.hpp"

namespace ganglion::compile {

/// Steps `first` to `last`, computed together, so many rows of the last one's result at a time.
struct RowGroup {
    size_t first, last;
    int32_t rows;
};

/// The draft with these steps by rows: every result but the last one exists only as the rows that
/// are still needed, in a buffer whose rows move up when new ones come. The borders of the image
/// are written out, what repeats between them is a loop. Equal results. Empty where the steps
/// cannot be computed so: an operation that does not go by rows, a result that others need as well,
/// an image too small for a loop.
std::optional<Draft> by_rows(const Draft& draft, const RowGroup& group);

}  // namespace ganglion::compile
