// The patches that a window sees of images, read where they lie: never copied together. A patch lies in as many pieces as
// the window has rows (or numbers, where it is dilated along a row).
#pragma once

#include "window.h"

namespace pellucid::PELLUCID_ISA {

class Patches {
  public:
    // over_end   whether whole vectors are going to be read from where a piece ends in the middle of one
    Patches(const Value& x, Window window, bool over_end);

    Index piece() const { return piece_; }                                          // numbers that lie side by side
    const std::vector<Index>& offsets() const { return offsets_; }                  // of each piece, from a patch's first
    Index depth() const { return piece_ * static_cast<Index>(offsets_.size()); }    // numbers of a patch
    bool even() const { return window_.columns.dilation == 1; }  // pieces follow each other at even distances
    Index image_size() const { return window_.rows.padded() * window_.columns.padded() * x_.width; }

    // Where the patch of an output place begins in its image.
    Index place(Index number) const;

    void make_room(Index samples);

    // Copies the images of these samples that cannot be read where they are.
    void enter(Range samples);

    const float* image(Index sample) const {
        return copies_ ? images_.data() + sample * room_of_image() : x_.rows[sample * x_.places];
    }

    // A slope summed over patches, without what lies around the image.
    void copy_out(const float* image, float* slope) const;

    // Whether sums over patches must be made beside the slope that they are for.
    bool pads() const { return window_.pads(); }

  private:
    Index room_of_image() const { return image_size() + LANES; }

    const Value& x_;
    Window window_;
    bool copies_;
    Index piece_;
    std::vector<Index> offsets_;
    Buffer<float> images_;
};

}  // namespace pellucid::PELLUCID_ISA
