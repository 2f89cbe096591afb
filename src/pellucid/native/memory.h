// Memory that starts on a cache line.
#pragma once

#include <memory>
#include <new>

#include "vec.h"

namespace pellucid::PELLUCID_ISA {

inline constexpr Index CACHE_LINE = 64;  // bytes

template <class T>
class Buffer {
  public:
    T* data() const { return data_.get(); }

    // At least this many; what was there before is lost when it grows. New memory is zeroed.
    T* resize(Index count) {
        if (count > count_) {
            data_.reset(static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{static_cast<std::size_t>(CACHE_LINE)})));
            std::memset(static_cast<void*>(data_.get()), 0, count * sizeof(T));
            count_ = count;
        }
        return data();
    }

  private:
    struct Free {
        void operator()(T* p) const { ::operator delete(p, std::align_val_t{static_cast<std::size_t>(CACHE_LINE)}); }
    };
    std::unique_ptr<T, Free> data_;
    Index count_ = 0;
};

}  // namespace pellucid::PELLUCID_ISA
