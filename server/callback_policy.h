// server/callback_policy.h: which addresses may be called back.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface); RVP 5.1.4
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace server {

/// Decides about the *connected* address, never about a name. Immutable; any thread.
class CallbackPolicy {
public:
    /// `allow` is callback.allow: "source", CIDRs, host names. Errc::malformed names a bad item.
    [[nodiscard]] static base::Result<CallbackPolicy> make(const std::vector<std::string>& allow);

    /// Whether a connection to `address`:`port` may be made for a call-back that a request from `source` asked
    /// for under the name `host`. Errc::denied says which rule refused. Multicast, link-local and unspecified
    /// addresses are always refused; loopback and private ranges are refused to who is not on them unless a CIDR
    /// lists them; all of loopback counts as one source. Ports below 1024 but 80 and 443 need a listed range or
    /// name.
    [[nodiscard]] base::Result<void> check(const base::IpAddress& address, std::uint16_t port,
                                           const std::string& host, const base::IpAddress& source) const;
    /// Whether another domain's server may be at `address`:`port`, which whoever runs that zone has said. Loopback and
    /// private ranges only where a CIDR lists them, and ports below 1024 but 80 and 443 as well.
    [[nodiscard]] bool may_be_server(const base::IpAddress& address, std::uint16_t port) const;
    /// Whether a name may be tried at all: always when "source" is allowed, and when it may lead into a listed
    /// range (the address is checked later).
    [[nodiscard]] bool may_try_name(const std::string& host) const;
    /// Takes on another's rules, for what is asked from now on.
    void become(const CallbackPolicy& other) { rules_ = other.rules_.load(); }

    CallbackPolicy(const CallbackPolicy& other) : rules_(other.rules_.load()) {}
    CallbackPolicy& operator=(const CallbackPolicy&) = delete;

private:
    struct Rules {
        bool source = false;
        std::vector<base::Cidr> ranges;
        std::vector<std::string> hosts;
    };
    explicit CallbackPolicy(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

    std::atomic<std::shared_ptr<const Rules>> rules_;  // the courier threads ask, too
};

}  // namespace server
