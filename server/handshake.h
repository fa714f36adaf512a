// server/handshake.h: a way to prove oneself that takes more than one message over one connection.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 6.1; RFC 4559
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace server {

/// With one client. Thread: loop.
class Handshake {
public:
    /// With `refusal` it is over and has failed; with `account` it is over and has proved; else it goes on.
    struct Step {
        std::string token;                   ///< for the client, unless it was refused; may be empty at the end
        std::string account;                 ///< in lower case
        std::string user;                    ///< as he calls himself; for the log
        std::optional<base::Error> refusal;  ///< for the client: unproven or malformed
        std::string why;                     ///< of a refusal, what the client need not know; for the log
    };
    virtual ~Handshake() = default;
    /// The client's next token, of at least one byte.
    [[nodiscard]] virtual Step step(std::string_view token) = 0;
};

/// Begins them. Thread: loop.
class HandshakeScheme {
public:
    virtual ~HandshakeScheme() = default;
    /// As it stands in WWW-Authenticate, where clients look for exactly this case.
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual std::unique_ptr<Handshake> begin() = 0;
};

}  // namespace server
