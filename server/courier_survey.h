// server/courier_survey.h: how the way out fares, as figures.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 9 (metrics, status page)
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/stopwatch.h"
#include "presence/ports.h"
#include "server/http_client.h"

namespace server {

/// What a courier thread counts, since it began. Thread: its own.
struct CourierFigures {
    std::array<std::uint64_t, 6> answers{};  ///< to NOTIFYs, by the first digit of their status
    std::array<std::uint64_t, HttpClient::kFailures> failures{};  ///< attempts that were not answered
    std::uint64_t dropped = 0;                                    ///< deliveries that a full queue did not keep
    base::Histogram told;  ///< from a change until a receiver has taken it, resolution 1 ms

    void answered(int status) { ++answers[status >= 100 && status < 600 ? static_cast<std::size_t>(status / 100) : 0]; }
    void failed(HttpClient::Failure why) { ++failures[static_cast<std::size_t>(why)]; }
    CourierFigures& operator+=(const CourierFigures& other);
};

/// One endpoint that is not as it should be.
struct EndpointLine {
    std::string name;  ///< "host:port"
    presence::EndpointReport::State state{};
    std::string reason;
    std::size_t queued = 0;
    std::size_t targets = 0;  ///< call-backs that lead there
};

/// All endpoints at one moment, and what was counted up to then.
struct CourierSurvey {
    static constexpr std::size_t kStates = 5;      ///< of EndpointReport::State
    static constexpr std::array<const char*, kStates> kStateNames = {"unknown", "healthy", "slow", "suspended", "gone"};
    static constexpr std::size_t kMostLines = 50;  ///< of endpoints; those with the longest queues

    std::array<std::size_t, kStates> endpoints{};  ///< how many, by state
    std::size_t queued = 0;                        ///< deliveries that wait
    std::chrono::milliseconds age{};               ///< Courier::age
    std::vector<EndpointLine> ailing;              ///< slow, suspended or gone; the longest queue first
    CourierFigures figures;

    void add(CourierSurvey&& other);
};

}  // namespace server
