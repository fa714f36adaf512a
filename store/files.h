// store/files.h: what stands around the store's file: its folder, its lock, and the mark of what was promised.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace store {

/// Makes the folders above `path` that are not there, mode 0700, and makes their names safe on disk.
[[nodiscard]] base::Result<void> make_folders_for(const std::string& path);
/// fsync of a file, or of the folder that names it.
[[nodiscard]] base::Result<void> sync_file(const std::string& path);
[[nodiscard]] base::Result<void> sync_folder_of(const std::string& path);
/// An empty file of mode 0600 in place of whatever had this name.
[[nodiscard]] base::Result<void> make_empty(const std::string& path);
/// rename(2), safe on disk afterwards.
[[nodiscard]] base::Result<void> rename_file(const std::string& from, const std::string& to);
[[nodiscard]] bool exists(const std::string& path);
/// 0 when it is not there.
[[nodiscard]] std::uint64_t size_of(const std::string& path);
/// The files that SQLite keeps beside a database.
[[nodiscard]] std::string wal_of(const std::string& path);
[[nodiscard]] std::string shm_of(const std::string& path);
/// Every file that belongs to the store at `path`; the last is its lock.
[[nodiscard]] std::vector<std::string> files_of(const std::string& path);
/// What root makes in the folder of the daemon's user must be that user's. Others cannot give, and need not.
[[nodiscard]] base::Result<void> give_to_owner_of_folder(const std::string& path);

/// Holds `PATH.lock` (flock) for as long as it lives; the file says the process id and stays when the lock goes, for
/// removing it would let two in.
class FileLock {
public:
    /// Errc::busy names the process that holds it.
    [[nodiscard]] static base::Result<FileLock> take(const std::string& path);

private:
    explicit FileLock(base::Fd fd) : fd_(std::move(fd)) {}
    base::Fd fd_;
};

/// `PATH-mark`: up to which commit the store has promised safety. Written after each commit and before its promises
/// are told, never synced: it outlives the process, and after a power cut it may be old but never ahead. A store with
/// fewer commits than its mark has lost some, most likely because its write-ahead log was damaged or removed.
class Mark {
public:
    struct Value {
        std::string store;  ///< the store's id, in hex: 32 letters
        std::int64_t commits = 0;
    };

    [[nodiscard]] static base::Result<Mark> open(const std::string& path);
    /// nullopt when it was never written, or is damaged.
    [[nodiscard]] std::optional<Value> read() const;
    /// A failure makes the mark old, which is allowed.
    void write(const Value& value);

private:
    explicit Mark(base::Fd fd) : fd_(std::move(fd)) {}
    base::Fd fd_;
};

}  // namespace store
