// doors/together.h: several acts that are answered as one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"

namespace doors {

/// Answers once all acts are through, with the first error among them. Thread: loop.
class Together {
public:
    using Done = std::move_only_function<void(base::Result<void>)>;

    explicit Together(Done done) : rest_(std::make_shared<Rest>(std::move(done))) {}
    /// What one act more is answered with; it may outlive this.
    [[nodiscard]] Done one() {
        ++rest_->left;
        return [rest = rest_](base::Result<void> how) { rest->settle(std::move(how)); };
    }
    /// There is no further one. Without any, the answer comes now.
    void all_begun() { rest_->settle({}); }

private:
    struct Rest {
        explicit Rest(Done d) : done(std::move(d)) {}
        void settle(base::Result<void> one) {
            if (how) how = std::move(one);
            if (--left == 0) done(std::move(how));
        }
        Done done;
        base::Result<void> how;
        std::size_t left = 1;  // until all are begun
    };
    std::shared_ptr<Rest> rest_;
};

}  // namespace doors
