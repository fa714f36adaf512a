// ctl/password.cc: a password from the terminal, or from one line of standard input.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/password.h"

#include "base/fd.h"
#include "ctl/table.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ctl {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kPasswordBytes = 256;

base::Result<std::string> read_line(int fd) {
    std::string line;
    for (char c = 0; line.size() <= kPasswordBytes + 1;) {
        const ssize_t got = ::read(fd, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(Errc::internal, std::string("the password cannot be read: ") + std::strerror(errno));
        if (got == 0 || c == '\n') break;
        line += c;
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return fail(Errc::malformed, "the password is empty");
    if (line.size() > kPasswordBytes) return fail(Errc::malformed, "the password is over 256 bytes");
    return line;
}

/// What is typed is not shown while this lives.
class Silence {
public:
    explicit Silence(int fd) : fd_(fd) {
        known_ = ::tcgetattr(fd_, &before_) == 0;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (known_) ::tcsetattr(fd_, TCSAFLUSH, &quiet);
    }
    ~Silence() {
        if (known_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;

private:
    int fd_;
    termios before_{};
    bool known_ = false;
};

base::Result<std::string> ask(int tty, const std::string& question) {
    const auto say = [tty](const std::string& text) { return ::write(tty, text.data(), text.size()) >= 0; };
    if (!say(question)) return fail(Errc::internal, "the terminal cannot be written to");
    const Silence silence(tty);
    auto line = read_line(tty);
    say("\n");
    return line;
}

}  // namespace

base::Result<std::string> read_password(int fd, const std::string& user) {
    if (::isatty(fd) == 0) return read_line(fd);
    const base::Fd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!tty) return fail(Errc::internal, std::string("/dev/tty: ") + std::strerror(errno));
    auto first = ask(tty.get(), "Password of " + printable(user) + ": ");
    if (!first) return first;
    const auto second = ask(tty.get(), "Once more: ");
    if (!second) return second;
    if (*first != *second) return fail(Errc::malformed, "that was not twice the same");
    return first;
}

}  // namespace ctl
