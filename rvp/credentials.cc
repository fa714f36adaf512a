// rvp/credentials.cc: RVP-From-Principal and Authorization -> Caller, or a challenge.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7.2.1 to 5.7.2.4, 6
#include "rvp/credentials.h"

#include "presence/address.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/status.h"

namespace rvp {

using base::Errc;
using base::fail;

namespace {

using Outcome = std::expected<Identified, base::Response>;

std::unexpected<base::Response> refuse(const base::Error& error) { return std::unexpected(error_response(error)); }

std::unexpected<base::Response> ask_for_proof(const Proofs& proofs, std::string why) {
    auto challenges = proofs.authenticator ? proofs.authenticator->challenges() : std::vector<std::string>();
    return std::unexpected(access_denied(why, std::move(challenges)));
}

/// Of what was proved, with the name under which he speaks of himself.
Outcome proved(const base::Request& request, const presence::Realm& realm, Authenticator::Proven proven) {
    Identified who;
    presence::Caller& caller = who.caller;
    caller.key = presence::alias_key(proven.account);
    caller.url = realm.url_of(caller.key);
    caller.proof = proven.proof;
    caller.source = request.peer;
    caller.connection = request.connection;
    caller.request = request.id;
    who.mutual = std::move(proven.mutual);
    if (request.count(kFromPrincipal) == 0) return who;
    const auto said = caller_of(request, realm);
    if (!said) return refuse(said.error());
    if (said->key == caller.key) {
        caller.url = said->url;
    } else if (request.method != "NOTIFY") {
        return refuse({Errc::denied, "RVP-From-Principal is " + said->url + ", but the credentials are " + caller.url +
                                         "'s (RVP 6)"});
    }
    return who;
}

}  // namespace

base::Result<presence::Caller> caller_of(const base::Request& request, const presence::Realm& realm) {
    const auto from = single(request, kFromPrincipal);
    if (!from) return std::unexpected(from.error());
    if (!*from) {
        return fail(Errc::malformed, request.method + " needs RVP-From-Principal: <URL of who asks> (RVP 7.2)");
    }
    auto address = presence::Address::parse(**from);
    if (!address) return fail(Errc::malformed, "RVP-From-Principal: " + address.error().text + " (RVP 7.2)");
    base::Result<presence::Caller> caller(std::in_place);
    caller->url = address->url();
    caller->key = realm.key(std::move(*address));
    caller->proof = presence::Proof::assertion;
    caller->source = request.peer;
    caller->connection = request.connection;
    caller->request = request.id;
    return caller;
}

Outcome identify(const base::Request& request, const presence::Realm& realm, const Proofs& proofs) {
    if (proofs.authenticator) {
        auto verdict = proofs.authenticator->judge(request);
        if (auto* proven = std::get_if<Authenticator::Proven>(&verdict)) return proved(request, realm, std::move(*proven));
        if (auto* refused = std::get_if<Authenticator::Refused>(&verdict)) {
            if (refused->error.code != Errc::unproven) return refuse(refused->error);
            return std::unexpected(access_denied(refused->error.text, std::move(refused->challenges)));
        }
    }
    const bool named = request.count(kFromPrincipal) > 0;
    if (named && proofs.neighbours) {
        auto caller = caller_of(request, realm);
        if (!caller) return refuse(caller.error());
        const std::string authority = caller->key.substr(0, caller->key.find('/'));
        if (const auto word = proofs.neighbours->word_on(authority.empty() ? realm.domain() : authority, request)) {
            if (!*word) return refuse(word->error());
            caller->from_server = true;
            return Outcome(std::in_place, std::move(*caller));
        }
    }
    if (proofs.assertion == Assertion::refused) {
        return ask_for_proof(proofs, request.method + " needs credentials (RVP 6)");
    }
    if (!named && proofs.authenticator) {
        return ask_for_proof(proofs, request.method + " needs credentials, or RVP-From-Principal (RVP 6, 7.2)");
    }
    auto caller = caller_of(request, realm);
    if (!caller) return refuse(caller.error());
    return Outcome(std::in_place, std::move(*caller));
}

}  // namespace rvp
