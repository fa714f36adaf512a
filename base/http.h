// base/http.h: an HTTP request and its answer as plain values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/once.h"
#include "base/text.h"

namespace base {

struct HttpHeader {
    std::string name;
    std::string value;

    bool operator==(const HttpHeader&) const = default;
};

/// What a peer has shown of itself over TLS.
class PeerProof {
public:
    virtual ~PeerProof() = default;
    /// Whether it proves to be that host.
    [[nodiscard]] virtual bool proves(std::string_view host) const = 0;
};

/// Names one TCP connection for as long as the process lives; never reused.
enum class ConnectionId : std::uint64_t {};

/// A request whose framing was found sound; nothing else in it can be trusted yet.
struct Request {
    std::string method;
    std::string target;  ///< as it stood in the request line, undecoded: "/path" or "http://host/path"
    int minor_version = 1;  ///< HTTP/1.x
    std::vector<HttpHeader> headers;
    std::string body;
    IpAddress peer;
    bool tls = false;  ///< it came over TLS
    std::shared_ptr<const PeerProof> shown{};  ///< null: nothing
    ConnectionId connection{};
    std::uint64_t id = 0;  ///< of this request, for the log; never reused

    /// The first value of a header, name compared without case, blanks trimmed.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
        for (const HttpHeader& h : headers) {
            if (equal_ignoring_case(h.name, name)) return trim(h.value);
        }
        return std::nullopt;
    }
    [[nodiscard]] std::size_t count(std::string_view name) const {
        std::size_t n = 0;
        for (const HttpHeader& h : headers) n += equal_ignoring_case(h.name, name) ? 1 : 0;
        return n;
    }
};

/// A body that comes bit by bit, after the head that it belongs to. Who drops it wants no more of it. Thread: loop.
class BodySource {
public:
    virtual ~BodySource() = default;
    /// Bytes of the whole body.
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Bytes of it that are held at once, at most.
    [[nodiscard]] virtual std::size_t most_held() const = 0;
    /// Copies what is there, at most `most` bytes. 0: nothing is there now, and `more` is called once, later, when there is,
    /// or will not be. nullopt: it has broken off.
    [[nodiscard]] virtual std::optional<std::size_t> read(char* to, std::size_t most, std::function<void()> more) = 0;
};

enum class AfterAnswer { keep, close };

/// An answer. The door adds Content-Length, Date and the Connection header.
struct Response {
    int status = 500;
    std::vector<HttpHeader> headers;
    std::string body;
    AfterAnswer after = AfterAnswer::keep;
    /// Told whether it was written to the connection whole, when that is known; may be empty. Its `unpaid` function
    /// must mean that it was not.
    Once<void(bool)> written;
    std::shared_ptr<BodySource> source{};  ///< not null: the body, in place of `body`

    Response& with(std::string_view name, std::string value) {
        if (headers.empty()) headers.reserve(4);  // most answers have two or three
        headers.emplace_back(std::string(name), std::move(value));
        return *this;
    }
};

/// Owed exactly one Response, now or later; dropped unpaid, the caller gets a 500.
using Responder = Once<void(Response)>;

}  // namespace base
