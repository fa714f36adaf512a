// server/log_options.h: what [log] says, in the words of base/log.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"
#include "server/config.h"

namespace server {

[[nodiscard]] inline base::LogLevel log_level(const Config& config) {
    if (config.log_level == "debug") return base::LogLevel::debug;
    if (config.log_level == "warning") return base::LogLevel::warning;
    if (config.log_level == "error") return base::LogLevel::error;
    return base::LogLevel::info;
}

/// Of lines that tell of a single request or delivery, for there are many.
[[nodiscard]] inline base::LogLevel access_level(const Config& config) {
    return config.log_access ? base::LogLevel::info : base::LogLevel::debug;
}

[[nodiscard]] inline base::LogFormat log_format(const Config& config) {
    return config.log_format == "json" ? base::LogFormat::json : base::LogFormat::text;
}

}  // namespace server
