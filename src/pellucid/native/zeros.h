// Columns of nothing but zeros: the margins of images, the words that none of these texts has. Products leave them out.
#pragma once

#include <vector>

#include "threads.h"

namespace pellucid::PELLUCID_ISA {

// Which of these columns are not 0 in all of these rows, as ranges in order. A few zeros may be among them; all, where too
// few can be left out to be worth it. What is no number counts as used.
void used_columns(const float* const* matrix, Range rows, Range columns, std::vector<Range>& found);

}  // namespace pellucid::PELLUCID_ISA
