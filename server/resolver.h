// server/resolver.h: questions to the DNS, asked on the loop: SRV records, and the addresses of a host.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1; RFC 2782
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/loop.h"
#include "base/result.h"

namespace server {

/// One line of an SRV answer.
struct SrvLine {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;  ///< a host name; "" when the service is declined
};
struct SrvLines {
    std::vector<SrvLine> lines;
    std::chrono::seconds ttl{};  ///< the least of them
};
struct HostAddresses {
    std::vector<base::IpAddress> addresses;
    std::chrono::seconds ttl{};  ///< 0: it did not come from the DNS
};

/// Who knows names. Thread: loop. An answer may come before the call returns; none comes once it is destroyed.
/// Errc::not_found: there is no such record; busy: nobody could be asked.
class Dns {
public:
    using SrvDone = std::move_only_function<void(base::Result<SrvLines>)>;
    using AddressesDone = std::move_only_function<void(base::Result<HostAddresses>)>;

    virtual ~Dns() = default;
    virtual void srv(const std::string& name, SrvDone done) = 0;
    /// IPv4 and IPv6, the hosts file included.
    virtual void addresses(const std::string& host, AddressesDone done) = 0;
};

/// c-ares on the loop. Its time-outs are driven by the loop's wheel.
class AresDns final : public Dns {
public:
    /// `servers`: address[:port] of the name servers to ask; none: those that the system names. Throws
    /// std::runtime_error.
    AresDns(base::Loop& loop, const std::vector<std::string>& servers);
    ~AresDns() override;

    void srv(const std::string& name, SrvDone done) override;
    void addresses(const std::string& host, AddressesDone done) override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace server
