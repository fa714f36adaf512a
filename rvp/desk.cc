// rvp/desk.cc: the method table.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.8; rvp-in-practice 1.9
#include "rvp/desk.h"

#include <algorithm>
#include <array>

#include "rvp/acl.h"
#include "rvp/credentials.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/notify.h"
#include "rvp/propfind.h"
#include "rvp/proppatch.h"
#include "rvp/status.h"
#include "rvp/subscribe.h"
#include "rvp/subscriptions.h"
#include "rvp/unsubscribe.h"

namespace rvp {
namespace {

struct Method {
    std::string_view name;
    Handler handler;  // null: known, and refused
    base::Errc refusal;
    std::string_view section;
};

constexpr base::Errc kServed = base::Errc::internal;  // never used: a handler is there
constexpr std::array<Method, 9> kMethods = {{
    {"SUBSCRIBE", subscribe, kServed, "5.1"},
    {"UNSUBSCRIBE", unsubscribe, kServed, "5.2"},
    {"SUBSCRIPTIONS", subscriptions, kServed, "5.3"},
    {"PROPFIND", propfind, kServed, "5.4"},
    {"PROPPATCH", proppatch, kServed, "5.5"},
    {"NOTIFY", notify, kServed, "5.6"},
    {"ACL", acl, kServed, "5.7"},
    {"COPY", nullptr, base::Errc::not_allowed, "5.8"},
    {"MOVE", nullptr, base::Errc::not_allowed, "5.8"},
}};

std::string allowed() {
    std::string names;
    for (const Method& m : kMethods) {
        if (m.handler) names += (names.empty() ? "" : ", ") + std::string(m.name);
    }
    return names;
}

base::Response refuse_method(const base::Request& request, const Method* method) {
    if (!method) {
        return error_response({base::Errc::not_implemented, request.method + " is not a method of this server (RVP 5.8)"});
    }
    auto response = error_response({method->refusal, request.method + " is not allowed on a node (RVP 5.8)"});
    response.with("Allow", allowed());
    return response;
}

base::Responder proving_ourselves(std::string token, base::Responder responder) {
    return [token = std::move(token), responder = std::move(responder)](base::Response&& response) mutable {
        response.with("WWW-Authenticate", std::move(token));
        responder(std::move(response));
    };
}

/// What is refused for want of a proof comes with the ways to give one.
base::Responder with_challenges(Authenticator& authenticator, base::Responder responder) {
    return [&authenticator, responder = std::move(responder)](base::Response&& response) mutable {
        if (response.status == status_of(base::Errc::unproven)) {
            base::Response asked = access_denied(base::trim(response.body), authenticator.challenges());
            asked.written = std::move(response.written);
            response = std::move(asked);
        }
        responder(std::move(response));
    };
}

}  // namespace

base::Response Desk::refusal(const base::Error& error) const {
    base::Response response = error_response(error);
    response.with(kVersion, std::string(kOurVersion));
    return response;
}

// Nearly every target is its node's key; of another, nothing is found, and little lost.
void Desk::comes(std::string_view target, bool with_head) const noexcept {
    presence::Foresight ahead = verbs_.service.foresee(target);
    if (with_head) ahead.go_on();
}

void Desk::serve(const base::Request& request, base::Responder responder) const {
    auto node = target_node(request, verbs_.realm);
    presence::Foresight ahead = verbs_.service.foresee(node ? std::string_view(node->key) : std::string_view());
    base::Responder stamped([version = answered_version(request), responder = std::move(responder)](
                                base::Response&& response) mutable {
        response.with(kVersion, std::move(version));
        responder(std::move(response));
    });
    const auto* method = std::find_if(kMethods.begin(), kMethods.end(),
                                      [&](const Method& m) { return m.name == request.method; });
    if (method == kMethods.end()) return stamped(refuse_method(request, nullptr));
    if (!method->handler) return stamped(refuse_method(request, method));
    if (!node) return stamped(error_response(node.error()));
    ahead.go_on();
    auto who = identify(request, verbs_.realm, verbs_.proofs);
    if (!who) return stamped(std::move(who.error()));
    ahead.go_on();
    if (verbs_.proofs.authenticator && who->caller.proof == presence::Proof::assertion) {
        stamped = with_challenges(*verbs_.proofs.authenticator, std::move(stamped));
    }
    if (!who->mutual.empty()) stamped = proving_ourselves(std::move(who->mutual), std::move(stamped));
    method->handler(verbs_, Act{request, std::move(who->caller), std::move(*node), ahead}, std::move(stamped));
}

}  // namespace rvp
