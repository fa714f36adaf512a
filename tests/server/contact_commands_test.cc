// tests/server/contact_commands_test.cc: rvpctl contacts, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/contact_commands.h"

#include "server/audit.h"
#include "tests/fakes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace {

using namespace std::chrono_literals;
using base::json::Value;
using Lines = std::vector<std::string>;

presence::Settings settings_of(std::vector<std::string> auto_create) {
    presence::Settings settings;
    settings.auto_create = std::move(auto_create);
    settings.contacts_per_account = 3;
    return settings;
}

class ContactCommands : public testing::Test {
protected:
    base::Result<Value> run(const std::string& command, const Value& args) {
        std::optional<base::Result<Value>> result;
        commands_.run(command, args, [&](base::Result<Value> r) { result = std::move(r); });
        return result.value_or(base::fail(base::Errc::internal, "no answer"));
    }
    std::string told(const std::string& command, const std::string& args = "{}") {
        const auto result = run(command, *base::json::parse(args));
        return result ? result->dump() : std::string(server::kind_of(result.error().code)) + ": " + result.error().text;
    }
    std::string import(const std::string& rows) { return told("contacts import", R"({"rows":[)" + rows + "]}"); }
    /// `owner account (nickname) [groups] blocked`, page by page.
    Lines exported(const std::string& name = "") {
        Lines lines;
        std::string after;
        do {
            Value args = Value::object().set("after", after);
            if (!name.empty()) args.set("name", name);
            const auto page = run("contacts list", args);
            if (!page) return {page.error().text};
            for (const Value& c : *page->find("contacts")->as_array()) {
                std::string groups;
                for (const Value& g : *c.find("groups")->as_array()) groups += (groups.empty() ? "" : ",") + *g.as_text();
                lines.push_back(*c.find("owner")->as_text() + " " + *c.find("account")->as_text() + " (" +
                                *c.find("nickname")->as_text() + ") [" + groups + "]" +
                                (*c.find("blocked")->as_bool() ? " blocked" : ""));
            }
            after = *page->find("next")->as_text();
        } while (!after.empty());
        return lines;
    }

    tests::PresenceWorld world_{settings_of({"/instmsg/aliases/"})};
    server::ContactCommands commands_{world_.service, world_.wheel, world_.clock};
};

TEST_F(ContactCommands, RowsOfOneContactAddUp) {
    EXPECT_EQ(import(R"([2,"Bob","carol","Caz","Friends",null],[3,"bob@example.com","x@y","","",true],)"
                     R"([4,"http://im.example.com/instmsg/aliases/bob","CAROL@im.example.com","","Work",null],)"
                     R"([5,"carol","bob",null,null,null],[6,"bob","carol","Caz","Friends",null])"),
              R"({"owners":2,"contacts":3})");
    EXPECT_EQ(exported(), (Lines{"bob carol (Caz) [Friends,Work]", "bob x@y () [] blocked", "carol bob () []"}));
    EXPECT_EQ(world_.service.nodes().find("/instmsg/aliases/bob")->path(), "/instmsg/aliases/Bob");
}

TEST_F(ContactCommands, AnImportSaysWhatItsContactsAreAndLeavesTheRest) {
    import(R"([2,"bob","carol","Caz","Friends",true],[3,"bob","dave","D","Work",null])");
    const std::string id = world_.service.contacts("/instmsg/aliases/bob")->all().front().id;
    EXPECT_EQ(import(R"([2,"bob","carol",null,null,null])"), R"({"owners":1,"contacts":1})");  // no such columns
    EXPECT_EQ(exported(), (Lines{"bob carol (Caz) [Friends] blocked", "bob dave (D) [Work]"}));
    EXPECT_EQ(import(R"([2,"bob","carol","","Family",null])"), R"({"owners":1,"contacts":1})");  // blocked is not said
    EXPECT_EQ(exported(), (Lines{"bob carol () [Family] blocked", "bob dave (D) [Work]"}));
    EXPECT_EQ(import(R"([2,"bob","carol","","",false])"), R"({"owners":1,"contacts":1})");
    EXPECT_EQ(exported(), (Lines{"bob carol () []", "bob dave (D) [Work]"}));
    EXPECT_EQ(world_.service.contacts("/instmsg/aliases/bob")->all().front().id, id);
    EXPECT_EQ(import(""), R"({"owners":0,"contacts":0})");
}

TEST_F(ContactCommands, WhatIsWrongIsToldWithItsLineAndNothingIsDone) {
    const std::string good = R"([2,"bob","carol","Caz","Friends",null],)";
    EXPECT_EQ(import(good + R"([7,"bob","a b@c",null,null,null])"),
              "malformed: 7: 'a b@c' is no account such as bob or bob@example.com");
    EXPECT_EQ(import(good + R"([7,"bob@other.org","carol",null,null,null])"),
              "not_found: 7: the owner bob@other.org is of another domain");
    EXPECT_EQ(import(good + R"([7,"/groups/a","carol",null,null,null])"), "malformed: 7: '/groups/a' is no principal");
    EXPECT_EQ(import(good + R"([7,"bob","carol","Other","Friends",null])"), "malformed: 7: a second nickname for carol");
    EXPECT_EQ(import(good + R"([7,"bob","dave",null,null,true],[8,"bob","dave",null,null,false])"),
              "malformed: 8: dave is blocked in one line and not in another");
    EXPECT_EQ(import(good + R"([7,"bob","dave","a\nb",null,null])"),
              "malformed: 7: the nickname is not UTF-8, or holds a control character");
    EXPECT_EQ(import(good + R"([7,"bob","a@x",null,null,null],[8,"bob","b@x",null,null,null],[9,"bob","c@x",null,null,null])"),
              "busy: 9: /instmsg/aliases/bob has as many contacts as an account may (limits.contacts_per_account)");
    std::string groups;
    for (int i = 1; i < 10; ++i) groups += (i > 1 ? ",[" : "[") + std::to_string(i) + R"(,"bob","eve",null,"g)" + std::to_string(i) + R"(",null])";
    EXPECT_EQ(import(groups), "malformed: 9: a contact is in 8 groups at most");
    EXPECT_EQ(import(R"([2,"bob","carol"])"), "malformed: a row is [line, owner, account, nickname, group, blocked]");
    EXPECT_EQ(import(R"([2,"bob","carol",7,null,null])"), "malformed: a row is [line, owner, account, nickname, group, blocked]");
    EXPECT_EQ(import(R"([2,"bob","carol",null,null,"yes"])"), "malformed: a row is [line, owner, account, nickname, group, blocked]");
    EXPECT_EQ(told("contacts import"), "malformed: contacts import needs rows, a list");
    EXPECT_EQ(told("contacts import", R"({"rows":7})"), "malformed: rows is no list");
    EXPECT_EQ(exported(), Lines{});
    EXPECT_EQ(world_.service.nodes().size(), 0U);
}

TEST_F(ContactCommands, OwnersMustBeThereWhereNothingComesToBeByItself) {
    world_.service.change(settings_of({}));
    EXPECT_EQ(import(R"([2,"bob","carol",null,null,null])"), "not_found: 2: no node /instmsg/aliases/bob (RVP 4.1.2)");
    world_.service.add_node("bob", "bob", [](const auto& made) { EXPECT_TRUE(made); });
    EXPECT_EQ(import(R"([2,"bob","carol",null,null,null])"), R"({"owners":1,"contacts":1})");  // carol need not be there
    EXPECT_EQ(exported(), Lines{"bob carol () []"});
}

TEST_F(ContactCommands, AFileMayComeInPieces) {
    const auto token = run("contacts stage", *base::json::parse(R"({"rows":[[2,"bob","carol",null,"A",null]]})"));
    ASSERT_TRUE(token);
    Value more = *token;
    more.set("rows", *base::json::parse(R"([[3,"bob","carol",null,"B",null]])"));
    ASSERT_TRUE(run("contacts stage", more));
    EXPECT_EQ(exported(), Lines{});
    EXPECT_EQ(run("contacts import", more)->dump(), R"({"owners":1,"contacts":1})");
    EXPECT_EQ(exported(), Lines{"bob carol () [A,B]"});
    EXPECT_EQ(run("contacts import", more).error().code, base::Errc::precondition);  // the token is spent
}

TEST_F(ContactCommands, PiecesThatNobodyGoesOnWithAreForgotten) {
    const Value rows = *base::json::parse(R"({"rows":[[2,"bob","carol",null,null,null]]})");
    std::optional<Value> token;
    for (std::size_t i = 0; i < server::ImportStages::kMostStages; ++i) token = *run("contacts stage", rows);
    EXPECT_EQ(run("contacts stage", rows).error().code, base::Errc::busy);
    world_.pass(server::ImportStages::kPatience - 1s);
    token->set("rows", *rows.find("rows"));
    EXPECT_TRUE(run("contacts stage", *token));
    world_.pass(2s);
    EXPECT_TRUE(run("contacts stage", rows));
    EXPECT_TRUE(run("contacts import", *token));
    world_.pass(2 * server::ImportStages::kPatience);
    token = *run("contacts stage", rows);
    world_.pass(2 * server::ImportStages::kPatience);
    token->set("rows", *rows.find("rows"));
    EXPECT_EQ(told("contacts import", token->dump()), "precondition: the import has taken too long, and was given up");
}

TEST_F(ContactCommands, AFileHasABound) {
    Value rows = Value::array();
    for (int i = 0; i < 1000; ++i) rows.append(Value(std::vector<Value>{i, "bob", "carol", Value(), Value(), Value()}));
    Value args = Value::object().set("rows", rows);
    for (std::size_t n = 0; n < server::ImportStages::kMostRows; n += 1000) {
        const auto staged = run("contacts stage", args);
        ASSERT_TRUE(staged);
        args.set("import", *staged->find("import"));
    }
    const auto over = run("contacts stage", args);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().text, "0: more than 50000 lines; split the file");
    EXPECT_EQ(run("contacts import", args).error().code, base::Errc::precondition);  // all of it is gone
}

TEST_F(ContactCommands, ShowTellsOneList) {
    import(R"([2,"bob","carol","Caz","Friends",true],[3,"bob","x@y","","",null])");
    const std::string shown = told("contacts show", R"({"name":"bob"})");
    const auto list = *base::json::parse(shown);
    ASSERT_EQ(list.as_array()->size(), 2U) << shown;
    EXPECT_TRUE(shown.starts_with(R"([{"account":"carol","nickname":"Caz","groups":["Friends"],"blocked":true,"id":")")) << shown;
    EXPECT_EQ(told("contacts show", R"({"name":"dave"})"), "not_found: no node /instmsg/aliases/dave");
    EXPECT_EQ(told("contacts show"), "malformed: contacts show needs name, a text");
    import(R"([2,"dave","carol","","",null])");
    EXPECT_EQ(exported("bob"), (Lines{"bob carol (Caz) [Friends] blocked", "bob x@y () []"}));
    EXPECT_EQ(exported("eve"), Lines{"no node /instmsg/aliases/eve"});
    world_.service.add_node("eve", "eve", [](const auto& made) { EXPECT_TRUE(made); });
    EXPECT_EQ(exported("eve"), Lines{});
    EXPECT_EQ(told("contacts show", R"({"name":"eve"})"), "[]");
}

TEST_F(ContactCommands, ExportTurnsPagesAndSpellsSoThatImportReadsIt) {
    presence::Settings settings = settings_of({"/instmsg/aliases/"});
    settings.nodes_per_principal = 1;
    world_.service.change(settings);
    std::vector<presence::ContactsPatch> lists;
    for (int i = 0; i < 2500; ++i) {
        lists.push_back({world_.alias("u" + std::to_string(i)), {{"/instmsg/aliases/a b?@%"}, {"x@y"}, {"/instmsg/aliases/bob"}}});
    }
    world_.service.put_contacts(std::move(lists), [](const auto& put) { EXPECT_TRUE(put); });
    const Lines all = exported();
    ASSERT_EQ(all.size(), 7500U);
    EXPECT_EQ(all[0], "u0 http://im.example.com/instmsg/aliases/a%20b%3F@%25 () []");
    EXPECT_EQ(all[2], "u0 bob () []");
    Lines sorted = all;
    std::ranges::sort(sorted);
    EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end());
    EXPECT_EQ(import(R"([2,"u0","http://im.example.com/instmsg/aliases/a%20b%3F@%25","N",null,null])"),
              R"({"owners":1,"contacts":1})");
    EXPECT_EQ(exported("u0")[0], "u0 http://im.example.com/instmsg/aliases/a%20b%3F@%25 (N) []");
}

TEST_F(ContactCommands, TheLogTellsOfAnImportOnce) {
    base::Log log;
    server::RequestIds ids{base::WallTime()};
    const auto handler = server::audited(
        [this](const std::string& c, const Value& a, std::uint64_t, server::CommandAnswer done) {
            commands_.run(c, a, std::move(done));
        },
        log, ids);
    testing::internal::CaptureStderr();
    for (const char* command : {"contacts stage", "contacts import", "contacts list", "contacts show"}) {
        handler(command, *base::json::parse(R"({"rows":[[2,"bob","carol","Secret",null,null]],"name":"bob"})"),
                [](const base::Result<Value>&) {});
    }
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find(R"(act="contacts import")"), std::string::npos) << said;
    EXPECT_EQ(said.find("Secret"), std::string::npos) << said;
    EXPECT_EQ(said.find("contacts stage"), std::string::npos) << said;
    EXPECT_EQ(said.find("contacts list"), std::string::npos) << said;
}

TEST_F(ContactCommands, AnUnknownOneIsNamed) {
    EXPECT_EQ(told("contacts lst"), "not_implemented: unknown command 'contacts lst'; did you mean contacts list?");
}

}  // namespace
