// tests/scenes/wire.h: sockets and HTTP messages, as a suspicious peer of the daemon sees them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "base/http.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scenes {

/// How long, in real time, anything is waited for before the scene fails.
constexpr std::chrono::seconds kLimit{20};

/// A whole request or answer.
struct Message {
    std::string first;  ///< request line or status line
    std::vector<base::HttpHeader> headers;
    std::string body;
    std::string whole;      ///< as it came, CR left out
    std::string complaint;  ///< what is wrong with its framing; "" = nothing
};

/// Cuts a message off the front of `bytes`; nullopt as long as it is not whole. Every one must have
/// exactly one `Content-Length: N`, so spelled, and no Transfer-Encoding; without, its body is taken as
/// empty. `bodiless`: the answer to a HEAD, or a 1xx.
[[nodiscard]] std::optional<Message> cut_message(std::string& bytes, bool bodiless);

/// A TCP socket bound to address:port (port 0 = any), not blocking. Throws std::runtime_error.
[[nodiscard]] base::Fd bound_socket(const std::string& address, std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(int fd);

/// One connection of a scene's client to the daemon. What cannot be done throws std::runtime_error.
class Connection {
public:
    Connection(const std::string& server, const std::string& from);

    /// Sends all of it; a peer that hangs up meanwhile is no failure, what it said before is read later.
    void send(std::string_view bytes);
    /// The next answer; 1xx are passed over.
    [[nodiscard]] Message answer(bool to_head);
    /// The next packet of MSNP24, `line CRLF payload`; throws when it is not framed as every one must be.
    [[nodiscard]] std::string packet();
    /// What came and was not read, without waiting.
    [[nodiscard]] std::string_view unread();
    /// Waits until the daemon closes; what came before that is then unread().
    void wait_closed();
    /// Whether the daemon has read from its socket all that was sent.
    [[nodiscard]] bool taken() const;

private:
    enum class Got { bytes, nothing, end };
    Got receive();
    void wait(short events, std::chrono::steady_clock::time_point until, const char* what) const;

    base::Fd fd_;
    std::uint16_t server_port_ = 0;
    std::string unread_;
};

}  // namespace scenes
