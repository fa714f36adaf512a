// store/merge.h: recent records among those that have their places.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "presence/ports.h"
#include "store/recent.h"

namespace store {

/// Records in their places, and among them the recent ones that have none yet, as if they had.
class Merge {
public:
    /// `recent`: in the order of RecentRecords; it must outlive this.
    Merge(const std::vector<presence::Record>& recent, presence::RecordSink sink) : recent_(recent), sink_(std::move(sink)) {}

    /// The first of three: then see() each record of that kind that has its place, in their order, and end().
    void begin(char kind) {
        const auto of_kind = std::ranges::equal_range(recent_, static_cast<unsigned char>(kind), {}, [](const presence::Record& r) {
            return static_cast<unsigned char>(r.kind);
        });
        next_ = of_kind.begin();
        end_ = of_kind.end();
    }
    void see(presence::Record& placed) {
        while (next_ != end_ && order_of(*next_) < order_of(placed)) give_next();
        if (next_ != end_ && order_of(*next_) == order_of(placed)) give_next();
        else sink_(placed);
    }
    void end() {
        while (next_ != end_) give_next();
    }

private:
    void give_next() {
        if (next_->act == presence::Record::Act::put) {
            presence::Record recent = *next_;
            sink_(recent);
        }
        ++next_;
    }

    const std::vector<presence::Record>& recent_;
    const presence::RecordSink sink_;
    std::vector<presence::Record>::const_iterator next_ = recent_.end(), end_ = recent_.end();
};

}  // namespace store
