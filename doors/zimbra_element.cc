// doors/zimbra_element.cc: one tree, spelled as XML or as JSON.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_element.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace doors {

using Json = base::json::Value;

namespace {

// A child so called is an array also when it is single.
constexpr std::array<std::string_view, 23> kRepeating = {
    "notify", "n",    "body",    "subject",      "typing", "p",    "pcps", "chat",  "messages", "message", "list", "item",
    "service", "registration", "svc", "room", "var", "value", "folder", "mbx", "a", "authToken", "skin"};

// Control characters that XML has no place for; the rest is base/xml's.
std::string with_controls_marked(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') c = '?';
    }
    return out;
}

// As base::xml::append_attribute, but tabs and line ends outlive it.
void append_kept_attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "=\"";
    const std::string sound = with_controls_marked(value);
    std::string_view rest = sound;
    for (std::size_t at; (at = rest.find_first_of("\t\n")) != std::string_view::npos; rest.remove_prefix(at + 1)) {
        base::xml::append_escaped(out, rest.substr(0, at));
        out += rest[at] == '\t' ? "&#9;" : "&#10;";  // a reader would make it a blank
    }
    base::xml::append_escaped(out, rest);
    out += '"';
}

std::string text_of(const ZimbraElement::Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    return std::get<bool>(value) ? "1" : "0";
}

Json json_of(const ZimbraElement::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return {*number};
    if (const auto* truth = std::get_if<bool>(&value)) return {*truth};
    return {std::get<std::string>(value)};
}

bool is_empty(const ZimbraElement::Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return text && text->empty();
}

ZimbraElement::Shape shape_of(const ZimbraElement& element) {
    if (element.shape != ZimbraElement::Shape::by_name) return element.shape;
    return zimbra_name_repeats(element.name) ? ZimbraElement::Shape::repeated : ZimbraElement::Shape::unique;
}

// `soap:Fault` is no more than Fault where there are no prefixes.
std::string_view local_of(std::string_view name) { return name.substr(name.find(':') + 1); }

}  // namespace

bool zimbra_name_repeats(std::string_view name) { return std::ranges::find(kRepeating, name) != kRepeating.end(); }

ZimbraElement& ZimbraElement::set(std::string attribute, Value value) {
    attributes.emplace_back(std::move(attribute), std::move(value));
    return *this;
}

ZimbraElement& ZimbraElement::set_some(std::string attribute, std::string value) {
    return value.empty() ? *this : set(std::move(attribute), std::move(value));
}

ZimbraElement& ZimbraElement::add(ZimbraElement child) { return children.emplace_back(std::move(child)); }

ZimbraElement& ZimbraElement::add_text(std::string of, Value value, Shape as) {
    ZimbraElement child(std::move(of));
    child.text = std::move(value);
    child.shape = as;
    return add(std::move(child));
}

std::optional<std::string> ZimbraElement::get(std::string_view of) const {
    for (const auto& [attribute, value] : attributes) {
        if (attribute == of) return text_of(value);
    }
    const ZimbraElement* below = child(of);
    return below ? std::optional(below->content()) : std::nullopt;
}

const ZimbraElement* ZimbraElement::child(std::string_view of) const {
    const auto found = std::ranges::find(children, of, &ZimbraElement::name);
    return found == children.end() ? nullptr : &*found;
}

std::string ZimbraElement::content() const { return text_of(text); }

std::string ZimbraElement::xml(const std::string& ns_above) const {
    const std::string& own = ns.empty() ? ns_above : ns;
    std::string out = "<" + name;
    if (own != ns_above) append_kept_attribute(out, "xmlns", own);
    for (const auto& [attribute, value] : attributes) append_kept_attribute(out, attribute, text_of(value));
    if (children.empty() && is_empty(text)) return out + "/>";
    out += '>';
    base::xml::append_escaped(out, with_controls_marked(text_of(text)));
    for (const ZimbraElement& child : children) out += child.xml(own);
    return out + "</" + name + ">";
}

Json ZimbraElement::json(const std::string& ns_above) const {
    const std::string& own = ns.empty() ? ns_above : ns;
    Json object = Json::object();
    for (const auto& [attribute, value] : attributes) object.set(attribute, json_of(value));
    for (std::size_t i = 0; i < children.size(); ++i) {
        const ZimbraElement& child = children[i];
        const std::string key(local_of(child.name));
        if (object.find(key)) continue;  // was gathered with the first of that name
        switch (shape_of(child)) {
            case Shape::member: object.set(key, json_of(child.text)); break;
            case Shape::unique:
            case Shape::by_name: object.set(key, child.json(own)); break;
            case Shape::repeated: {
                Json all = Json::array();
                for (std::size_t k = i; k < children.size(); ++k) {
                    if (local_of(children[k].name) == key) all.append(children[k].json(own));
                }
                object.set(key, std::move(all));
            }
        }
    }
    if (!is_empty(text)) object.set("_content", json_of(text));
    if (own != ns_above) object.set("_jsns", own);
    return object;
}

namespace {

bool may_hold_markup(std::string_view name) { return name == "body" || name == "html" || name == "text" || name == "subject"; }

// Without the namespace of what surrounds it: a tag of HTML is known by its name.
void append_markup(std::string& out, const base::xml::Element& element) {
    if (element.is_text()) return base::xml::append_escaped(out, element.text);
    out += '<';
    out += element.local;
    for (const auto& a : element.attributes) {
        if (a.ns.empty()) append_kept_attribute(out, a.local, a.value);
    }
    if (element.children.empty()) {
        out += "/>";
        return;
    }
    out += '>';
    for (const auto& child : element.children) append_markup(out, child);
    out += "</";
    out += element.local;
    out += '>';
}

}  // namespace

ZimbraElement zimbra_from_xml(const base::xml::Element& element) {
    ZimbraElement out(element.local, element.ns);
    for (const auto& a : element.attributes) {
        if (a.ns.empty()) out.attributes.emplace_back(a.local, a.value);
    }
    std::string text;
    for (const auto& child : element.children) {
        if (child.is_text()) text += child.text;
        else out.children.push_back(zimbra_from_xml(child));
    }
    if (!out.children.empty() && may_hold_markup(out.name)) {
        for (const auto& child : element.children) append_markup(out.markup, child);
    }
    out.text = std::move(text);
    return out;
}

namespace {

std::optional<ZimbraElement::Value> scalar_of(const Json& value) {
    if (const auto* text = value.as_text()) return *text;
    if (const auto number = value.as_int()) return *number;
    if (const auto truth = value.as_bool()) return *truth;
    if (value.as_double()) return value.dump();
    if (value.is_null()) return std::string();
    return std::nullopt;
}

}  // namespace

std::optional<ZimbraElement> zimbra_from_json(std::string_view name, const Json& value, const std::string& ns_above,
                                              std::size_t& budget) {
    if (budget == 0) return std::nullopt;
    --budget;
    ZimbraElement out{std::string(name)};
    out.ns = ns_above;
    if (auto scalar = scalar_of(value)) {
        out.text = std::move(*scalar);
        return out;
    }
    const auto* members = value.as_object();
    if (!members) return out;  // an array in an array: nothing is written so
    if (const auto* ns = value.find("_jsns"); ns && ns->as_text()) out.ns = *ns->as_text();
    const auto add = [&](const std::string& of, const Json& item) {
        auto child = zimbra_from_json(of, item, out.ns, budget);
        if (child) out.children.push_back(std::move(*child));
        return child.has_value();
    };
    for (const auto& [member, item] : *members) {
        if (member == "_jsns") continue;
        if (member == "_content") {
            if (auto scalar = scalar_of(item)) out.text = std::move(*scalar);
        } else if (const auto* all = item.as_array()) {
            for (const Json& one : *all) {
                if (!add(member, one)) return std::nullopt;
            }
        } else if (auto scalar = scalar_of(item)) {
            if (budget == 0) return std::nullopt;
            --budget;
            out.attributes.emplace_back(member, std::move(*scalar));
        } else if (!add(member, item)) {
            return std::nullopt;
        }
    }
    return out;
}

}  // namespace doors
