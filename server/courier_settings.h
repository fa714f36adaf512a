// server/courier_settings.h: the bounds of the push engine.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

namespace server {

class TlsTrust;

struct CourierSettings {
    int threads = 1;  ///< >= 1
    std::chrono::milliseconds connect_time{3000};
    std::chrono::milliseconds answer_time{10000};
    std::size_t answer_bytes = 64 * 1024;
    bool whole_answers = false;  ///< headers and bodies of answers are kept
    std::size_t queue_per_endpoint = 1000;  ///< deliveries; over it, Fate::dropped
    std::size_t connections_per_endpoint = 4;  ///< >= 1; more than one only where many watchers are served
    std::chrono::milliseconds slow{2000};      ///< answers that take longer make an endpoint slow
    int suspend_after = 3;                     ///< failures in a row
    bool log_attempts = false;                 ///< at info; otherwise at debug
    std::shared_ptr<const TlsTrust> trust{};   ///< for https; null: nobody is believed
};

}  // namespace server
