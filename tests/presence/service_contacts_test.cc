// tests/presence/service_contacts_test.cc: contact lists: what may be in them, how they change, and what is kept.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>

#include "presence/record.h"
#include "tests/fake_journal.h"
#include "tests/fakes.h"

using base::Errc;
using presence::ContactPatch;
using presence::ContactsPatch;
using presence::ListedContact;
using tests::FakeJournal;
using tests::PresenceWorld;

namespace {

using Lines = std::vector<std::string>;

const std::string kBob = "/instmsg/aliases/bob";
const std::string kCarol = "/instmsg/aliases/carol";
const std::string kDave = "/instmsg/aliases/dave";

/// `carol (Caz) [Friends,Work] blocked`
std::string line_of(const ListedContact& c) {
    std::string groups;
    for (const std::string& group : c.groups) groups += (groups.empty() ? "" : ",") + group;
    const std::string name = c.account.starts_with('/') ? c.account.substr(c.account.rfind('/') + 1) : c.account;
    return name + " (" + c.nickname + ") [" + groups + "]" + (c.blocked ? " blocked" : "");
}

/// Writes down what it is told.
struct ContactListener final : presence::ContactEvents {
    void contact_put(const std::string& owner, const ListedContact& c, bool is_new) override {
        lines.push_back((is_new ? "new " : "put ") + std::string(presence::alias_of(owner)) + " " + line_of(c));
    }
    void contact_removed(const std::string& owner, const ListedContact& c) override {
        lines.push_back("gone " + std::string(presence::alias_of(owner)) + " " + line_of(c));
    }
    Lines take() { return std::exchange(lines, {}); }
    Lines lines;
};

// A service on a journal that answers when told; `again()` is a restart on what was kept.
struct ContactsWorld {
    explicit ContactsWorld(presence::Settings s = PresenceWorld::defaults()) : settings(std::move(s)) { start(); }
    ~ContactsWorld() { stop(); }

    void start() {
        service = std::make_unique<presence::Service>(world.realm, settings, world.carrier, journal, world.wheel, world.clock);
        service->listen(events);
        ASSERT_TRUE(service->load());
    }
    void stop() {
        journal.complete_all();
        service.reset();
    }
    void again() {
        stop();
        start();
    }
    base::Result<ListedContact> put(const std::string& owner, ContactPatch wanted) {
        ask(owner, std::move(wanted));
        journal.complete_all();
        return *last;
    }
    void ask(const std::string& owner, ContactPatch wanted) {
        last = std::make_shared<base::Result<ListedContact>>(base::fail(Errc::internal, "no answer"));
        service->put_contact(world.alias(owner), std::move(wanted), [out = last](auto put) { *out = std::move(put); });
    }
    base::Result<void> put_all(std::vector<ContactsPatch> wanted) {
        base::Result<void> out = base::fail(Errc::internal, "no answer");
        service->put_contacts(std::move(wanted), [&out](auto put) { out = put; });
        journal.complete_all();
        return out;
    }
    base::Result<void> remove(const std::string& owner, const std::string& account) {
        base::Result<void> out = base::fail(Errc::internal, "no answer");
        service->remove_contact(world.alias(owner), account, [&out](auto gone) { out = gone; });
        journal.complete_all();
        return out;
    }
    Lines list(const std::string& owner) {
        Lines lines;
        if (const auto* all = service->contacts("/instmsg/aliases/" + owner)) {
            all->for_each([&lines](const ListedContact& c) { lines.push_back(line_of(c)); });
        }
        return lines;
    }
    std::ptrdiff_t kept(char kind) const {
        return std::ranges::count_if(journal.records, [kind](const auto& r) { return std::get<char>(r.first) == kind; });
    }

    PresenceWorld world;
    presence::Settings settings;
    FakeJournal journal;
    ContactListener events;
    std::shared_ptr<base::Result<ListedContact>> last;
    std::unique_ptr<presence::Service> service;
};

}  // namespace

TEST(Contacts, StandInTheOrderInWhichTheyWereAdded) {
    ContactsWorld w;
    for (const std::string& account : {kDave, std::string("zoe@other.org"), kBob}) ASSERT_TRUE(w.put("carol", {account}));
    ASSERT_TRUE(w.put("carol", {kDave, "Dave", std::vector<std::string>{"Work"}, true}));
    const Lines wanted{"dave (Dave) [Work] blocked", "zoe@other.org () []", "bob () []"};
    EXPECT_EQ(w.list("carol"), wanted);
    w.again();
    EXPECT_EQ(w.list("carol"), wanted);
    ASSERT_TRUE(w.remove("carol", kDave));
    ASSERT_TRUE(w.put("carol", {kDave}));
    w.again();
    EXPECT_EQ(w.list("carol"), (Lines{"zoe@other.org () []", "bob () []", "dave () []"}));
}

TEST(Contacts, KeepWhatIsNotSaid) {
    ContactsWorld w;
    ASSERT_TRUE(w.put("carol", {kBob, "Bobby", std::vector<std::string>{"Friends", "Work", "Friends"}, true}));
    EXPECT_EQ(w.list("carol"), Lines{"bob (Bobby) [Friends,Work] blocked"});
    ASSERT_TRUE(w.put("carol", {.account = kBob, .nickname = ""}));
    EXPECT_EQ(w.list("carol"), Lines{"bob () [Friends,Work] blocked"});
    ASSERT_TRUE(w.put("carol", {.account = kBob, .groups = std::vector<std::string>{}}));
    EXPECT_EQ(w.list("carol"), Lines{"bob () [] blocked"});
    ASSERT_TRUE(w.put("carol", {.account = kBob, .blocked = false}));
    EXPECT_EQ(w.list("carol"), Lines{"bob () []"});
}

TEST(Contacts, HaveAnIdThatStaysAndIsNobodyElses) {
    ContactsWorld w;
    const std::string bob = w.put("carol", {kBob})->id;
    EXPECT_TRUE(std::regex_match(bob, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"))) << bob;
    EXPECT_NE(w.put("carol", {kDave})->id, bob);
    EXPECT_NE(w.put("dave", {kBob})->id, bob);
    EXPECT_EQ(w.put("carol", {kBob, "Bobby"})->id, bob);
    w.again();
    EXPECT_EQ(w.service->contacts(kCarol)->find(kBob)->id, bob);
    ASSERT_TRUE(w.remove("carol", kBob));
    EXPECT_NE(w.put("carol", {kBob})->id, bob);
}

TEST(Contacts, AreToldAndAnsweredOnceTheyAreSafe) {
    ContactsWorld w;
    w.ask("carol", {kBob, "Bobby"});
    EXPECT_FALSE(*w.last);
    EXPECT_EQ(w.list("carol"), Lines{});
    EXPECT_EQ(w.events.take(), Lines{});
    w.journal.complete_all();
    EXPECT_EQ((*w.last)->nickname, "Bobby");
    EXPECT_EQ(w.events.take(), Lines{"new carol bob (Bobby) []"});
    ASSERT_TRUE(w.put("carol", {.account = kBob, .blocked = true}));
    EXPECT_EQ(w.events.take(), Lines{"put carol bob (Bobby) [] blocked"});
    const std::size_t batches = w.journal.asked.size();
    ASSERT_TRUE(w.put("carol", {kBob, "Bobby"}));  // as it is already
    EXPECT_EQ(w.journal.asked.size(), batches);
    EXPECT_EQ(w.events.take(), Lines{});
    ASSERT_TRUE(w.remove("carol", kBob));
    EXPECT_EQ(w.events.take(), Lines{"gone carol bob (Bobby) [] blocked"});
    w.service->unlisten(w.events);
    ASSERT_TRUE(w.put("carol", {kBob}));
    EXPECT_EQ(w.events.take(), Lines{});
}

TEST(Contacts, ThatCannotBeKeptAreNotThere) {
    ContactsWorld w;
    w.journal.fail_with(base::Error{Errc::internal, "disk on fire"});
    EXPECT_EQ(w.put("carol", {kBob}).error().code, Errc::no_space);
    EXPECT_EQ(w.list("carol"), Lines{});
    EXPECT_EQ(w.service->nodes().size(), 0U);
    w.journal.fail_with({});
    ASSERT_TRUE(w.put("carol", {kBob}));
    w.journal.fail_with(base::Error{Errc::no_space, "disk full"});
    EXPECT_EQ(w.remove("carol", kBob).error().code, Errc::no_space);
    EXPECT_FALSE(w.put("carol", {kBob, "Bobby"}));
    EXPECT_EQ(w.list("carol"), Lines{"bob () []"});
    EXPECT_EQ(w.events.take(), Lines{"new carol bob () []"});
}

TEST(Contacts, ChangedByTwoAtOnceAreChangedByBoth) {
    ContactsWorld w;
    w.ask("carol", {kBob, "Bobby"});
    w.ask("carol", {.account = kBob, .blocked = true});
    w.ask("carol", {kDave});
    w.journal.complete_all();
    EXPECT_EQ(w.list("carol"), (Lines{"bob (Bobby) [] blocked", "dave () []"}));
    EXPECT_EQ(w.events.take(), (Lines{"new carol bob (Bobby) []", "put carol bob (Bobby) [] blocked", "new carol dave () []"}));
    w.again();
    EXPECT_EQ(w.list("carol"), (Lines{"bob (Bobby) [] blocked", "dave () []"}));
}

TEST(Contacts, OfManyPeopleComeTogetherOrNotAtAll) {
    ContactsWorld w;
    const auto contacts = [&w](const std::string& owner, const Lines& accounts) {
        ContactsPatch list{w.world.alias(owner), {}};
        for (const std::string& account : accounts) list.contacts.push_back({account});
        return list;
    };
    const std::size_t batches = w.journal.asked.size();
    // carol twice: that is one turn, and one list
    ASSERT_TRUE(w.put_all({contacts("carol", {kBob}), contacts("bob", {kCarol}), contacts("carol", {kDave})}));
    EXPECT_EQ(w.journal.asked.size(), batches + 1);
    EXPECT_EQ(w.list("carol"), (Lines{"bob () []", "dave () []"}));
    EXPECT_EQ(w.list("bob"), Lines{"carol () []"});
    w.journal.fail_next(1);
    EXPECT_FALSE(w.put_all({contacts("carol", {"x@y"}), contacts("dave", {kCarol})}));
    EXPECT_FALSE(w.put_all({contacts("carol", {"x@y"}), contacts("dave", {"no account"})}));
    EXPECT_EQ(w.list("carol"), (Lines{"bob () []", "dave () []"}));
    EXPECT_EQ(w.service->nodes().find(kDave), nullptr);
    w.again();
    EXPECT_EQ(w.list("bob"), Lines{"carol () []"});
    EXPECT_TRUE(w.put_all({}));
}

TEST(Contacts, WaitForEachOthersTurnsWithoutEnd) {
    ContactsWorld w;
    const auto both = [&w](const std::string& first, const std::string& second, const std::string& account) {
        std::vector<ContactsPatch> lists;
        lists.push_back({w.world.alias(first), {{account}}});
        lists.push_back({w.world.alias(second), {{account}}});
        return lists;
    };
    int answered = 0;
    const auto count = [&answered](const base::Result<void>& put) { answered += put ? 1 : 0; };
    w.service->put_contacts(both("bob", "carol", "a@x"), count);
    w.service->put_contacts(both("carol", "dave", "b@x"), count);
    w.service->put_contacts(both("dave", "bob", "c@x"), count);
    w.journal.complete_all();
    EXPECT_EQ(answered, 3);
    EXPECT_EQ(w.list("bob"), (Lines{"a@x () []", "c@x () []"}));
    EXPECT_EQ(w.list("carol"), (Lines{"a@x () []", "b@x () []"}));
    EXPECT_EQ(w.list("dave"), (Lines{"b@x () []", "c@x () []"}));
}

TEST(Contacts, ManyThatEndAtOnceTakeNoStack) {
    ContactsWorld w;
    ASSERT_TRUE(w.put("carol", {kBob}));
    w.ask("carol", {kDave});  // waits for its batch; the others wait behind it, and then have nothing to do
    std::size_t answered = 0;
    for (int i = 0; i < 20'000; ++i) {
        w.service->put_contact(w.world.alias("carol"), {kBob}, [&answered](const auto& put) { answered += put ? 1U : 0U; });
    }
    EXPECT_EQ(answered, 0U);
    w.journal.complete_all();
    EXPECT_EQ(answered, 20'000U);
}

TEST(Contacts, BelongToPrincipalsThatAreThereOrMayComeToBe) {
    presence::Settings settings = PresenceWorld::defaults();
    settings.auto_create = {};
    ContactsWorld w(settings);
    EXPECT_EQ(w.put("carol", {kBob}).error().code, Errc::not_found);
    EXPECT_EQ(w.remove("carol", kBob).error().code, Errc::not_found);
    w.service->add_node("carol", "carol", [](const auto& made) { EXPECT_TRUE(made); });
    ASSERT_TRUE(w.put("carol", {kBob}));
    EXPECT_EQ(w.remove("carol", kDave).error().code, Errc::not_found);
    base::Result<ListedContact> out;
    w.service->put_contact(w.world.node("/groups/friends"), {kBob}, [&out](auto put) { out = put; });
    EXPECT_EQ(out.error().code, Errc::not_found);
    ContactsWorld open;
    ASSERT_TRUE(open.put("carol", {kBob}));
    EXPECT_EQ(open.service->nodes().find(kCarol)->owner().url(), "http://im.example.com/instmsg/aliases/carol");
    EXPECT_EQ(open.kept('n'), 1);
}

TEST(Contacts, HaveABound) {
    presence::Settings settings = PresenceWorld::defaults();
    settings.contacts_per_account = 2;
    ContactsWorld w(settings);
    ASSERT_TRUE(w.put("carol", {kBob}));
    ASSERT_TRUE(w.put("carol", {kDave}));
    const auto more = w.put("carol", {"x@y"});
    EXPECT_EQ(more.error().code, Errc::busy);
    EXPECT_NE(more.error().text.find("limits.contacts_per_account"), std::string::npos);
    EXPECT_TRUE(w.put("carol", {kBob, "Bobby"}));  // no further one
    std::vector<ContactsPatch> lists;
    lists.push_back({w.world.alias("bob"), {{kCarol}}});
    lists.push_back({w.world.alias("dave"), {{"a@x"}, {"a@x"}, {"b@x"}, {"c@x"}}});
    const auto refused = w.service->refused(lists);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->list, 1U);
    EXPECT_EQ(refused->contact, 3U);
    settings.contacts_per_account = 3;
    w.service->change(settings);
    EXPECT_TRUE(w.put("carol", {"x@y"}));
}

TEST(Contacts, HaveNamesThatEveryDoorCanTell) {
    ContactsWorld w;
    const std::string longest(presence::kMaxNicknameBytes, 'x');
    EXPECT_TRUE(w.put("carol", {kBob, longest, std::vector<std::string>(1, longest)}));
    EXPECT_TRUE(w.put("carol", {kBob, "J\xc3\xb6rg, \"the\" <one>; \xf0\x9f\x98\x80"}));
    for (const std::string& bad : {longest + "x", std::string("a\nb"), std::string("a\0b", 3), std::string("\xff"),
                                   std::string("\xc2\x85"), std::string("\xef\xbf\xbf"), std::string("\x7f")}) {
        EXPECT_EQ(w.put("carol", {kBob, bad}).error().code, Errc::malformed);
        EXPECT_EQ(w.put("carol", {kBob, {}, Lines{"Work", bad}}).error().code, Errc::malformed);
    }
    EXPECT_EQ(w.put("carol", {kBob, {}, Lines{""}}).error().code, Errc::malformed);
    Lines groups;
    for (std::size_t i = 0; i < presence::kMaxGroupsOfContact; ++i) groups.push_back(std::to_string(i));
    EXPECT_TRUE(w.put("carol", {kBob, {}, groups}));
    groups.push_back("one more");
    EXPECT_EQ(w.put("carol", {kBob, {}, groups}).error().code, Errc::malformed);
}

TEST(Contacts, HaveOneSpellingEach) {
    ContactsWorld w;
    const std::vector<std::pair<std::string, std::string>> known = {
        {"bob", kBob},
        {"BOB", kBob},
        {"bob@example.com", kBob},
        {"bob@Example.COM", kBob},
        {"bob@im.example.com", kBob},
        {"/instmsg/aliases/Bob", kBob},
        {"http://im.example.com/instmsg/aliases/bob", kBob},
        {"http://127.0.0.1:8080/instmsg/aliases/bob", kBob},
        {"Bob@Other.org", "bob@other.org"},
        {"http://IM.other.org/instmsg/aliases/Bob", "bob@im.other.org"},
        {"http://im.other.org:8080/instmsg/aliases/bob", "bob@im.other.org:8080"},
        {"j\xc3\xb6rg", "/instmsg/aliases/j\xc3\xb6rg"},
        {"50%@example.com", "/instmsg/aliases/50%"},
        {"http://im.example.com/instmsg/aliases/a%20b%3f", "/instmsg/aliases/a b?"},
    };
    for (const auto& [name, account] : known) {
        const auto got = w.service->contact_account(name);
        ASSERT_TRUE(got) << name << ": " << got.error().text;
        EXPECT_EQ(*got, account);
        EXPECT_TRUE(w.put("carol", {account})) << account;
        if (account != name) {
            EXPECT_EQ(w.put("carol", {name}).error().code, Errc::malformed) << name;
        }
    }
    EXPECT_EQ(w.list("carol").size(), 7U);
    for (const std::string& bad : {std::string(), std::string("@"), std::string("bob@"), std::string("@other.org"),
                                   std::string("a b@other.org"), std::string("a@b@other.org"), std::string("a\nb@other.org"),
                                   std::string("\xff@other.org"), std::string("/groups/friends"), std::string("a/b"),
                                   std::string("http://other.org/groups/x"), "bob@" + std::string(400, 'x'),
                                   std::string(400, 'x'), std::string("ftp://x/instmsg/aliases/bob"),
                                   std::string("a\0b@other.org", 13)}) {
        const auto got = w.service->contact_account(bad);
        ASSERT_FALSE(got) << bad << " -> " << *got;
        EXPECT_EQ(got.error().code, Errc::malformed);
    }
}

TEST(Contacts, GoWithTheirNode) {
    ContactsWorld w;
    ASSERT_TRUE(w.put("carol", {kBob}));
    ASSERT_TRUE(w.put("bob", {kCarol}));
    base::Result<void> gone = base::fail(Errc::internal, "no answer");
    w.ask("carol", {kDave});  // under way while the node goes
    w.service->remove_node("carol", [&gone](auto result) { gone = result; });
    w.journal.complete_all();
    ASSERT_TRUE(gone);
    EXPECT_TRUE(*w.last);
    EXPECT_EQ(w.service->contacts(kCarol), nullptr);
    EXPECT_EQ(w.kept('l'), 1);
    EXPECT_EQ(w.list("bob"), Lines{"carol () []"});
    w.again();
    ASSERT_TRUE(w.put("carol", {"x@y"}));
    EXPECT_EQ(w.list("carol"), Lines{"x@y () []"});
}

TEST(Contacts, WithoutANodeAreErasedByAStart) {
    ContactsWorld w;
    ASSERT_TRUE(w.put("carol", {kBob}));
    std::erase_if(w.journal.records, [](const auto& r) { return std::get<char>(r.first) == 'n'; });
    w.again();
    w.world.pass(std::chrono::seconds(1));
    w.journal.complete_all();
    EXPECT_EQ(w.kept('l'), 0);
}

TEST(Contacts, ThatAreBrokenInTheStoreStopTheStart) {
    ContactsWorld w;
    ASSERT_TRUE(w.put("carol", {kBob, "Bobby"}));
    w.stop();
    for (auto& [key, value] : w.journal.records) {
        if (std::get<char>(key) == 'l') value.resize(value.size() - 3);
    }
    presence::Service broken(w.world.realm, w.settings, w.world.carrier, w.journal, w.world.wheel, w.world.clock);
    EXPECT_FALSE(broken.load());
}

// Many puts, changes and removals, against a plain list; and a restart.
TEST(Contacts, StayWhatAPlainListWouldBe) {
    ContactsWorld w;
    std::minstd_rand random(7);
    std::vector<ListedContact> model;
    for (int i = 0; i < 2000; ++i) {
        const std::string account = random() % 2 ? "/instmsg/aliases/u" + std::to_string(random() % 40)
                                                 : "u" + std::to_string(random() % 40) + "@other.org";
        const auto at = std::ranges::find(model, account, &ListedContact::account);
        if (random() % 4 == 0) {
            EXPECT_EQ(w.remove("carol", account).has_value(), at != model.end());
            if (at != model.end()) model.erase(at);
            continue;
        }
        const std::string nickname(random() % 200, 'n');
        const Lines groups(random() % 2, std::string(random() % 100 + 1, 'g'));
        const auto put = w.put("carol", {account, nickname, groups, random() % 2 == 0});
        ASSERT_TRUE(put);
        if (at == model.end()) model.push_back(*put);
        else *at = *put;
        EXPECT_EQ(put->nickname, nickname);
        EXPECT_EQ(put->groups, groups);
    }
    ASSERT_FALSE(model.empty());
    EXPECT_EQ(w.service->contacts(kCarol)->all(), model);
    for (const ListedContact& one : model) EXPECT_EQ(w.service->contacts(kCarol)->blocks(presence::key_of_account(one.account)), one.blocked);
    EXPECT_FALSE(w.service->contacts(kCarol)->blocks("other.org/instmsg/aliases/nobody"));
    w.again();
    EXPECT_EQ(w.service->contacts(kCarol)->all(), model);
    EXPECT_EQ(w.service->contacts(kCarol)->size(), model.size());
}

TEST(Contacts, OccupyLittle) {
    ContactsWorld w;
    ContactsPatch list{w.world.alias("carol"), {}};
    for (int i = 0; i < 50; ++i) {
        list.contacts.push_back({"/instmsg/aliases/user" + std::to_string(100'000 + i), "Some Body", Lines{"Friends"}});
    }
    ASSERT_TRUE(w.put_all({list}));
    EXPECT_LE(w.service->contacts(kCarol)->bytes(), 50U * 64);
    w.again();
    EXPECT_LE(w.service->contacts(kCarol)->bytes(), 50U * 64);
}
