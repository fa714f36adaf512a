// tests/rvp/desk_world.h: the desk in front of a whole presence service, and short ways to write requests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rvp/desk.h"
#include "tests/fakes.h"

namespace tests {

/// The root's declarations as rvp-in-practice rule 4 wants them, literally.
inline const std::string kRoot =
    " xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\""
    " xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"";
inline const std::string kHead = "<?xml version=\"1.0\"?>";
/// What a client declares on its root.
inline const std::string kAsked =
    " xmlns:d='DAV:' xmlns:r='http://schemas.microsoft.com/rvp/' xmlns:a='http://schemas.microsoft.com/rvp/acl/'";

/// `NAME: value` of each header, in order, one a line.
inline std::string lines_of(const base::Response& response) {
    std::string lines;
    for (const base::HttpHeader& h : response.headers) lines += h.name + ": " + h.value + "\n";
    return lines;
}

/// The first value of a header of an answer; "" when absent.
inline std::string header_of(const base::Response& response, std::string_view name) {
    for (const base::HttpHeader& h : response.headers) {
        if (base::equal_ignoring_case(h.name, name)) return h.value;
    }
    return "";
}

/// The URL by which `name` speaks of himself.
inline std::string url_of(const std::string& name) { return "http://im.example.com/instmsg/aliases/" + name; }

/// A request as `name`'s client writes it, from 10.0.0.`host`.
inline base::Request request_of(const std::string& method, const std::string& target, const std::string& name,
                                std::vector<base::HttpHeader> headers = {}, const std::string& body = "",
                                int host = 1) {
    base::Request request;
    request.method = method;
    request.target = target;
    request.headers = {{"Host", "im.example.com"}, {"RVP-From-Principal", url_of(name)}};
    for (base::HttpHeader& h : headers) request.headers.push_back(std::move(h));
    request.body = body;
    request.peer = *base::IpAddress::parse("10.0.0." + std::to_string(host));
    request.connection = base::ConnectionId(static_cast<std::uint64_t>(host));
    return request;
}

/// A desk over PresenceWorld: its realm, fake clock and fake carrier.
class DeskWorld : public PresenceWorld {
public:
    explicit DeskWorld(std::size_t property_bytes = 65536)
        : desk(rvp::Verbs{service, realm, base::xml::Bounds{}, property_bytes, nullptr, [this] { return behind; }}) {}

    bool behind = false;  ///< what the desk is told of the server's work

    /// The answer, or where it will be once it comes.
    using Pending = std::shared_ptr<std::optional<base::Response>>;

    Pending begin(const base::Request& request) {
        auto answer = std::make_shared<std::optional<base::Response>>();
        desk.serve(request, [answer](base::Response response) { *answer = std::move(response); });
        return answer;
    }
    /// Of a request that is answered at once; status 0 when it was not.
    base::Response ask(const base::Request& request) {
        const Pending answer = begin(request);
        if (answer->has_value()) return std::move(**answer);
        base::Response none;
        none.status = 0;
        return none;
    }
    base::Response ask(const std::string& method, const std::string& node, const std::string& name,
                       std::vector<base::HttpHeader> headers = {}, const std::string& body = "", int host = 1) {
        return ask(request_of(method, "/instmsg/aliases/" + node, name, std::move(headers), body, host));
    }
    /// Tells how each delivery sent since the last take ended.
    void settle(presence::Fate fate) {
        for (const FakeCarrier::Sent& s : carrier.take()) {
            service.settled(s.delivery.target, s.delivery.subscription, s.delivery.token, fate);
        }
    }

    rvp::Desk desk;
};

}  // namespace tests
