// rvp/state.cc: the state element, and leased values, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5, 9.1.1-9.1.12
#include "rvp/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "dav/names.h"
#include "rvp/headers.h"

namespace rvp {

using base::Errc;
using base::fail;
using base::xml::Element;

namespace {

constexpr std::size_t kMaxStatusBytes = 64;

bool is_part(const Element& e) {
    constexpr std::array<std::string_view, 5> kParts = {"leased-value", "value", "default-value", "timeout", "view-id"};
    return std::any_of(kParts.begin(), kParts.end(), [&](std::string_view part) { return dav::is_named(e, part); });
}

// The status element below `parent`: its first child element that is no other part of r:state.
base::Result<presence::Status> read_status(const Element& parent) {
    for (const Element& child : parent.children) {
        if (child.is_text() || is_part(child)) continue;
        if (child.local.size() > kMaxStatusBytes) return fail(Errc::malformed, "r:state: a status element's name is over 64 bytes (RVP 9.1.1)");
        return presence::Status(child.local);
    }
    return fail(Errc::malformed, "r:" + parent.local + " holds no status element such as r:online (RVP 9.1.1)");
}

base::Result<std::optional<std::chrono::seconds>> read_timeout(const Element& leased) {
    const Element* timeout = dav::find_child(leased, "timeout");
    if (!timeout) return std::nullopt;
    const auto seconds = parse_seconds(timeout->all_text());
    if (!seconds) return fail(Errc::malformed, "d:timeout is not a number of seconds (RVP 5.5)");
    return seconds;
}

base::Result<std::optional<presence::ViewId>> read_view_id(const Element& state, const Element* leased) {
    const Element* view = dav::find_child(state, "view-id");
    if (!view && leased) view = dav::find_child(*leased, "view-id");
    if (!view) return std::nullopt;
    const auto number = base::parse_number(base::trim(view->all_text()), presence::kMaxWireId);
    if (!number) return fail(Errc::malformed, "r:view-id is not a number below 2147483648 (RVP 9.1.12)");
    return presence::ViewId(static_cast<std::uint32_t>(*number));
}

}  // namespace

base::Result<presence::StatePatch> read_state(const Element& state) {
    presence::StatePatch patch;
    const Element* leased = dav::find_child(state, "leased-value");
    auto view = read_view_id(state, leased);
    if (!view) return std::unexpected(view.error());
    patch.view = *view;
    const Element* value = leased ? dav::find_child(*leased, "value") : nullptr;
    auto status = read_status(value ? *value : leased ? *leased : state);
    if (!status) return std::unexpected(status.error());
    patch.value = std::move(*status);
    auto timeout = read_timeout(leased ? *leased : state);
    if (!timeout) return std::unexpected(timeout.error());
    patch.timeout = *timeout;
    if (const Element* fallback = leased ? dav::find_child(*leased, "default-value") : nullptr) {
        auto given = read_status(*fallback);
        if (!given) return std::unexpected(given.error());
        patch.fallback = std::move(*given);
    }
    return patch;
}

base::Result<presence::PropPatch> read_property(const Element& element) {
    presence::PropPatch patch;
    patch.name = dav::prop_name(element);
    const Element* leased = dav::find_child(element, "leased-value");
    if (!leased) {
        patch.value = dav::prop_value(element);
        return patch;
    }
    const Element* value = dav::find_child(*leased, "value");
    if (!value) return fail(Errc::malformed, "r:leased-value of " + element.local + " has no r:value (RVP 9.1.2)");
    patch.value = dav::prop_value(*value);
    const Element* fallback = dav::find_child(*leased, "default-value");
    patch.fallback = fallback ? dav::prop_value(*fallback) : presence::Text{};
    auto timeout = read_timeout(*leased);
    if (!timeout) return std::unexpected(timeout.error());
    patch.timeout = *timeout;
    return patch;
}

namespace {

void append_leased(std::string& out, const presence::PropValue& value, const presence::PropValue& fallback,
                   std::chrono::seconds timeout) {
    out += "<r:leased-value><r:value>";
    dav::append_value(out, value);
    out += "</r:value><r:default-value>";
    dav::append_value(out, fallback);
    out += "</r:default-value><d:timeout>" + std::to_string(timeout.count()) + "</d:timeout></r:leased-value>";
}

}  // namespace

void append_granted(std::string& out, const presence::Granted& granted) {
    if (const auto* state = std::get_if<presence::StateGranted>(&granted)) {
        out += "<r:state>";
        append_leased(out, state->value, state->fallback, state->timeout);
        out += "<r:view-id>" + std::to_string(std::to_underlying(state->view)) + "</r:view-id></r:state>";
        return;
    }
    const auto& prop = std::get<presence::PropGranted>(granted);
    if (!prop.timeout) return dav::append_prop(out, prop.name, prop.value.value_or(presence::Text{}));
    dav::append_prop_start(out, prop.name);
    append_leased(out, *prop.value, *prop.fallback, *prop.timeout);
    dav::append_prop_end(out, prop.name);
}

}  // namespace rvp
