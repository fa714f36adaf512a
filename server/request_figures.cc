// server/request_figures.cc: how many requests of which method were answered how, and how fast.
// SPDX-License-Identifier: Apache-2.0
#include "server/request_figures.h"

#include <algorithm>

namespace server {

void RequestFigures::answered(const base::Request& request, const base::Response& response,
                              std::chrono::nanoseconds took) noexcept {
    const auto known = std::ranges::find(kMethods.begin(), kMethods.end() - 1, request.method);
    const auto method = static_cast<std::size_t>(known - kMethods.begin());
    const auto status = static_cast<std::size_t>(response.status);
    ++total_;
    ++counts_[method * kStatuses + (status < kStatuses ? status : 0)];
    took_[method].add(took);
}

void RequestFigures::for_each(
    const std::function<void(std::string_view, int, std::uint64_t)>& visit) const {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] != 0) visit(kMethods[i / kStatuses], static_cast<int>(i % kStatuses), counts_[i]);
    }
}

}  // namespace server
