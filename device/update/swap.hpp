#pragma once

#include "device/core/status.hpp"
#include "device/update/layout.hpp"

namespace ganglion::update {

/// Exchanges firmware in place with the image in staging, block by block, so that after a cut
/// anywhere run() goes on where it was. Before: the new image from staging's second block on.
/// After: the old image from staging's first block on. Each block of either slot is erased once.
class Swap {
  public:
    Swap(Flash& flash, const Layout& layout) : flash_(flash), layout_(layout) {}

    /// Forgets an earlier swap. To be called before the state says `swapping`.
    Status clear_journal();

    /// Over the first `blocks` blocks. io_error where a block does not take what is written, then
    /// moved() says how many blocks the old image has in staging.
    Status run(uint32_t blocks);
    uint32_t moved() const { return moved_; }

    /// Copies the first `blocks` blocks of the old image back, from staging. Needs no journal: the
    /// source stays as it is.
    Status restore(uint32_t blocks);

  private:
    uint32_t mark_offset(uint32_t mark) const {
        return layout_.journal + mark * Flash::kGranuleBytes;
    }
    bool is_marked(uint32_t mark) const;
    Status set_mark(uint32_t mark);
    Status copy_block(uint32_t from, uint32_t to);
    bool same_block(uint32_t a, uint32_t b) const;

    Flash& flash_;
    const Layout& layout_;
    uint32_t moved_ = 0;
};

}  // namespace ganglion::update
