#include "threads.h"

#include <thread>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace pellucid::PELLUCID_ISA {

namespace {

// How often to look again before giving the processor away: longer than the gap between two steps of a small network,
// shorter than anybody would notice on a laptop's battery.
constexpr int SPINS = 4000;

void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

template <class Condition>
void spin_until(Condition done) {
    for (int i = 0; !done(); i++) {
        if (i < SPINS) {
            relax();
        } else {
            std::this_thread::yield();  // more threads than processors: let the others come
        }
    }
}

Pool* the_pool = nullptr;  // never freed: its threads may still sleep in it when the process ends

void after_fork_in_child() {
    int wanted = the_pool->threads();
    the_pool = new Pool;
    the_pool->set_threads(wanted);
}

}  // namespace

void Team::meet() {
    if (size == 1) return;
    unsigned round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size - 1) {
        arrived_.store(0, std::memory_order_relaxed);
        round_.store(round + 1, std::memory_order_release);
    } else {
        spin_until([&] { return round_.load(std::memory_order_acquire) != round; });
    }
}

void Queue::lay_out(Index count, int threads, Index unit) {
    if (threads_ != threads) left_ = std::make_unique<Left[]>(threads);
    threads_ = threads, unit_ = unit;
    for (int i = 0; i < threads; i++) {
        const Range its = share(count, i, threads);
        left_[i].range.store(static_cast<std::uint64_t>(its.first) << 32 | its.last, std::memory_order_relaxed);
    }
}

Range Queue::take(int thread, Index most) {
    for (int i = 0; i < threads_; i++) {
        std::atomic<std::uint64_t>& range = left_[(thread + i) % threads_].range;
        std::uint64_t was = range.load(std::memory_order_relaxed);
        for (;;) {
            const Range there{static_cast<Index>(was >> 32), static_cast<Index>(was & 0xffffffff)};
            if (there.size() <= 0) break;
            // Of one's own, half of what is left: large pieces are quicker, small ones are shared better.
            const Index half = (there.size() / 2 + unit_ - 1) / unit_ * unit_;
            const Index count = std::min(there.size(), i == 0 ? std::min(std::max(half, unit_), most) : unit_);
            const Index middle = i == 0 ? there.first + count : there.last - count;
            const Range taken = i == 0 ? Range{there.first, middle} : Range{middle, there.last};
            const Range rest = i == 0 ? Range{middle, there.last} : Range{there.first, middle};
            const std::uint64_t now = static_cast<std::uint64_t>(rest.first) << 32 | rest.last;
            if (range.compare_exchange_weak(was, now, std::memory_order_relaxed)) return taken;
        }
    }
    return {0, 0};
}

Pool& Pool::shared() {
    static bool made = [] {
        the_pool = new Pool;
#ifndef _WIN32
        pthread_atfork(nullptr, nullptr, after_fork_in_child);
#endif
        return true;
    }();
    (void)made;
    return *the_pool;
}

void Pool::set_threads(int count) {
    std::lock_guard lock(busy_);
    wanted_ = std::max(1, count);
}

void Pool::run(bool together, Call call, void* what) {
    std::unique_lock lock(busy_, std::try_to_lock);
    if (!together || !lock.owns_lock() || wanted_ == 1) {
        Team alone(1);
        call(what, alone, 0);
        return;
    }
    if (running_ != wanted_) start();
    Team team(running_);
    call_ = call, what_ = what, team_ = &team;
    working_.store(running_ - 1, std::memory_order_relaxed);
    jobs_.fetch_add(1, std::memory_order_release);
    jobs_.notify_all();
    call(what, team, 0);
    spin_until([&] { return working_.load(std::memory_order_acquire) == 0; });
}

// As many threads as are wanted; those of an earlier number leave first.
void Pool::start() {
    if (running_ > 1) {
        over_ = true;
        working_.store(running_ - 1, std::memory_order_relaxed);
        jobs_.fetch_add(1, std::memory_order_release);
        jobs_.notify_all();
        spin_until([&] { return working_.load(std::memory_order_acquire) == 0; });
        over_ = false;
    }
    for (int number = 1; number < wanted_; number++) {
        std::thread(&Pool::live, this, number, jobs_.load()).detach();
    }
    running_ = wanted_;
}

// A thread's life: wait for a job, do it, wait again.
void Pool::live(int number, unsigned seen) {
    for (;; seen++) {
        for (int i = 0; jobs_.load(std::memory_order_acquire) == seen; i++) {
            if (i < SPINS) {
                relax();
            } else {
                jobs_.wait(seen);
            }
        }
        bool over = over_;
        if (!over) call_(what_, *team_, number);
        working_.fetch_sub(1, std::memory_order_release);
        if (over) return;
    }
}

}  // namespace pellucid::PELLUCID_ISA
