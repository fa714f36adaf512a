// server/domains.h: which other domains we know, and where their servers are.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1; RFC 2782; design 6, 9 (federation)
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/result.h"
#include "server/peer_finder.h"
#include "server/resolver.h"

namespace server {

/// `im.example.com = http://10.0.0.1:8080`, as federation.servers has it.
struct DomainLine {
    std::string authority;  ///< lower case
    std::string host;       ///< a name, or an address without brackets
    std::uint16_t port = 80;
    bool tls = false;

    /// Errc::malformed: text that completes the sentence `federation.servers "VALUE" …`.
    [[nodiscard]] static base::Result<DomainLine> parse(std::string_view text);
};

/// What an OtherDomains is told.
struct DomainSettings {
    std::vector<std::string> domains;  ///< authorities; "*" is all
    std::vector<DomainLine> servers;   ///< known without asking
    /// Whether a server that the DNS named may be connected to there.
    std::function<bool(const base::IpAddress&, std::uint16_t port)> may = nullptr;
};

/// Finds the servers of other domains: by configuration; else, of a name without a port, by SRV `_rvp._tcp`, in the
/// order of RFC 2782; else by the addresses of the name. What was found is kept for as long as the DNS says, at most
/// kDomainCache, and, while the DNS is down or has too much to do, until it answers. Bounded; a flood of questions about
/// domains that are none drives out no server that was found, and those that the admin named are asked about in any case.
/// Thread: loop.
class OtherDomains final : public PeerFinder {
public:
    static constexpr std::chrono::seconds kDomainCache{300};
    static constexpr std::chrono::seconds kDomainPause{10};  ///< between two questions that found nothing

    OtherDomains(std::unique_ptr<Dns> dns, const base::Clock& clock, DomainSettings settings,
            std::uint32_t seed = std::random_device{}());
    ~OtherDomains() override;

    /// Whether federation.domains lets anybody in.
    [[nodiscard]] bool any() const { return !settings_.domains.empty(); }
    /// Whether federation.domains lets its people in.
    [[nodiscard]] bool lists(std::string_view authority) const;
    /// The same, and by name.
    [[nodiscard]] bool names(std::string_view authority) const;
    /// Whether a call-back to that URL is for a node of a domain we know. With "*" alone, only URLs below /instmsg/ at a
    /// name are: others may be a client's.
    [[nodiscard]] bool may_hold(std::string_view authority, std::string_view path) const;
    /// Whether the domain's servers are known to be there, as of the last find().
    [[nodiscard]] bool has(const std::string& authority, const base::IpAddress& address) const;

    /// Where to connect to, in the order of trying. Errc: not_found (no server is known), busy (nobody could be asked, or too
    /// many questions are under way). May answer before it returns; never once it is destroyed.
    void find(const std::string& authority, Found done) override;
    /// Who still waits is told that the server stops; ask for nothing afterwards.
    void stop();

private:
    struct Entry;
    struct Asked;

    void ask(const std::string& authority, Entry& entry);
    void ask_hosts(const std::string& authority, Entry& entry, std::vector<SrvLine> lines, std::chrono::seconds ttl);
    void heard(const std::string& authority, Entry& entry, std::size_t line, base::Result<HostAddresses> found);
    void settle(const std::string& authority, Entry& entry);
    void tell(Entry& entry);
    void nothing(const std::string& authority, Entry& entry, base::Error error);
    [[nodiscard]] PeerPlaces places_of(const Entry& entry);
    [[nodiscard]] bool may_connect(const Entry& entry, const base::IpAddress& address, std::uint16_t port) const;
    [[nodiscard]] bool named_by_admin(std::string_view authority) const;
    [[nodiscard]] bool make_room();
    void used(Entry& entry);

    std::unique_ptr<Dns> dns_;
    const base::Clock& clock_;
    const DomainSettings settings_;
    bool all_ = false;
    std::minstd_rand random_;
    std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
    using Order = std::list<std::string>;  // authorities, who was asked for longest ago first
    Order servers_;                        // of which a server is known
    Order nobodies_;                       // all others
    std::size_t asking_ = 0;
};

}  // namespace server
