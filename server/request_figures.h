// server/request_figures.h: how many requests of which method were answered how, and how fast.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (/metrics)
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/stopwatch.h"
#include "server/http_desk.h"

namespace server {

/// Counts. A method that is none of ours is counted as `other`, so that nobody can fill memory with names.
/// Thread: loop.
class RequestFigures final : public HttpWatch {
public:
    static constexpr std::array<std::string_view, 13> kMethods = {
        "PROPPATCH", "SUBSCRIBE", "NOTIFY", "PROPFIND", "UNSUBSCRIBE", "SUBSCRIPTIONS", "ACL",
        "GET",       "POST",      "HEAD",   "OPTIONS",  "PUT",         "other"};

    RequestFigures() : counts_(kMethods.size() * kStatuses) {}

    void answered(const base::Request& request, const base::Response& response,
                  std::chrono::nanoseconds took) noexcept override;

    /// Each method and status that occurred.
    void for_each(const std::function<void(std::string_view method, int status, std::uint64_t count)>& visit) const;
    /// By method, as in kMethods.
    [[nodiscard]] const std::array<base::Histogram, kMethods.size()>& took() const { return took_; }
    [[nodiscard]] std::uint64_t total() const { return total_; }

private:
    static constexpr std::size_t kStatuses = 600;

    std::vector<std::uint64_t> counts_;  // by method, then by status
    std::array<base::Histogram, kMethods.size()> took_{};
    std::uint64_t total_ = 0;
};

}  // namespace server
