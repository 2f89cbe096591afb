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

}  // namespace pellucid::PELLUCID_ISA
