// tests/server/config_of.h: the settings that a text of rvpd.conf makes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "server/config.h"

namespace tests {

/// What came of a text that must pass.
inline server::Config config_of(std::string_view toml) {
    auto config = server::parse_config(toml, "rvpd.conf");
    EXPECT_TRUE(config.has_value()) << config.error().text;
    return config ? std::move(*config) : server::Config();
}

}  // namespace tests
