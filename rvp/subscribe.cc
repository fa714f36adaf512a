// rvp/subscribe.cc: SUBSCRIBE.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1; rvp-in-practice 1.1
#include "rvp/subscribe.h"

#include <utility>

#include "dav/multistatus.h"
#include "dav/names.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/status.h"

namespace rvp {

using base::Errc;
using base::Error;

namespace {

base::Response with_terms(base::Response response, const presence::Subscribed& subscribed) {
    response.with(kSubscriptionId, std::to_string(std::to_underlying(subscribed.id)));
    response.with(kSubscriptionLifetime, std::to_string(subscribed.lifetime.count()));
    return response;
}

// GENA writes <URL>.
std::string_view url_in(std::string_view callback) {
    const bool brackets = callback.size() > 2 && callback.front() == '<' && callback.back() == '>';
    return brackets ? callback.substr(1, callback.size() - 2) : callback;
}

void renew(const Verbs& verbs, const Act& act, presence::SubscriptionId id,
           std::optional<std::chrono::seconds> lifetime, base::Responder responder) {
    verbs.service.renew(act.caller, id, lifetime, [responder = std::move(responder)](auto renewed) mutable {
        responder(renewed ? with_terms(ok(), *renewed) : error_response(renewed.error()));
    });
}

std::string present_values(const std::string& href, const std::vector<presence::Prop>& present) {
    const auto append_all = [&](std::string& props) {
        for (const presence::Prop& prop : present) dav::append_prop(props, prop.name, prop.value);
    };
    return dav::Multistatus(href).propstat(dav::kStatusOk, append_all).finish();
}

}  // namespace

void subscribe(const Verbs& verbs, Act act, base::Responder responder) {
    const auto refuse = [&](const Error& error) { responder(error_response(error)); };
    act.ahead.asks(act.caller.key);
    const auto asked = lifetime(act.request);
    if (!asked) return refuse(asked.error());
    const auto id = subscription_id(act.request);
    if (!id) return refuse(id.error());
    if (*id) return renew(verbs, act, **id, *asked, std::move(responder));

    act.ahead.go_on();
    const auto type = notification_type(act.request);
    if (!type) return refuse(type.error());
    act.ahead.go_on();
    const auto callback = single(act.request, kCallBack);
    if (!callback) return refuse(callback.error());
    if (!*callback) return refuse({Errc::malformed, "SUBSCRIBE needs Call-Back: <URL> (RVP 5.1.4)"});

    // Those who are here keep being told; those who come wait a little (RFC 7231 7.1.3).
    if (*type == presence::NotificationType::notify && verbs.behind && verbs.behind()) {
        auto response = error_response({Errc::busy, "the server is behind with its work; log on again in 5 s"});
        return responder(std::move(response.with("Retry-After", "5")));
    }

    act.ahead.go_on();
    const bool property = *type == presence::NotificationType::propchange;
    std::string href = property ? act.href(verbs.realm) : std::string();
    presence::SubscribeRequest wanted;
    wanted.node = std::move(act.node);
    wanted.type = *type;
    wanted.callback = url_in(**callback);
    wanted.lifetime = *asked;
    verbs.service.subscribe(act.caller, std::move(wanted),
                            [href = std::move(href), property, responder = std::move(responder)](auto made) mutable {
                                if (!made) return responder(error_response(made.error()));
                                auto response = property ? xml_response(kMultiStatus, present_values(href, made->present))
                                                         : ok();
                                responder(with_terms(std::move(response), *made));
                            });
}

}  // namespace rvp
