#include "train/corpus/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace ganglion::train {

void in_parallel(size_t count, const std::function<void(size_t)>& work,
                 const std::function<void()>& tick) {
    std::atomic<size_t> next = 0;
    std::atomic<size_t> running = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto loop = [&] {
        for (size_t i = next++; i < count; i = next++) {
            try {
                work(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure) failure = std::current_exception();
                next = count;
            }
        }
        --running;
    };
    std::vector<std::jthread> threads;
    const size_t cores = std::max(1U, std::thread::hardware_concurrency());
    running = cores;
    for (size_t i = 0; i < cores; ++i) threads.emplace_back(loop);
    try {
        while (running > 0) {
            tick();
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    } catch (...) {
        next = count;
        threads.clear();
        throw;
    }
    threads.clear();
    if (failure) std::rethrow_exception(failure);
    tick();
}

}  // namespace ganglion::train
