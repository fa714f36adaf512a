// rvp/propfind.cc: PROPFIND.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4; rvp-in-practice 1.4, 8.7, 8.9
#include "rvp/propfind.h"

#include <utility>

#include "dav/multistatus.h"
#include "dav/names.h"
#include "dav/propfind.h"
#include "rvp/body.h"
#include "rvp/headers.h"
#include "rvp/names.h"
#include "rvp/status.h"

namespace rvp {

using base::Errc;
using base::Error;

namespace {

constexpr std::size_t kKeptBytes = 1024;  // of a body worth remembering

presence::FindWanted wanted_of(dav::PropFind find) {
    switch (find.kind) {
        case dav::PropFind::Kind::allprop: return presence::FindAll{};
        case dav::PropFind::Kind::propname: return presence::FindNames{};
        case dav::PropFind::Kind::prop: break;
    }
    return std::move(find.names);
}

base::Result<presence::FindWanted> read_wanted(const Verbs& verbs, const std::string& body) {
    const auto root = read_body(body, verbs.bounds, {"d:propfind", "5.4"});
    if (!root) return std::unexpected(root.error());
    auto find = dav::read_propfind(*root);
    if (!find) return std::unexpected(find.error());
    auto wanted = wanted_of(std::move(*find));
    if (verbs.propfinds && body.size() <= kKeptBytes) verbs.propfinds->keep(body, wanted);
    return wanted;
}

void add_named(dav::Multistatus& answer, const std::vector<presence::PropName>& names, std::string_view status) {
    if (names.empty()) return;
    answer.propstat(status, [&](std::string& props) {
        for (const presence::PropName& name : names) dav::append_prop(props, name, presence::Text{});
    });
}

std::string render(const std::string& href, const presence::Found& found) {
    dav::Multistatus answer(href);
    if (!found.props.empty() || (found.missing.empty() && found.not_allowed.empty())) {
        answer.propstat(dav::kStatusOk, [&](std::string& props) {
            for (const presence::Prop& prop : found.props) dav::append_prop(props, prop.name, prop.value);
        });
    }
    add_named(answer, found.not_allowed, dav::kStatusForbidden);
    add_named(answer, found.missing, dav::kStatusNotFound);
    return answer.finish();
}

}  // namespace

void propfind(const Verbs& verbs, Act act, base::Responder responder) {
    const auto refuse = [&](const Error& error) { responder(error_response(error)); };
    const auto depth = single(act.request, kDepth);
    if (!depth) return refuse(depth.error());
    if (!*depth || **depth != "0") return refuse({Errc::precondition, "PROPFIND needs Depth: 0 (RVP 5.4)"});
    if (act.request.body.empty()) return refuse({Errc::malformed, "PROPFIND needs a d:propfind body (RVP 5.4)"});
    act.ahead.go_on();
    const presence::FindWanted* known = verbs.propfinds ? verbs.propfinds->find(act.request.body) : nullptr;
    base::Result<presence::FindWanted> read;
    if (!known) read = read_wanted(verbs, act.request.body);
    if (!read) return refuse(read.error());
    const auto found = verbs.service.find(act.caller, act.node, known ? *known : *read);
    if (!found) return refuse(found.error());
    responder(xml_response(kMultiStatus, render(act.href(verbs.realm), *found)));
}

}  // namespace rvp
