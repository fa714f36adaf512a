// server/domains.cc: the servers of other domains, asked for once and remembered.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1.1; RFC 2782
#include "server/domains.h"

#include <algorithm>
#include <utility>

#include "base/ip_spelling.h"
#include "base/text.h"
#include "presence/address.h"
#include "server/callback_url.h"

namespace server {

using base::Errc;

namespace {

constexpr std::size_t kMostDomains = 10'000;    // remembered
constexpr std::size_t kMostQuestions = 256;     // domains asked about at once
constexpr std::size_t kMostServers = 8;         // of one domain
constexpr std::size_t kMostWaiting = 10'000;    // for one answer
constexpr std::chrono::seconds kShortestTtl{5};  // an answer without any, as of the hosts file, is asked for again then

bool has_port(std::string_view authority) { return presence::host_of(authority).size() < authority.size(); }

std::string without_brackets(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return std::string(host);
}

/// Lower case, without the port of http; "" when it is no authority.
std::string canonical_authority(std::string_view text) {
    const auto address = presence::Address::parse("http://" + std::string(text));
    return address && address->is_service() ? address->authority() : std::string();
}

/// RFC 2782: the least priority first; within one, each is next with a chance after its weight.
std::vector<std::size_t> in_order(const std::vector<SrvLine>& lines, std::minstd_rand& random) {
    std::vector<std::size_t> left(lines.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    std::ranges::stable_sort(left, {}, [&](std::size_t i) { return std::pair(lines[i].priority, lines[i].weight); });
    std::vector<std::size_t> order;
    while (!left.empty()) {
        const auto end = std::ranges::find_if(left, [&](std::size_t i) { return lines[i].priority != lines[left.front()].priority; });
        std::uint32_t sum = 0;
        for (auto it = left.begin(); it != end; ++it) sum += lines[*it].weight;
        std::uint32_t lot = std::uniform_int_distribution<std::uint32_t>(0, sum)(random);
        auto next = left.begin();
        while (next + 1 != end && lot > lines[*next].weight) lot -= lines[*next++].weight;
        order.push_back(*next);
        left.erase(next);
    }
    return order;
}

}  // namespace

base::Result<DomainLine> DomainLine::parse(std::string_view text) {
    const auto wrong = [] {
        return base::fail(Errc::malformed, "is not DOMAIN = URL, such as \"im.example.com = http://10.0.0.1:8080\"");
    };
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return wrong();
    DomainLine line;
    line.authority = canonical_authority(base::trim(text.substr(0, equals)));
    const auto url = parse_callback_url(base::trim(text.substr(equals + 1)));
    if (line.authority.empty() || !url || url->path != "/") return wrong();
    line.host = url->host;
    line.port = url->port;
    line.tls = url->tls;
    return line;
}

/// What is known of one domain.
struct OtherDomains::Entry {
    std::vector<SrvLine> lines;
    std::vector<std::vector<base::IpAddress>> addresses;  // of each line
    bool tls = false;
    bool trusted = false;  // written down by the admin, so no policy is asked
    base::Error error;     // why there are none
    base::Instant fresh_until{};
    std::unique_ptr<Asked> asked;  // while a question is under way
    std::vector<Found> waiting;
    Order::iterator place{};
    bool among_servers = false;  // where its place is

    [[nodiscard]] bool good() const {
        return std::ranges::any_of(addresses, [](const auto& some) { return !some.empty(); });
    }
};

/// A question under way.
struct OtherDomains::Asked {
    std::vector<SrvLine> lines{};
    std::vector<std::vector<base::IpAddress>> addresses{};
    std::size_t awaited = 0;
    std::chrono::seconds ttl = kDomainCache;
    base::Error error{Errc::not_found, "no address"};
};

OtherDomains::OtherDomains(std::unique_ptr<Dns> dns, const base::Clock& clock, DomainSettings settings, std::uint32_t seed)
    : dns_(std::move(dns)), clock_(clock), settings_([&] {
          for (std::string& domain : settings.domains) {
              if (domain != "*") domain = canonical_authority(domain);
          }
          return std::move(settings);
      }()),
      all_(std::ranges::find(settings_.domains, "*") != settings_.domains.end()), random_(seed) {}

OtherDomains::~OtherDomains() { dns_.reset(); }

void OtherDomains::stop() {
    dns_.reset();
    std::vector<Found> owed;
    for (auto& [authority, entry] : entries_) {
        for (Found& done : std::exchange(entry->waiting, {})) owed.push_back(std::move(done));
    }
    for (Found& done : owed) done(base::fail(Errc::busy, "the server is stopping"));
}

bool OtherDomains::names(std::string_view authority) const {
    return authority != "*" && std::ranges::find(settings_.domains, authority) != settings_.domains.end();
}

bool OtherDomains::lists(std::string_view authority) const { return all_ || names(authority); }

bool OtherDomains::may_hold(std::string_view authority, std::string_view path) const {
    if (path.empty() || path == "/") return false;
    if (names(authority)) return true;
    return all_ && base::to_lower(path).starts_with("/instmsg/") && !base::address_of_host(presence::host_of(authority));
}

bool OtherDomains::has(const std::string& authority, const base::IpAddress& address) const {
    const auto it = entries_.find(authority);
    if (it == entries_.end()) return false;
    return std::ranges::any_of(it->second->addresses, [&](const auto& some) { return std::ranges::find(some, address) != some.end(); });
}

bool OtherDomains::named_by_admin(std::string_view authority) const {
    return names(authority) || std::ranges::find(settings_.servers, authority, &DomainLine::authority) != settings_.servers.end();
}

void OtherDomains::find(const std::string& authority, Found done) {
    const auto known = entries_.find(authority);
    Entry* entry = known == entries_.end() ? nullptr : known->second.get();
    if (entry) used(*entry);
    const bool asked = entry && entry->asked;
    if (entry && !asked && clock_.now() < entry->fresh_until) {
        if (!entry->good()) return done(std::unexpected(entry->error));
        return done(places_of(*entry));
    }
    const bool full = asked ? entry->waiting.size() >= kMostWaiting : asking_ >= kMostQuestions && !named_by_admin(authority);
    if (full || (!entry && !make_room())) {
        if (entry && entry->good()) return done(places_of(*entry));
        return done(base::fail(Errc::busy, "too many domains are being looked for"));
    }
    if (!entry) {
        entry = (entries_[authority] = std::make_unique<Entry>()).get();
        entry->place = nobodies_.insert(nobodies_.end(), authority);
    }
    entry->waiting.push_back(std::move(done));
    if (!asked) ask(authority, *entry);
}

/// It is the last in its order, and in the order where it belongs.
void OtherDomains::used(Entry& entry) {
    Order& from = entry.among_servers ? servers_ : nobodies_;
    entry.among_servers = entry.good();
    Order& to = entry.among_servers ? servers_ : nobodies_;
    to.splice(to.end(), from, entry.place);
}

/// For one more; what is forgotten is asked for again. Names that led nowhere go first.
bool OtherDomains::make_room() {
    if (entries_.size() < kMostDomains) return true;
    for (Order* order : {&nobodies_, &servers_}) {
        const auto idle = std::ranges::find_if(*order, [this](const std::string& authority) {
            const Entry& entry = *entries_.at(authority);
            return !entry.asked && !(entry.good() && named_by_admin(authority));
        });
        if (idle == order->end()) continue;
        entries_.erase(*idle);
        order->erase(idle);
        return true;
    }
    return false;
}

void OtherDomains::ask(const std::string& authority, Entry& entry) {
    ++asking_;
    entry.asked = std::make_unique<Asked>();
    const auto line = std::ranges::find(settings_.servers, authority, &DomainLine::authority);
    if (line != settings_.servers.end()) {
        entry.tls = line->tls;
        entry.trusted = true;
        return ask_hosts(authority, entry, {{0, 0, line->port, line->host}}, kDomainCache);
    }
    const std::string host = without_brackets(presence::host_of(authority));
    if (has_port(authority) || base::address_of_host(host)) {  // as it stands
        const auto port = base::parse_number(std::string_view(authority).substr(authority.rfind(':') + 1), 65535);
        const auto used = static_cast<std::uint16_t>(has_port(authority) ? port.value_or(80) : 80);
        return ask_hosts(authority, entry, {{0, 0, used, host}}, kDomainCache);
    }
    dns_->srv("_rvp._tcp." + host, [this, authority, host](base::Result<SrvLines> found) {
        Entry& asked = *entries_.at(authority);
        if (found && !found->lines.empty()) {
            std::erase_if(found->lines, [](const SrvLine& one) { return one.target.empty() || one.port == 0; });
            if (found->lines.empty()) return nothing(authority, asked, {Errc::not_found, authority + " declines RVP (SRV)"});
            std::ranges::stable_sort(found->lines, {}, &SrvLine::priority);
            if (found->lines.size() > kMostServers) found->lines.resize(kMostServers);
            return ask_hosts(authority, asked, std::move(found->lines), found->ttl);
        }
        // A server of names that fails is no reason to go elsewhere than the domain said before.
        if (!found && found.error().code != Errc::not_found) return nothing(authority, asked, found.error());
        ask_hosts(authority, asked, {{0, 0, 80, host}}, kDomainCache);
    });
}

void OtherDomains::ask_hosts(const std::string& authority, Entry& entry, std::vector<SrvLine> lines, std::chrono::seconds ttl) {
    Asked& asked = *entry.asked;
    asked.lines = std::move(lines);
    asked.addresses.resize(asked.lines.size());
    asked.awaited = asked.lines.size();
    asked.ttl = std::min(asked.ttl, ttl);
    // An answer at once ends it, so what the loop needs is its own.
    std::vector<std::string> targets;
    for (const SrvLine& line : asked.lines) targets.push_back(line.target);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (const auto literal = base::address_of_host(targets[i])) {
            heard(authority, entry, i, HostAddresses{{*literal}, kDomainCache});
            continue;
        }
        dns_->addresses(targets[i], [this, authority, i](base::Result<HostAddresses> found) {
            heard(authority, *entries_.at(authority), i, std::move(found));
        });
    }
}

bool OtherDomains::may_connect(const Entry& entry, const base::IpAddress& address, std::uint16_t port) const {
    return entry.trusted || !settings_.may || settings_.may(address, port);
}

void OtherDomains::heard(const std::string& authority, Entry& entry, std::size_t line, base::Result<HostAddresses> found) {
    Asked& asked = *entry.asked;
    if (found) {
        for (const base::IpAddress& address : found->addresses) {
            if (may_connect(entry, address, asked.lines[line].port)) {
                asked.addresses[line].push_back(address);
            } else {
                asked.error = {Errc::denied, "the server of " + authority + " is at " + address.text() + ", which callback.allow does not list"};
            }
        }
        asked.ttl = std::min(asked.ttl, std::max(found->ttl, kShortestTtl));
    } else if (found.error().code != Errc::not_found) {
        asked.error = found.error();
    }
    if (--asked.awaited == 0) settle(authority, entry);
}

void OtherDomains::settle(const std::string& authority, Entry& entry) {
    const bool some = std::ranges::any_of(entry.asked->addresses, [](const auto& all) { return !all.empty(); });
    if (!some) return nothing(authority, entry, entry.asked->error);
    entry.lines = std::move(entry.asked->lines);
    entry.addresses = std::move(entry.asked->addresses);
    entry.fresh_until = clock_.now() + std::max(entry.asked->ttl, kShortestTtl);
    entry.asked.reset();
    --asking_;
    tell(entry);
}

/// What was found last stays good as long as nobody says otherwise.
void OtherDomains::nothing(const std::string& authority, Entry& entry, base::Error error) {
    entry.asked.reset();
    --asking_;
    entry.fresh_until = clock_.now() + kDomainPause;
    if (error.code != Errc::busy) entry.addresses.clear();
    entry.error = {error.code, "no server of " + authority + " was found: " + error.text};
    tell(entry);
}

/// Who hears of it may ask for more, and then the entry may go.
void OtherDomains::tell(Entry& entry) {
    used(entry);
    std::vector<Found> waiting = std::exchange(entry.waiting, {});
    std::vector<base::Result<PeerPlaces>> told;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        told.push_back(entry.good() ? base::Result<PeerPlaces>(places_of(entry)) : std::unexpected(entry.error));
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i](std::move(told[i]));
}

PeerPlaces OtherDomains::places_of(const Entry& entry) {
    PeerPlaces found{{}, entry.tls};
    for (const std::size_t i : in_order(entry.lines, random_)) {
        for (const base::IpAddress& address : entry.addresses[i]) found.places.push_back({address, entry.lines[i].port});
    }
    return found;
}

}  // namespace server
