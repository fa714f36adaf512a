// dav/names.cc: names, prefixes and properties as XML.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 9; rvp-in-practice 0 (rules 4 to 8), 8.2
#include "dav/names.h"

#include <array>

namespace dav {
namespace {

constexpr std::array<const char*, 3> kHouse = {presence::kDavNamespace, presence::kRvpNamespace,
                                               presence::kAclNamespace};

std::string_view prefix_of(std::string_view ns) {
    for (const base::xml::Prefix& p : root_prefixes()) {
        if (p.ns == ns) return p.prefix;
    }
    return {};
}

}  // namespace

const std::vector<base::xml::Prefix>& root_prefixes() {
    static const std::vector<base::xml::Prefix> prefixes = {
        {presence::kDavNamespace, "d"}, {presence::kRvpNamespace, "r"}, {presence::kAclNamespace, "a"}};
    return prefixes;
}

std::string canonical_namespace(std::string_view ns) {
    for (const char* house : kHouse) {
        if (base::xml::same_namespace(ns, house)) return house;
    }
    return std::string(ns);
}

bool is_named(const base::xml::Element& element, std::string_view local) {
    if (element.local != local) return false;
    return element.ns.empty() || base::xml::same_namespace(element.ns, presence::kDavNamespace) ||
           base::xml::same_namespace(element.ns, presence::kRvpNamespace);
}

const base::xml::Element* find_child(const base::xml::Element& parent, std::string_view local) {
    for (const base::xml::Element& child : parent.children) {
        if (!child.is_text() && is_named(child, local)) return &child;
    }
    return nullptr;
}

namespace {

// `prefix`: of the name's namespace; "" if that is none of ours.
void append_start(std::string& out, const presence::PropName& name, std::string_view prefix) {
    out += '<';
    if (!prefix.empty()) {
        out.append(prefix).append(1, ':').append(name.local());
    } else if (name.ns().empty()) {
        out += name.local();
    } else {
        out.append("x:").append(name.local()).append(" xmlns:x=\"");
        base::xml::append_escaped(out, name.ns());
        out += '"';
    }
    out += '>';
}

void append_end(std::string& out, const presence::PropName& name, std::string_view prefix) {
    out += "</";
    if (!prefix.empty()) {
        out.append(prefix) += ':';
    } else if (!name.ns().empty()) {
        out += "x:";
    }
    out.append(name.local()) += '>';
}

struct Tags {
    std::string start;
    std::string end;
};

Tags tags_of(const presence::PropName& name) {
    Tags tags;
    const std::string_view prefix = prefix_of(name.ns());
    append_start(tags.start, name, prefix);
    append_end(tags.end, name, prefix);
    return tags;
}

/// Those of the house's properties, by their number: nearly all that are ever written.
const std::array<Tags, presence::PropName::kHouseNumbers>& house_tags() {
    static const auto all = [] {
        std::array<Tags, presence::PropName::kHouseNumbers> tags;
        for (std::size_t number = 1; number < tags.size(); ++number) tags[number] = tags_of(presence::PropName::of_house(number));
        return tags;
    }();
    return all;
}

}  // namespace

void append_prop_start(std::string& out, const presence::PropName& name) {
    if (const std::size_t number = name.house_number()) out += house_tags()[number].start;
    else append_start(out, name, prefix_of(name.ns()));
}
void append_prop_end(std::string& out, const presence::PropName& name) {
    if (const std::size_t number = name.house_number()) out += house_tags()[number].end;
    else append_end(out, name, prefix_of(name.ns()));
}

void append_value(std::string& out, const presence::PropValue& value) {
    if (const auto* status = std::get_if<presence::Status>(&value)) {
        out.append("<r:").append(status->name()).append("/>");
    } else if (const auto* markup = std::get_if<presence::Markup>(&value)) {
        out += markup->xml;
    } else {
        base::xml::append_escaped(out, std::get<presence::Text>(value).text);
    }
}

void append_prop(std::string& out, const presence::PropName& name, const presence::PropValue& value) {
    append_prop_start(out, name);
    append_value(out, value);
    append_prop_end(out, name);
}

}  // namespace dav
