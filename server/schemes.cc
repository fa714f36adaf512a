// server/schemes.cc: the schemes that are configured.
// SPDX-License-Identifier: Apache-2.0
#include "server/schemes.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace server {

using base::Errc;

namespace {

using Stale = DigestAuth::Stale;

constexpr std::string_view kAuthorization = "Authorization";

/// `Digest username="bob", …` -> `Digest` and the rest.
std::pair<std::string_view, std::string_view> parts_of(std::string_view credentials) {
    const std::size_t end = std::min(credentials.find_first_of(" \t"), credentials.size());
    return {credentials.substr(0, end), base::trim(credentials.substr(end))};
}

}  // namespace

Schemes::Schemes(std::vector<std::string> names, const Accounts& accounts, const base::Clock& clock, base::Log& log)
    : names_(std::move(names)), log_(log), digest_(accounts, clock) {
    for (const std::string& name : names_) {
        if (name == "digest") hashes_.push_back(DigestAuth::Hash::md5);
        if (name == "digest-sha256") hashes_.push_back(DigestAuth::Hash::sha256);
    }
}

std::vector<std::string> Schemes::challenge_all(Stale stale) {
    std::vector<std::string> all;
    for (const std::string& name : names_) {
        if (name == "digest") all.push_back(digest_.challenge(DigestAuth::Hash::md5, stale));
        if (name == "digest-sha256") all.push_back(digest_.challenge(DigestAuth::Hash::sha256, stale));
    }
    return all;
}

std::vector<std::string> Schemes::challenges(const base::Request&) { return challenge_all(Stale::no); }

rvp::Authenticator::Verdict Schemes::refused(std::string why, Stale stale) {
    return Refused{{Errc::unproven, std::move(why)}, challenge_all(stale)};
}

rvp::Authenticator::Verdict Schemes::judge(const base::Request& request) {
    const auto shown = request.header(kAuthorization);
    if (!shown) return Nothing{};
    if (request.count(kAuthorization) > 1) {
        return Refused{{Errc::malformed, "Authorization stands twice (RFC 9110 11.6.2)"}, {}};
    }
    const auto [scheme, rest] = parts_of(*shown);
    if (base::equal_ignoring_case(scheme, "Digest") && !hashes_.empty()) return judge_digest(request, rest);
    return refused("Authorization: a scheme that is not offered here (RVP 6)");
}

rvp::Authenticator::Verdict Schemes::judge_digest(const base::Request& request, std::string_view text) {
    auto found = digest_.judge(request, text, hashes_);
    if (!found) return Refused{std::move(found.error()), {}};
    if (!found->account.empty()) return Proven{std::move(found->account), presence::Proof::digest, ""};
    if (found->stale == Stale::yes) return refused("the nonce has been used or is too old; ask again with this one", Stale::yes);
    log_.info("not-proved", {{"scheme", "Digest"}, {"user", found->user}, {"from", request.peer.text()}});
    return refused("the user or the password is wrong (RVP 6.2)");
}

}  // namespace server
