// rvp/proppatch.cc: PROPPATCH.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5; rvp-in-practice 1.5
#include "rvp/proppatch.h"

#include "dav/multistatus.h"
#include "dav/names.h"
#include "dav/propertyupdate.h"
#include "rvp/body.h"
#include "rvp/state.h"
#include "rvp/status.h"

namespace rvp {

using base::Errc;
using base::Error;
using base::fail;

namespace {

std::size_t bytes_of(const presence::PropValue& value) {
    if (const auto* text = std::get_if<presence::Text>(&value)) return text->text.size();
    if (const auto* markup = std::get_if<presence::Markup>(&value)) return markup->xml.size();
    return 0;
}

base::Result<presence::PatchItem> read_item(const Verbs& verbs, const dav::PropertyAct& act) {
    const presence::PropName name = dav::prop_name(*act.element);
    const bool set = act.kind == dav::PropertyAct::Kind::set;
    if (dav::is_named(*act.element, "state") && name.ns() != presence::kDavNamespace) {
        if (!set) return presence::StatePatch{};  // to remove one's state is to go offline
        auto state = read_state(*act.element);
        if (!state) return std::unexpected(state.error());
        return std::move(*state);
    }
    if (!set) return presence::PropPatch{name, {}, {}, {}};
    auto patch = read_property(*act.element);
    if (!patch) return std::unexpected(patch.error());
    const std::size_t bytes = bytes_of(*patch->value) + (patch->fallback ? bytes_of(*patch->fallback) : 0);
    if (bytes > verbs.property_bytes) {
        return fail(Errc::too_large, "the value of " + std::string(name.local()) + " is over " + std::to_string(verbs.property_bytes) +
                                         " bytes (limits.property_bytes)");
    }
    return std::move(*patch);
}

base::Result<std::vector<presence::PatchItem>> read_items(const Verbs& verbs, const std::string& body) {
    if (body.empty()) return fail(Errc::malformed, "PROPPATCH needs a d:propertyupdate body (RVP 5.5)");
    const auto root = read_body(body, verbs.bounds, {"d:propertyupdate", "5.5"});
    if (!root) return std::unexpected(root.error());
    const auto acts = dav::read_propertyupdate(*root);
    if (!acts) return std::unexpected(acts.error());
    std::vector<presence::PatchItem> items;
    for (const dav::PropertyAct& act : *acts) {
        auto item = read_item(verbs, act);
        if (!item) return std::unexpected(item.error());
        items.push_back(std::move(*item));
    }
    return items;
}

}  // namespace

void proppatch(const Verbs& verbs, Act act, base::Responder responder) {
    auto items = read_items(verbs, act.request.body);
    if (!items) return responder(error_response(items.error()));
    presence::PatchRequest request{act.node, std::move(*items)};
    verbs.service.patch(act.caller, std::move(request),
                        [href = act.href(verbs.realm), responder = std::move(responder)](auto granted) mutable {
                            if (!granted) return responder(error_response(granted.error()));
                            bool durable = true;
                            dav::Multistatus answer(href);
                            answer.propstat(dav::kStatusOk, [&](std::string& props) {
                                for (const presence::Granted& g : *granted) {
                                    append_granted(props, g);
                                    const auto* state = std::get_if<presence::StateGranted>(&g);
                                    durable = durable && (!state || state->durable);
                                }
                            });
                            auto response = xml_response(kMultiStatus, answer.finish());
                            if (!durable) response.with("RVPD-Durable", "no");
                            responder(std::move(response));
                        });
}

}  // namespace rvp
