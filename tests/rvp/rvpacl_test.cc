// tests/rvp/rvpacl_test.cc: the rvpacl element, both ways.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/rvpacl.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using presence::Ace;
using presence::Right;
using presence::Rights;

namespace {

constexpr presence::Credentials kAssertion = 1;
constexpr presence::Credentials kDigest = 2;
constexpr presence::Credentials kNtlm = 4;

const presence::Realm kAcme("im.acme.com", "acme.com", {});
const std::string kBruce = "http://im.acme.com/instmsg/aliases/bruceb";

base::Result<std::vector<Ace>> aces_of(const std::string& document) {
    const auto root = base::xml::parse(document);
    if (!root) return std::unexpected(root.error());
    return rvp::read_rvpacl(*root, kAcme);
}
std::string document(const std::string& aces) { return "<a:rvpacl" + tests::kAsked + "><a:acl>" + aces +
    "</a:acl></a:rvpacl>"; }
std::string principal(const std::string& who, const std::string& credentials = "<a:any/>") {
    return "<a:principal>" + who + "<a:credentials>" + credentials + "</a:credentials></a:principal>";
}
std::string one(const std::string& url) { return "<a:rvp-principal>" + url + "</a:rvp-principal>"; }
std::string ace(const std::string& inside) { return "<a:ace>" + inside + "</a:ace>"; }

const std::string kAll = "<a:allprincipals/>";

// The one entry of a document with that entry.
Ace only(const std::string& inside) {
    const auto aces = aces_of(document(ace(inside)));
    EXPECT_TRUE(aces) << (aces ? "" : aces.error().text);
    if (!aces || aces->size() != 1) return {};
    return aces->front();
}
std::string refused_acl(const std::string& aces) {
    const auto list = aces_of(document(aces));
    if (list) return "";
    EXPECT_EQ(list.error().code, base::Errc::malformed);
    return list.error().text;
}

}  // namespace

TEST(Rvpacl, ReadsAnEntryOfAPrincipal) {
    const Ace entry = only(principal(one(kBruce), "<a:assertion/><a:ntlm/>") +
                           "<a:grant><a:list/><a:subscribe-others/></a:grant><a:deny><a:send-to/></a:deny>");
    EXPECT_EQ(entry.key, "/instmsg/aliases/bruceb");
    EXPECT_EQ(entry.url, kBruce);
    EXPECT_EQ(entry.credentials, kAssertion | kNtlm);
    EXPECT_EQ(entry.grant, (Rights{Right::list, Right::subscribe_others}));
    EXPECT_EQ(entry.deny, (Rights{Right::send_to}));
}

TEST(Rvpacl, ReadsAnEntryOfEverybody) {
    const Ace entry = only(principal(kAll, "<a:digest/>") + "<a:grant/><a:deny><a:presence/></a:deny>");
    EXPECT_EQ(entry.key, "");
    EXPECT_EQ(entry.url, "");
    EXPECT_EQ(entry.credentials, kDigest);
    EXPECT_EQ(entry.grant, Rights());
    EXPECT_EQ(entry.deny, (Rights{Right::presence}));
}

TEST(Rvpacl, EveryRightHasItsName) {
    const std::vector<std::pair<std::string, Right>> rights = {
        {"list", Right::list},       {"read", Right::read},         {"write", Right::write},
        {"send-to", Right::send_to}, {"receive-from", Right::receive_from},
        {"readacl", Right::readacl}, {"writeacl", Right::writeacl}, {"presence", Right::presence},
        {"subscriptions", Right::subscriptions}, {"subscribe-others", Right::subscribe_others}};
    for (const auto& [name, right] : rights) {
        EXPECT_EQ(only(principal(kAll) + "<a:grant><a:" + name + "/></a:grant>").grant, Rights{right}) << name;
    }
    EXPECT_EQ(only(principal(kAll) + "<a:grant><a:all/></a:grant>").grant, Rights::all());
    EXPECT_EQ(only(principal(kAll) + "<a:deny><a:writeowner/><a:delete/><a:createchild/><a:deletechild/></a:deny>").deny,
              Rights());
}

TEST(Rvpacl, AllowIsGrant) {
    EXPECT_EQ(only(principal(kAll) + "<a:allow><a:read/></a:allow><a:grant><a:list/></a:grant>").grant,
              (Rights{Right::read, Right::list}));
}

TEST(Rvpacl, DenyWinsInOneEntry) {
    const Ace entry = only(principal(kAll) + "<a:deny><a:read/></a:deny><a:grant><a:read/><a:list/></a:grant>");
    EXPECT_EQ(entry.grant, (Rights{Right::list}));
    EXPECT_EQ(entry.deny, (Rights{Right::read}));
}

TEST(Rvpacl, TheNamespaceMayBeSpelledAsInTheDocuments) {
    const std::string inside = "<acl><ace><principal><allprincipals/><credentials><any/></credentials></principal>"
                               "<grant><list/></grant></ace></acl>";
    for (const char* ns : {"http://schemas.microsoft.com/rvp/acl/", "http://schemas.microsoft.com/rvp/acl",
                           "http://schemas.Microsoft.com/rvp/acl", "http://schemas.microsoft.com/rvp/", ""}) {
        const auto aces = aces_of("<rvpacl xmlns='" + std::string(ns) + "'>" + inside + "</rvpacl>");
        ASSERT_TRUE(aces) << ns;
        EXPECT_EQ(aces->front().grant, (Rights{Right::list})) << ns;
    }
}

TEST(Rvpacl, BlanksAndATrailingSlashOfAPrincipalAreStripped) {
    const Ace entry = only(principal(one("\n   http://IM.acme.com/instmsg/aliases/bruceb/ \n")) + "<a:grant/>");
    EXPECT_EQ(entry.key, "/instmsg/aliases/bruceb");
    EXPECT_EQ(entry.url, kBruce);
}

TEST(Rvpacl, ForeignPrincipalsAndWholeServersAreNamedByHost) {
    EXPECT_EQ(only(principal(one("http://im.example.com/instmsg/aliases/SteveB")) + "<a:grant/>").key,
              "im.example.com/instmsg/aliases/steveb");
    const Ace server = only(principal(one(" im.example.com ")) + "<a:grant/>");
    EXPECT_EQ(server.key, "im.example.com");
    EXPECT_EQ(server.url, "im.example.com");
}

TEST(Rvpacl, EntriesKeepTheirOrderAndInheritanceMayBeNone) {
    const auto aces = aces_of(document("<a:inheritance> none\n</a:inheritance>" + ace(principal(one(kBruce)) +
        "<a:grant/>") +
                                    ace(principal(kAll) + "<a:deny/>")));
    ASSERT_TRUE(aces);
    ASSERT_EQ(aces->size(), 2U);
    EXPECT_EQ((*aces)[0].url, kBruce);
    EXPECT_EQ((*aces)[1].url, "");
}

TEST(Rvpacl, CredentialsMustBeGivenAndKnown) {
    const std::string missing = "credentials not specified (RVP 5.7.2)";
    EXPECT_EQ(refused_acl(ace("<a:principal>" + kAll + "</a:principal><a:grant/>")), missing);
    EXPECT_EQ(refused_acl(ace(principal(kAll, "") + "<a:grant/>")), missing);
    EXPECT_EQ(refused_acl(ace(principal(kAll, " any ") + "<a:grant/>")), missing);
    EXPECT_EQ(refused_acl(ace(principal(kAll, "<a:kerberos/>"))), "unknown credentials a:kerberos (RVP 5.7.2.1)");
    EXPECT_EQ(only(principal(kAll, "<a:any/>")).credentials, presence::kAnyCredentials);
    EXPECT_EQ(only(principal(kAll, "<a:internal/>")).credentials, 8);
}

TEST(Rvpacl, APrincipalHasOneNameAndOneSetOfCredentials) {
    const std::string names = "a:principal names more than one principal (RVP 5.7.2)";
    const std::string one_name = one("http://im.example.com/instmsg/aliases/bob");
    EXPECT_EQ(refused_acl(ace(principal(one_name + kAll) + "<a:grant><a:write/></a:grant>")), names);
    EXPECT_EQ(refused_acl(ace(principal(one_name + one_name) + "<a:grant/>")), names);
    EXPECT_EQ(refused_acl(ace(principal(kAll + std::string("<a:credentials><a:ntlm/></a:credentials>")) + "<a:grant/>")),
              "a:principal has more than one a:credentials (RVP 5.7.2)");
}

TEST(Rvpacl, SaysWhatIsWrong) {
    EXPECT_EQ(aces_of("<a/>").error().text, "the root element is a, not a:rvpacl (RVP 5.7)");
    EXPECT_EQ(aces_of("<rvpacl/>").error().text, "a:rvpacl has no a:acl (RVP 5.7)");
    EXPECT_EQ(refused_acl(""), "a:acl holds no a:ace (RVP 5.7)");
    EXPECT_EQ(refused_acl("<a:inheritance>full</a:inheritance>"), "a:inheritance can only be none (RVP 5.7.2)");
    EXPECT_EQ(refused_acl("<a:entry/>"), "a:acl holds a:entry (RVP 5.7)");
    EXPECT_EQ(refused_acl(ace("<a:grant/>")), "a:ace has no a:principal (RVP 5.7.2)");
    EXPECT_EQ(refused_acl(ace(principal(""))),
        "a:principal has no a:rvp-principal and no a:allprincipals (RVP 5.7.2)");
    EXPECT_EQ(refused_acl(ace(principal(one("ftp://x")))),
        "a:rvp-principal: only http URLs name nodes: ftp://x (RVP 5.7.2)");
    EXPECT_EQ(refused_acl(ace(principal(one("")))), "a:rvp-principal: empty URL (RVP 5.7.2)");
    EXPECT_EQ(refused_acl(ace(principal(kAll) + "<a:grant><a:fly/></a:grant>")), "unknown right a:fly (RVP 5.7.1)");
    EXPECT_EQ(refused_acl(ace(principal(kAll) + "<a:deny><a:fly/></a:deny>")), "unknown right a:fly (RVP 5.7.1)");
}

TEST(Rvpacl, RendersTheDocumentOfTheSpecification) {
    const std::string steve = "http://im.example.com/instmsg/aliases/steveb";
    const Ace no_steve{"im.example.com/instmsg/aliases/steveb", steve, presence::kAnyCredentials, {},
                       {Right::send_to, Right::presence}};
    const Ace everyone{"", "", presence::kAnyCredentials, {Right::list, Right::read, Right::send_to,
        Right::presence}, {}};
    const Ace bruce{"/instmsg/aliases/bruceb", kBruce, kAssertion, Rights::all(), {}};
    const std::string any = "<a:credentials><a:assertion/><a:digest/><a:ntlm/></a:credentials>";
    const std::string expected =
        "<?xml version=\"1.0\"?><a:rvpacl xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\""
        " xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"><a:acl><a:inheritance>none</a:inheritance>"
        "<a:ace><a:principal><a:rvp-principal>" + steve + "</a:rvp-principal>" + any + "</a:principal>"
        "<a:grant/><a:deny><a:send-to/><a:presence/></a:deny></a:ace>"
        "<a:ace><a:principal><a:allprincipals/>" + any + "</a:principal>"
        "<a:grant><a:list/><a:read/><a:send-to/><a:presence/></a:grant><a:deny/></a:ace>"
        "<a:ace><a:principal><a:rvp-principal>" + kBruce + "</a:rvp-principal>"
        "<a:credentials><a:assertion/></a:credentials></a:principal>"
        "<a:grant><a:list/><a:read/><a:write/><a:send-to/><a:receive-from/><a:readacl/><a:writeacl/><a:presence/>"
        "<a:subscriptions/><a:subscribe-others/></a:grant><a:deny/></a:ace></a:acl></a:rvpacl>";
    EXPECT_EQ(rvp::render_rvpacl(presence::Acl({no_steve, everyone, bruce})), expected);
}

TEST(Rvpacl, WhatIsRenderedIsReadBackTheSame) {
    const std::vector<Ace> aces = {{"", "", kDigest, {Right::read}, {Right::list}},
                                   {"im.b.org/a", "http://im.b.org/a", 8, {}, Rights::all()},
                                   {"/a&b", "http://im.acme.com/a&b", kNtlm, {Right::write}, {}}};
    const auto again = aces_of(rvp::render_rvpacl(presence::Acl(aces)));
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(*again, aces);
}
