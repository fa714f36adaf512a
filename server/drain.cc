// server/drain.cc: the end of the daemon: what is owed is paid first, within a deadline.
// SPDX-License-Identifier: Apache-2.0
#include "server/drain.h"

#include <string>

namespace server {

namespace {
constexpr std::chrono::milliseconds kAgain{50};
}

void Drain::begin(std::chrono::seconds time) {
    if (begun()) return;
    deadline_ = loop_.clock().now() + time;
    log_.info("draining", {{"at_most_s", std::to_string(time.count())}});
    look();
}

void Drain::look() {
    courier_.settle([weak = std::weak_ptr(self_)](bool busy) {
        if (const auto self = weak.lock()) (*self)->judge(busy);
    });
}

void Drain::judge(bool couriers_busy) {
    const bool owed = owes_();
    if (!couriers_busy && !owed) {
        log_.info("drained");
        return loop_.stop();
    }
    if (loop_.clock().now() >= deadline_) {
        log_.warning("drain-deadline", {{"notifications", couriers_busy ? "some were not sent" : "all were sent"},
                                        {"answers", owed ? "some were not given" : "all were given"}});
        return loop_.stop();
    }
    loop_.wheel().arm(*this, loop_.clock().now() + kAgain);
}

}  // namespace server
