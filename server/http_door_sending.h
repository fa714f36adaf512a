// server/http_door_sending.h: when a door sends the answers that it has at once.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 8
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>

namespace server {

/// To wake a peer who sleeps costs as much as to serve him twice, on this machine and over a proxy alike; one that is
/// still busy with an answer finds the next without being woken. So where many ask, their answers are put off until
/// nobody else has asked meanwhile, or others have for long enough, and sent one after the other. Where few do, the
/// first is sent at once, and nobody waits. Thread: loop.
class Sending {
public:
    /// A run of libmicrohttpd begins. `more`: is asked whether it will find something new; only when it matters.
    template <class F>
    void begin_run(F more) {
        const bool some_asked = std::exchange(some_asked_, false);
        ++runs_;
        sends_ = held_ > 0 && (runs_ >= kMostRuns || put_off_ >= kMostPutOff || !some_asked || !more());
        if (sends_) together_ = put_off_;
        if (sends_ || held_ == 0) runs_ = put_off_ = 0;
        at_once_ = held_ == 0 && together_ <= 1;
    }
    /// Whether an answer that is there at once is put off; it is held from now on.
    [[nodiscard]] bool puts_off() {
        some_asked_ = true;
        if (std::exchange(at_once_, false)) return false;
        ++held_;
        ++put_off_;
        return true;
    }
    /// Whether this run sends those that are held.
    [[nodiscard]] bool sends() const { return sends_; }
    /// One that was held is being sent, or will not be.
    void let_go() {
        assert(held_ > 0);
        --held_;
    }

private:
    // An answer waits for so many runs at most, and for no more when so many others wait with it.
    static constexpr std::size_t kMostRuns = 4;
    static constexpr std::size_t kMostPutOff = 128;

    std::size_t held_ = 0;
    std::size_t put_off_ = 0;   // since they were sent last, those who have gone among them
    std::size_t runs_ = 0;      // since then
    std::size_t together_ = 0;  // sent at that time
    bool some_asked_ = false;   // in this run
    bool at_once_ = false;
    bool sends_ = false;
};

}  // namespace server
