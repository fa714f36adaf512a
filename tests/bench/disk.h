// tests/bench/disk.h: how long the disk takes to make something safe, which bounds all that is durable.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/common.h"
#include "tests/bench/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

/// A line for the table: an append of 4 KiB and its fdatasync(), alone, many times over.
inline std::string describe_disk(const std::string& folder) {
    constexpr int kTimes = 200;
    const std::string path = folder + "/sync";
    const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file) stop_errno(path);
    static constexpr std::array<char, 4096> kPage{};
    std::vector<double> took;
    for (int i = 0; i < kTimes; ++i) {
        const std::int64_t start = now_ns();
        if (::write(file.get(), kPage.data(), kPage.size()) != static_cast<ssize_t>(kPage.size()) || ::fdatasync(file.get()) != 0) stop_errno(path);
        took.push_back(static_cast<double>(now_ns() - start) / 1e3);
    }
    ::unlink(path.c_str());
    const Spread us = spread(std::move(took));
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "Disk: 4 KiB written and made safe by fdatasync() in %.0f us (%.0f .. %.0f).", us.median, us.least, us.most);
    return line.data();
}

}  // namespace bench
