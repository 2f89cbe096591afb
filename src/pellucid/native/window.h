// A window that slides over the rows and columns of an image: pellucid/windows.py in two axes. A sequence is an image of
// one row.
#pragma once

#include "node.h"

namespace pellucid::PELLUCID_ISA {

// How it slides along one axis.
struct Slide {
    Index length, window, stride, dilation, before, fits;

    Index span() const { return (window - 1) * dilation + 1; }
    // The axis with what windows see ahead of it and behind it.
    Index padded() const { return std::max(before + length, (fits - 1) * stride + span()); }
};

struct Window {
    Slide rows, columns;

    Index places() const { return rows.fits * columns.fits; }
    bool pads() const { return rows.padded() > rows.length || columns.padded() > columns.length; }
};

// The places of one window that are on the image, as rows of x: visit(place).
template <class Visit>
PELLUCID_INLINE void each_place(const Window& window, Index output, Visit visit) {
    const Slide &rows = window.rows, &columns = window.columns;
    const Index top = output / columns.fits * rows.stride - rows.before;
    const Index left = output % columns.fits * columns.stride - columns.before;
    for (Index row = std::max(top, Index{0}); row < std::min(top + rows.window, rows.length); row++) {
        for (Index column = std::max(left, Index{0}); column < std::min(left + columns.window, columns.length); column++) {
            visit(row * columns.length + column);
        }
    }
}

}  // namespace pellucid::PELLUCID_ISA
