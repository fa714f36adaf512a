// rvp/rvpacl.cc: the rvpacl element, both ways.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.7
#include "rvp/rvpacl.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "dav/names.h"

namespace rvp {

using base::Errc;
using base::fail;
using base::xml::Element;
using presence::Right;
using presence::Rights;

namespace {

constexpr std::array<std::pair<std::string_view, presence::Proof>, 4> kProofs = {{
    {"assertion", presence::Proof::assertion},
    {"digest", presence::Proof::digest},
    {"ntlm", presence::Proof::ntlm},
    {"internal", presence::Proof::internal},
}};

// The rights RVP 5.7.1 names only to say that they are not supported.
bool unsupported(std::string_view name) {
    return name == "writeowner" || name == "delete" || name == "createchild" || name == "deletechild";
}

base::Result<Rights> read_rights(const Element& parent) {
    Rights rights;
    for (const Element& child : parent.children) {
        if (child.is_text() || unsupported(child.local)) continue;
        if (child.local == "all") {
            rights.add(Rights::all());
            continue;
        }
        bool known = false;
        for (const auto& [name, right] : presence::kRights) {
            if (child.local != name) continue;
            rights.add({right});
            known = true;
        }
        if (!known) return fail(Errc::malformed, "unknown right a:" + child.local + " (RVP 5.7.1)");
    }
    return rights;
}

base::Result<presence::Credentials> read_credentials(const Element& principal) {
    const Element* credentials = principal.child("credentials");
    if (!credentials || !credentials->first_child()) {
        return fail(Errc::malformed, "credentials not specified (RVP 5.7.2)");
    }
    unsigned set = 0;
    for (const Element& child : credentials->children) {
        if (child.is_text()) continue;
        if (child.local == "any") {
            set |= presence::kAnyCredentials;
            continue;
        }
        bool known = false;
        for (const auto& [name, proof] : kProofs) {
            if (child.local != name) continue;
            set |= std::to_underlying(proof);
            known = true;
        }
        if (!known) return fail(Errc::malformed, "unknown credentials a:" + child.local + " (RVP 5.7.2.1)");
    }
    return static_cast<presence::Credentials>(set);
}

// Two names in one entry could be read as either, and one of them as everybody.
base::Result<void> check_single(const Element& principal) {
    int names = 0;
    int credentials = 0;
    for (const Element& child : principal.children) {
        names += child.local == "rvp-principal" || child.local == "allprincipals" ? 1 : 0;
        credentials += child.local == "credentials" ? 1 : 0;
    }
    if (names > 1) return fail(Errc::malformed, "a:principal names more than one principal (RVP 5.7.2)");
    if (credentials > 1) return fail(Errc::malformed, "a:principal has more than one a:credentials (RVP 5.7.2)");
    return {};
}

base::Result<presence::Ace> read_ace(const Element& element, const presence::Realm& realm) {
    const Element* principal = element.child("principal");
    if (!principal) return fail(Errc::malformed, "a:ace has no a:principal (RVP 5.7.2)");
    presence::Ace ace;
    if (auto single = check_single(*principal); !single) return std::unexpected(single.error());
    if (!principal->child("allprincipals")) {
        const Element* named = principal->child("rvp-principal");
        if (!named) return fail(Errc::malformed, "a:principal has no a:rvp-principal and no a:allprincipals (RVP 5.7.2)");
        const auto address = presence::Address::parse(named->all_text());
        if (!address) return fail(Errc::malformed, "a:rvp-principal: " + address.error().text + " (RVP 5.7.2)");
        ace.key = realm.key(*address);
        ace.url = address->url();
    }
    const auto credentials = read_credentials(*principal);
    if (!credentials) return std::unexpected(credentials.error());
    ace.credentials = *credentials;
    for (const Element& child : element.children) {
        const bool grant = child.local == "grant" || child.local == "allow";
        if (!grant && child.local != "deny") continue;
        const auto rights = read_rights(child);
        if (!rights) return std::unexpected(rights.error());
        (grant ? ace.grant : ace.deny).add(*rights);
    }
    ace.grant.remove(ace.deny);  // one entry cannot mean both; deny wins
    return ace;
}

void append_rights(std::string& out, std::string_view tag, Rights rights) {
    if (rights.empty()) {
        out.append("<a:").append(tag).append("/>");
        return;
    }
    out.append("<a:").append(tag).append(">");
    for (const auto& [name, right] : presence::kRights) {
        if (rights.has(right)) out.append("<a:").append(name).append("/>");
    }
    out.append("</a:").append(tag).append(">");
}

void append_ace(std::string& out, const presence::Ace& ace) {
    out += "<a:ace><a:principal>";
    if (ace.key.empty()) {
        out += "<a:allprincipals/>";
    } else {
        out += "<a:rvp-principal>";
        base::xml::append_escaped(out, ace.url);
        out += "</a:rvp-principal>";
    }
    out += "<a:credentials>";
    for (const auto& [name, proof] : kProofs) {
        if ((ace.credentials & std::to_underlying(proof)) != 0) out.append("<a:").append(name).append("/>");
    }
    out += "</a:credentials></a:principal>";
    append_rights(out, "grant", ace.grant);
    append_rights(out, "deny", ace.deny);
    out += "</a:ace>";
}

}  // namespace

base::Result<std::vector<presence::Ace>> read_rvpacl(const Element& root, const presence::Realm& realm) {
    if (root.local != "rvpacl") {
        return fail(Errc::malformed, "the root element is " + root.local + ", not a:rvpacl (RVP 5.7)");
    }
    const Element* acl = root.child("acl");
    if (!acl) return fail(Errc::malformed, "a:rvpacl has no a:acl (RVP 5.7)");
    std::vector<presence::Ace> aces;
    for (const Element& child : acl->children) {
        if (child.is_text()) continue;
        if (child.local == "inheritance") {
            if (base::trim(child.all_text()) != "none") {
                return fail(Errc::malformed, "a:inheritance can only be none (RVP 5.7.2)");
            }
            continue;
        }
        if (child.local != "ace") return fail(Errc::malformed, "a:acl holds a:" + child.local + " (RVP 5.7)");
        auto ace = read_ace(child, realm);
        if (!ace) return std::unexpected(ace.error());
        aces.push_back(std::move(*ace));
    }
    if (aces.empty()) return fail(Errc::malformed, "a:acl holds no a:ace (RVP 5.7)");
    return aces;
}

std::string render_rvpacl(const presence::Acl& acl) {
    std::string out(dav::kXmlHead);
    out.append("<a:rvpacl").append(dav::kRootNamespaces).append("><a:acl><a:inheritance>none</a:inheritance>");
    for (const presence::Ace& ace : acl.entries()) append_ace(out, ace);
    out += "</a:acl></a:rvpacl>";
    return out;
}

}  // namespace rvp
