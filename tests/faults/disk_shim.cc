// tests/faults/disk_shim.cc: preloaded into the daemon: a disk that is full or cannot make safe, while a file says so.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

/// Whether the file `name` stands in the folder of RVPD_TEST_FAULTS.
bool told(const char* name) {
    static const int folder = [] {
        const char* path = std::getenv("RVPD_TEST_FAULTS");
        return path ? static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_DIRECTORY | O_PATH | O_CLOEXEC, 0)) : -1;
    }();
    return folder >= 0 && syscall(SYS_faccessat, folder, name, F_OK) == 0;
}

int sync(long call, int fd) {
    if (told("sync-fails")) {
        errno = EIO;
        return -1;
    }
    return static_cast<int>(syscall(call, fd));
}

}  // namespace

extern "C" {
ssize_t pwrite64(int fd, const void* from, size_t size, off64_t at) {
    if (told("disk-full")) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, from, size, at);
}
ssize_t pwrite(int fd, const void* from, size_t size, off_t at) { return pwrite64(fd, from, size, at); }
int fdatasync(int fd) { return sync(SYS_fdatasync, fd); }
int fsync(int fd) { return sync(SYS_fsync, fd); }
}
