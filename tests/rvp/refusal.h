// tests/rvp/refusal.h: what a method says when it refuses.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/http.h"

namespace tests {

/// The body of an answer that has this status.
inline std::string error(const base::Response& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    return response.body;
}

}  // namespace tests
