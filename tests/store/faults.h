// tests/store/faults.h: a disk that is full, or does not make safe what it was given, when told.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace tests {

/// The test program has pwrite and fdatasync of its own (faults_test.cc), which the SQLite library finds first.
struct Faults {
    std::atomic<bool> disk_full{false};     ///< writing fails with ENOSPC
    std::atomic<bool> write_fails{false};   ///< writing fails with EIO
    std::atomic<bool> sync_fails{false};    ///< fsync and fdatasync fail with EIO; what was written stays readable
    std::atomic<int> syncs{0};              ///< how often the disk was asked to make something safe

    void mend() { disk_full = write_fails = sync_fails = false; }
};
Faults& faults();

/// Mended at the end of its scope, whatever happens.
struct MendAtEnd {
    ~MendAtEnd() { faults().mend(); }
};

}  // namespace tests
