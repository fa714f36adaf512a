// tests/bench/child.h: a program that the driver starts, talks to by lines, weighs and ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/bench/common.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <string>
#include <vector>

namespace bench {

/// Owns one child process and pipes to its stdin and stdout. Killed when destroyed, and by the
/// kernel when the driver dies. Every wait is bounded.
class Child {
public:
    /// `argv[0]` is the path. stderr goes to `log` if given, else to our own.
    explicit Child(const std::vector<std::string>& argv, const std::string& log = "")
        : name_(argv.at(0)) {
        name_ = name_.substr(name_.rfind('/') + 1);
        int in[2];
        int out[2];
        if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) stop_errno("pipe");
        base::Fd read_in(in[0]);
        base::Fd write_out(out[1]);
        to_ = base::Fd(in[1]);
        from_ = base::Fd(out[0]);
        const pid_t parent = ::getpid();
        pid_ = ::fork();
        if (pid_ < 0) stop_errno("fork");
        if (pid_ == 0) become(argv, read_in.get(), write_out.get(), log, parent);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

    void write_line(const std::string& line) {
        const std::string text = line + "\n";
        if (::write(to_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
            stop_errno(name_ + " takes no orders");
        }
    }

    /// The next line, without its end; stops when none comes in time.
    std::string read_line(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        const std::int64_t end = now_ns() + std::chrono::nanoseconds(patience).count();
        for (;;) {
            if (const std::size_t eol = lines_.find('\n'); eol != std::string::npos) {
                std::string line = lines_.substr(0, eol);
                lines_.erase(0, eol + 1);
                return line;
            }
            const auto left_ms =
                static_cast<int>(std::max<std::int64_t>(0, (end - now_ns()) / 1'000'000));
            pollfd p{from_.get(), POLLIN, 0};
            if (::poll(&p, 1, left_ms) == 0) stop(name_ + " said nothing in time");
            char piece[4096];
            const ssize_t n = ::read(from_.get(), piece, sizeof piece);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) stop(name_ + " ended early");
            lines_.append(piece, static_cast<std::size_t>(n));
        }
    }
    /// The next line, which must begin with `word` and a blank; returns what follows.
    std::string read_answer(const std::string& word,
                            std::chrono::milliseconds patience = std::chrono::seconds(10)) {
        const std::string line = read_line(patience);
        if (!line.starts_with(word + " "))
            stop(name_ + " said '" + line + "', not '" + word + " …'");
        return line.substr(word.size() + 1);
    }

    /// User + system time of all threads the process has or had, in ns: its POSIX process CPU-time
    /// clock.
    [[nodiscard]] std::int64_t cpu_ns() const {
        clockid_t clock{};
        timespec t{};
        if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &t) != 0)
            stop(name_ + " has died");
        return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
    }
    /// The same once what is still under way has been worked off: no more than 50 us in 3 ms, ten times in a row.
    [[nodiscard]] std::int64_t settled_cpu_ns() const {
        // The store puts some work off until nobody asks for anything; it belongs to what was asked for all the same.
        constexpr int kQuiet = 10;
        std::int64_t before = cpu_ns();
        for (int i = 0, quiet = 0; i < 1000; ++i) {
            const timespec pause{0, 3'000'000};
            ::nanosleep(&pause, nullptr);
            const std::int64_t after = cpu_ns();
            quiet = after - before < 50'000 ? quiet + 1 : 0;
            if (quiet == kQuiet) return after;
            before = after;
        }
        return before;
    }

    /// Asks it to end (SIGTERM, or the end of its stdin) and returns its exit status; stops if it
    /// does not end.
    int finish(int signal_number = 0) {
        to_.reset();
        if (signal_number != 0) ::kill(pid_, signal_number);
        int status = 0;
        for (int i = 0; i < 1000; ++i) {
            const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
            if (ended == pid_) {
                pid_ = -1;
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            const timespec pause{0, 10'000'000};
            ::nanosleep(&pause, nullptr);
        }
        stop(name_ + " does not end");
    }

private:
    [[noreturn]] static void become(const std::vector<std::string>& argv, int in, int out,
                                    const std::string& log, pid_t parent) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::signal(SIGPIPE, SIG_DFL);
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        if (!log.empty()) {
            const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
            if (fd >= 0) ::dup2(fd, STDERR_FILENO);
        }
        std::vector<char*> words;
        for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        ::execv(words[0], words.data());
        std::fprintf(stderr, "cannot start %s: %s\n", words[0], std::strerror(errno));
        ::_exit(127);
    }

    std::string name_;
    pid_t pid_ = -1;
    base::Fd to_;
    base::Fd from_;
    std::string lines_;
};

}  // namespace bench
