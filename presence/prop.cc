// presence/prop.cc: the well-known properties, and what a status looks like to whom.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.1.7.2, 9.1.5-9.1.17; RFC 3921 2.2.2; design 3.5
#include "presence/prop.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace presence {

namespace {

constexpr const char* kClientNamespace = "jabber:client";

}  // namespace

constexpr std::array<PropName::Texts, PropName::kHouseNumbers> PropName::kTexts = {{
    {},
    {kRvpNamespace, "state"},
    {kDavNamespace, "displayname"},
    {kRvpNamespace, "email"},
    {kRvpNamespace, "mobile-state"},
    {kRvpNamespace, "mobile-description"},
    {kClientNamespace, "status"},
    {kClientNamespace, "show"},
}};

PropName::PropName(std::string_view ns, std::string_view local) {
    const auto known = std::ranges::find_if(kTexts, [&](const Texts& t) { return t.local == local && t.ns == ns; });
    if (known != kTexts.end()) {
        known_ = static_cast<Known>(known - kTexts.begin());
    } else {
        own_ = std::make_shared<const OwnTexts>(OwnTexts{std::string(ns), std::string(local)});
    }
}

const PropName& prop_state() {
    static const PropName name{kRvpNamespace, "state"};
    return name;
}
const PropName& prop_displayname() {
    static const PropName name{kDavNamespace, "displayname"};
    return name;
}
const PropName& prop_email() {
    static const PropName name{kRvpNamespace, "email"};
    return name;
}
const PropName& prop_mobile_state() {
    static const PropName name{kRvpNamespace, "mobile-state"};
    return name;
}
const PropName& prop_mobile_description() {
    static const PropName name{kRvpNamespace, "mobile-description"};
    return name;
}

const PropName& prop_status_text() {
    static const PropName name{kClientNamespace, "status"};
    return name;
}
const PropName& prop_show() {
    static const PropName name{kClientNamespace, "show"};
    return name;
}

bool is_presence_prop(const PropName& name) {
    switch (name.known_) {
        case PropName::Known::displayname:
        case PropName::Known::email: return false;
        case PropName::Known::none: return name.ns() == kClientNamespace;
        case PropName::Known::state:
        case PropName::Known::mobile_state:
        case PropName::Known::mobile_description:
        case PropName::Known::status_text:
        case PropName::Known::show: break;
    }
    return true;
}

namespace {

bool is_known(std::string_view name) {
    static constexpr std::array<std::string_view, 8> kKnown = {"offline",   "online",   "away",     "busy",
                                                               "back-soon", "on-phone", "at-lunch", "idle"};
    return std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
}

}  // namespace

Status Status::for_others() const {
    if (is_invisible()) return Status();
    return is_known(name_) ? *this : Status("online");
}

Status Status::for_owner() const { return is_invisible() ? *this : for_others(); }

}  // namespace presence
