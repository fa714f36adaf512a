// server/schemes.cc: the schemes that are configured.
// SPDX-License-Identifier: Apache-2.0
#include "server/schemes.h"

#include "base/text.h"
#include "presence/address.h"
#include "rvp/names.h"

#include <algorithm>
#include <array>
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

/// Whether a proxy says that it carries this for somebody: it may carry the next request for another (RFC 9110 7.6.3,
/// RFC 7239).
bool is_shared(const base::Request& request) {
    return std::ranges::any_of(std::array{"Via", "Forwarded", "X-Forwarded-For"},
                               [&request](const char* name) { return request.count(name) > 0; });
}

}  // namespace

Schemes::Schemes(std::vector<std::string> names, const Accounts& accounts, const presence::Realm& realm,
                 const base::Clock& clock, base::Log& log, std::vector<std::unique_ptr<HandshakeScheme>> handshakes)
    : names_(std::move(names)), accounts_(accounts), realm_(realm), log_(log), digest_(accounts, clock),
      handshakes_(std::move(handshakes)) {
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
        if (const HandshakeScheme* scheme = handshake_of(name)) all.emplace_back(scheme->name());
    }
    return all;
}

HandshakeScheme* Schemes::handshake_of(std::string_view name) const {
    const auto found = std::ranges::find_if(handshakes_, [name](const std::unique_ptr<HandshakeScheme>& scheme) {
        return base::equal_ignoring_case(scheme->name(), name);
    });
    return found == handshakes_.end() ? nullptr : found->get();
}

std::vector<std::string> Schemes::challenges() { return challenge_all(Stale::no); }

rvp::Authenticator::Verdict Schemes::refused(std::string why, Stale stale) {
    return Refused{{Errc::unproven, std::move(why)}, challenge_all(stale)};
}

rvp::Authenticator::Verdict Schemes::judge(const base::Request& request) {
    const auto shown = request.header(kAuthorization);
    if (!shown) return judge_connection(request);
    if (request.count(kAuthorization) > 1) {
        return Refused{{Errc::malformed, "Authorization stands twice (RFC 9110 11.6.2)"}, {}};
    }
    const auto [scheme, rest] = parts_of(*shown);
    if (base::equal_ignoring_case(scheme, "Digest") && !hashes_.empty()) return judge_digest(request, rest);
    if (HandshakeScheme* handshake = handshake_of(scheme)) return judge_token(request, *handshake, rest);
    return refused("Authorization: a scheme that is not offered here (RVP 6)");
}

rvp::Authenticator::Verdict Schemes::judge_digest(const base::Request& request, std::string_view text) {
    auto found = digest_.judge(request, text, hashes_);
    if (!found) return Refused{std::move(found.error()), {}};
    if (!found->account.empty()) {
        const ConnectionProofs::Proof* kept = proofs_.find(request.connection);
        if (kept && kept->account != found->account) proofs_.share(request.connection);
        return Proven{std::move(found->account), presence::Proof::digest, ""};
    }
    if (found->stale == Stale::yes) return refused("the nonce has been used or is too old; ask again with this one", Stale::yes);
    log_.info("not-proved", {{"scheme", "Digest"}, {"user", found->user}, {"from", request.peer.text()}});
    return refused("the user or the password is wrong (RVP 6.2)");
}

rvp::Authenticator::Verdict Schemes::judge_token(const base::Request& request, HandshakeScheme& scheme, std::string_view text) {
    const std::string name(scheme.name());
    const auto token = base::base64_decode(text);
    if (!token || token->empty()) {
        proofs_.forget(request.connection);
        return Refused{{Errc::malformed, "Authorization: " + name + " needs a token in base64 (RFC 4559 4)"}, {}};
    }
    Handshake::Step step = proofs_.step(request.connection, scheme, *token);
    if (step.refusal) {
        log_.info("not-proved", {{"scheme", name}, {"user", step.user}, {"from", request.peer.text()},
                                 {"why", step.why.empty() ? step.refusal->text : step.why}});
        if (step.refusal->code != Errc::unproven) return Refused{std::move(*step.refusal), {}};
        return refused(std::move(step.refusal->text));
    }
    const std::string answer = step.token.empty() ? "" : name + " " + base::base64_encode(step.token);
    if (step.account.empty()) return Refused{{Errc::unproven, "the handshake of " + name + " goes on"}, {answer}};
    if (is_shared(request)) proofs_.share(request.connection);
    proofs_.keep(request.connection, {step.account, accounts_.stamp(step.account)});
    return Proven{std::move(step.account), presence::Proof::ntlm, answer};
}

rvp::Authenticator::Verdict Schemes::judge_connection(const base::Request& request) {
    const ConnectionProofs::Proof* kept = proofs_.find(request.connection);
    if (!kept) return Nothing{};
    if (accounts_.stamp(kept->account) != kept->stamp) {
        proofs_.forget(request.connection);
        return Nothing{};
    }
    if (request.count(rvp::kFromPrincipal) == 0 && !is_shared(request)) return Nothing{};
    const auto named = rvp::caller_of(request, realm_);
    if (is_shared(request) || !named || named->key != presence::alias_key(kept->account)) {
        proofs_.share(request.connection);
        return Nothing{};
    }
    return Proven{kept->account, presence::Proof::ntlm, ""};
}

}  // namespace server
