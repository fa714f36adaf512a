// tests/rvp/acl_test.cc: ACL get and set from request to answer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using tests::DeskWorld;
using tests::kAsked;
using tests::kHead;
using tests::kRoot;
using tests::lines_of;
using tests::url_of;

namespace {

const std::string kAny = "<a:credentials><a:assertion/><a:digest/><a:ntlm/></a:credentials>";
const std::string kEveryone = "<a:ace><a:principal><a:allprincipals/>" + kAny +
                              "</a:principal><a:grant><a:list/><a:read/><a:send-to/><a:presence/></a:grant><a:deny/></a:ace>";

std::string ace_of(const std::string& who) {
    return "<a:ace><a:principal><a:rvp-principal>" + url_of(who) + "</a:rvp-principal>" + kAny + "</a:principal>";
}
const std::string kOwner =
    ace_of("bob") + "<a:grant><a:list/><a:read/><a:write/><a:send-to/><a:receive-from/><a:readacl/><a:writeacl/>"
                   "<a:presence/><a:subscriptions/><a:subscribe-others/></a:grant><a:deny/></a:ace>";

std::string answered(const std::string& aces) {
    return kHead + "<a:rvpacl" + kRoot + "><a:acl><a:inheritance>none</a:inheritance>" + aces +
        "</a:acl></a:rvpacl>";
}
// The one entry that a client sends when a contact is added or blocked, in its own spelling.
std::string change(const std::string& who, const std::string& rights,
    const std::string& credentials = "<a:any/>") {
    return "<a:rvpacl" + kAsked + "><a:acl><a:ace><a:principal>" + who + "<a:credentials>" + credentials +
           "</a:credentials></a:principal>" + rights + "</a:ace></a:acl></a:rvpacl>";
}
const std::string kCarol = "<a:rvp-principal> " + url_of("carol") + "/ </a:rvp-principal>";

}  // namespace

TEST(AclMethod, GetShowsTheInitialListAndTheOwner) {
    DeskWorld world;
    const auto response = world.ask("ACL", "bob", "bob");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(lines_of(response), "Content-Type: text/xml\nRVP-Notifications-Version: 0.2\n");
    EXPECT_EQ(response.body, answered(kEveryone + kOwner));
}

TEST(AclMethod, SetMergesOneEntryAndAnswersTheWholeList) {
    DeskWorld world;
    const auto blocked = world.ask("ACL", "bob", "bob", {}, change(kCarol,
        "<a:grant/><a:deny><a:send-to/><a:presence/></a:deny>"));
    EXPECT_EQ(blocked.status, 200);
    EXPECT_EQ(lines_of(blocked), "Content-Type: text/xml\nRVP-Notifications-Version: 0.2\n");
    const std::string carol = ace_of("carol") + "<a:grant/><a:deny><a:send-to/><a:presence/></a:deny></a:ace>";
    EXPECT_EQ(blocked.body, answered(kEveryone + carol + kOwner));
    EXPECT_EQ(world.ask("ACL", "bob", "bob").body, blocked.body);
}

TEST(AclMethod, ABlockTakesEffectAtOnceAndAllowLiftsIt) {
    DeskWorld world;
    world.patch(world.who("bob", 2), "bob", "busy");
    world.ask("ACL", "bob", "bob", {}, change(kCarol, "<a:deny><a:presence/></a:deny>"));
    EXPECT_EQ(world.seen("carol", "bob"), "");
    EXPECT_EQ(world.seen("dave", "bob"), "busy");
    world.ask("ACL", "bob", "bob", {}, change(kCarol, "<a:allow><a:presence/></a:allow>"));
    EXPECT_EQ(world.seen("carol", "bob"), "busy");
}

TEST(AclMethod, EverybodyElseIsAnEntryLikeAnother) {
    DeskWorld world;
    const auto response = world.ask("ACL", "bob", "bob", {}, change("<a:allprincipals/>",
        "<a:deny><a:send-to/></a:deny>"));
    EXPECT_EQ(response.body, answered("<a:ace><a:principal><a:allprincipals/>" + kAny + "</a:principal>"
                                      "<a:grant><a:list/><a:read/><a:presence/></a:grant><a:deny><a:send-to/></a:deny></a:ace>" +
                                      kOwner));
}

TEST(AclMethod, AnEntryWithoutCredentialsIsRefusedAndChangesNothing) {
    DeskWorld world;
    const std::string before = world.ask("ACL", "bob", "bob").body;
    const auto response = world.ask("ACL", "bob", "bob", {}, change(kCarol, "<a:deny><a:presence/></a:deny>", ""));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, "credentials not specified (RVP 5.7.2)\n");
    EXPECT_EQ(world.ask("ACL", "bob", "bob").body, before);
}

TEST(AclMethod, OthersMayNeitherReadNorWriteTheList) {
    DeskWorld world;
    world.ask("ACL", "bob", "bob");
    const auto read = world.ask("ACL", "bob", "mallory");
    EXPECT_EQ(read.status, 403);
    EXPECT_EQ(read.body, url_of("mallory") + " has no right readacl on /instmsg/aliases/bob (RVP 5.7)\n");
    const auto write = world.ask("ACL", "bob", "mallory", {}, change(kCarol, "<a:grant><a:writeacl/></a:grant>"));
    EXPECT_EQ(write.status, 403);
    EXPECT_EQ(write.body, url_of("mallory") + " has no right writeacl on /instmsg/aliases/bob (RVP 5.7)\n");
}

TEST(AclMethod, TheOwnerCannotLockHimselfOut) {
    DeskWorld world;
    const std::string bob = "<a:rvp-principal>" + url_of("bob") + "</a:rvp-principal>";
    const auto response = world.ask("ACL", "bob", "bob", {}, change(bob, "<a:deny><a:all/></a:deny>"));
    EXPECT_EQ(response.body, answered(kEveryone + kOwner));
    EXPECT_EQ(world.ask("ACL", "bob", "bob").status, 200);
}

TEST(AclMethod, TellsWhatWasChangedAndByWhom) {
    DeskWorld w;
    std::vector<std::string> told;
    rvp::Verbs verbs{w.service, w.realm, base::xml::Bounds{}};
    verbs.acl_changed = [&](const presence::Caller& by, const presence::NodeName& node,
                            const std::vector<presence::Ace>& changes) {
        told.push_back(by.url + " " + node.path + " " + std::to_string(changes.size()));
    };
    const rvp::Desk desk(verbs);
    const auto set_by = [&](const std::string& name) {
        desk.serve(tests::request_of("ACL", "/instmsg/aliases/bob", name, {},
                                     change(kCarol, "<a:grant><a:read/></a:grant><a:deny/>")),
                   [](const base::Response&) {});
        desk.serve(tests::request_of("ACL", "/instmsg/aliases/bob", name), [](const base::Response&) {});
    };
    set_by("bob");
    set_by("eve");  // may not
    EXPECT_EQ(told, std::vector<std::string>{url_of("bob") + " /instmsg/aliases/bob 1"});
}
