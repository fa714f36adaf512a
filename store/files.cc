// store/files.cc: folders, lock and mark, with plain system calls.
// SPDX-License-Identifier: Apache-2.0
#include "store/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/text.h"
#include "store/sum.h"

namespace store {

using base::Errc;
using base::Result;

namespace {

/// `path: doing: what the system said`.
std::unexpected<base::Error> system_error(const std::string& path, std::string_view doing) {
    const int code = errno;
    const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    return base::fail(full ? Errc::no_space : Errc::internal,
                      path + ": " + std::string(doing) + ": " + std::strerror(code));
}

std::string folder_of(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return folder.empty() ? "." : folder;
}

Result<void> sync(const std::string& path, int flags) {
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
    if (!fd) return system_error(path, "cannot open");
    if (::fsync(fd.get()) != 0) return system_error(path, "cannot make safe");
    return {};
}

std::string mark_of(const std::string& path) { return path + "-mark"; }
std::string lock_of(const std::string& path) { return path + ".lock"; }

}  // namespace

Result<void> make_folders_for(const std::string& path) {
    const std::string folder = folder_of(path);
    if (exists(folder)) return {};
    if (auto above = make_folders_for(folder); !above) return above;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(folder, "cannot make the folder");
    return sync_folder_of(folder);
}

Result<void> sync_file(const std::string& path) { return sync(path, 0); }
Result<void> sync_folder_of(const std::string& path) { return sync(folder_of(path), O_DIRECTORY); }

Result<void> make_empty(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error(path, "cannot remove");
    const base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return system_error(path, "cannot make the file");
    return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(from, "cannot rename to " + to);
    return sync_folder_of(to);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::uint64_t size_of(const std::string& path) {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
}

std::string wal_of(const std::string& path) { return path + "-wal"; }
std::string shm_of(const std::string& path) { return path + "-shm"; }

std::vector<std::string> files_of(const std::string& path) {
    return {path, wal_of(path), shm_of(path), mark_of(path), path + ".new", lock_of(path)};
}

Result<void> give_to_owner_of_folder(const std::string& path) {
    struct stat folder{};
    if (::geteuid() != 0 || ::stat(folder_of(path).c_str(), &folder) != 0 || folder.st_uid == 0) return {};
    if (::chown(path.c_str(), folder.st_uid, folder.st_gid) != 0) return system_error(path, "cannot give away");
    return {};
}

Result<FileLock> FileLock::take(const std::string& path) {
    const std::string name = lock_of(path);
    base::Fd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return system_error(name, "cannot open");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error(name, "cannot lock");
        std::array<char, 32> said{};
        const ssize_t got = ::pread(fd.get(), said.data(), said.size(), 0);
        const auto pid = base::trim({said.data(), got > 0 ? static_cast<std::size_t>(got) : 0});
        const std::string who = base::parse_number(pid) ? "process " + std::string(pid) : "another process";
        return base::fail(Errc::busy, path + ": is in use by " + who);
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
        // Locked all the same; whom it is locked by is a courtesy that a full disk may forbid.
    }
    return FileLock(std::move(fd));
}

// ---- Mark ------------------------------------------------------------------------------------------------------

// "<32 hex: store> <16 hex: commits> <16 hex: sum of both>\n", always of this length: one write inside one page,
// which no kill can cut in two.
namespace {
constexpr std::size_t kMarkSize = 32 + 1 + 16 + 1 + 16 + 1;
using MarkText = std::array<char, kMarkSize + 1>;

MarkText text_of(const Mark::Value& value) {
    MarkText text{};
    const std::uint64_t sum = Sum().add(value.store).add(static_cast<std::uint64_t>(value.commits)).value();
    std::snprintf(text.data(), text.size(), "%.32s %016llx %016llx\n", value.store.c_str(),
                  static_cast<unsigned long long>(value.commits), static_cast<unsigned long long>(sum));
    return text;
}
}  // namespace

Result<Mark> Mark::open(const std::string& path) {
    const std::string name = mark_of(path);
    base::Fd fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return system_error(name, "cannot open");
    return Mark(std::move(fd));
}

std::optional<Mark::Value> Mark::read() const {
    MarkText text{};
    if (::pread(fd_.get(), text.data(), kMarkSize, 0) != static_cast<ssize_t>(kMarkSize)) return std::nullopt;
    Value value;
    value.store.assign(text.data(), 32);
    unsigned long long commits = 0;
    if (std::sscanf(text.data() + 33, "%16llx", &commits) != 1) return std::nullopt;
    value.commits = static_cast<std::int64_t>(commits);
    if (text_of(value) != text) return std::nullopt;
    return value;
}

void Mark::write(const Value& value) {
    const MarkText text = text_of(value);
    [[maybe_unused]] const ssize_t written = ::pwrite(fd_.get(), text.data(), kMarkSize, 0);
}

}  // namespace store
