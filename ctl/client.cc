// ctl/client.cc: speaks to the daemon over its control socket.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl)
#include "ctl/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace ctl {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

constexpr timeval kPatience{60, 0};
// A list of a million subscriptions is about a quarter of that.
constexpr base::json::Bounds kAnswer{std::size_t(1) << 30, 16};
constexpr std::size_t kChunkBytes = 64 * 1024;

/// A socket in a shared folder may be anybody's; only root and ourselves are told anything (root trusts his paths).
bool trusted(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return ::geteuid() == 0 || peer.uid == 0 || peer.uid == ::geteuid();
}

base::Error why_not(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
            return {Errc::not_found, "rvpd is not running: nobody listens at " + path};
        case EACCES:
        case EPERM:
            return {Errc::denied,
                    "not allowed to use " + path + "; run rvpctl as root or as the user of rvpd"};
        default:
            return {Errc::internal, "cannot connect to " + path + ": " + std::strerror(error)};
    }
}

base::Result<Value> read_answer(const std::string& line) {
    const auto answer = base::json::parse(line, kAnswer);
    if (!answer) return fail(Errc::internal, "the answer cannot be read: " + answer.error().text);
    const Value* ok = answer->find("ok");
    const Value* result = answer->find("result");
    if (ok && ok->as_bool() == true && result) return *result;
    const Value* error = answer->find("error");
    if (!error || !error->as_text())
        return fail(Errc::internal, "the answer is neither a result nor an error");
    const Value* kind = answer->find("kind");
    const bool missing = kind && kind->as_text() && *kind->as_text() == "not_found";
    return fail(missing ? Errc::not_found : Errc::internal, *error->as_text());
}

}  // namespace

base::Result<Client> Client::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return fail(Errc::malformed, "'" + path + "' is empty or too long for a socket");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return std::unexpected(why_not(path, errno));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return std::unexpected(why_not(path, errno));
    }
    if (!trusted(fd.get()))
        return fail(Errc::denied, "neither root nor you but somebody else listens at " + path);
    return Client(std::move(fd), path);
}

base::Result<Value> Client::ask(const std::string& command, const Value& args, Patience patience) {
    const timeval silence = patience == Patience::usual ? kPatience : timeval{0, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    const std::string line =
        Value::object().set("command", command).set("args", args).dump() + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
        const ssize_t n = ::send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;  // turned away: its reason is there to be read
        sent += static_cast<std::size_t>(n);
    }
    const auto answer = read_line();
    if (!answer) return std::unexpected(answer.error());
    return read_answer(*answer);
}

base::Result<std::string> Client::read_line() {
    std::string line;
    std::vector<char> chunk(kChunkBytes);
    for (;;) {
        const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            return fail(Errc::internal, "rvpd at " + path_ + " has not answered for " +
                                            std::to_string(kPatience.tv_sec) + " seconds");
        }
        if (n <= 0) return fail(Errc::internal, "rvpd at " + path_ + " hung up without an answer");
        const std::string_view got(chunk.data(), static_cast<std::size_t>(n));
        line.append(got.substr(0, got.find('\n')));
        if (got.find('\n') != got.npos) return line;
        if (line.size() > kAnswer.bytes) return fail(Errc::too_large, "the answer is over 1 GiB");
    }
}

}  // namespace ctl
