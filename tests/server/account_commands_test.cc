// tests/server/account_commands_test.cc: rvpctl user at the daemon's end, and what the log says of it.
// SPDX-License-Identifier: Apache-2.0
#include "server/account_commands.h"

#include "server/audit.h"
#include "tests/fakes.h"

#include <gtest/gtest.h>

namespace {

using base::json::Value;

class AccountCommands : public testing::Test {
protected:
    std::string told(const std::string& command, const std::string& args = "{}") {
        std::optional<base::Result<Value>> result;
        handler_(command, *base::json::parse(args), [&](base::Result<Value> r) { result = std::move(r); });
        if (!result) return "no answer";
        return *result ? (*result)->dump() : std::string(server::kind_of(result->error().code)) + ": " + result->error().text;
    }

    tests::PresenceWorld world_;
    base::Log log_;
    presence::NullJournal journal_;
    server::Accounts accounts_{{"im.example.com", {"DOM", "example.com"}, true}, journal_, log_};
    server::AccountCommands commands_{accounts_, world_.service};
    server::RequestIds ids_{base::WallTime()};
    server::CommandHandler handler_ = server::audited(
        [this](const std::string& c, const Value& a, std::uint64_t, server::CommandAnswer done) {
            commands_.run(c, a, std::move(done));
        },
        log_, ids_);
};

TEST_F(AccountCommands, AnAccountComesWithItsNode) {
    EXPECT_EQ(told("user add", R"({"user":"DOM\\Bob","password":"secret"})"), R"({"user":"bob"})");
    EXPECT_NE(world_.service.nodes().find("/instmsg/aliases/bob"), nullptr);
    EXPECT_EQ(told("user list"),
              R"([{"user":"Bob","proofs":["digest","digest-sha256","ntlm"],"spellings":["Bob","/Bob","DOM\\Bob",)"
              R"("DOM/Bob","Bob@DOM","Bob@example.com","bob","/bob","DOM\\bob","DOM/bob","bob@DOM","bob@example.com"]}])");
    EXPECT_EQ(told("user add", R"({"user":"bob","password":"x"})"), "precondition: there is an account bob already");
    EXPECT_EQ(told("user del", R"({"user":"bob"})"), R"({"user":"bob"})");
    EXPECT_NE(world_.service.nodes().find("/instmsg/aliases/bob"), nullptr);
    EXPECT_EQ(told("user add", R"({"user":"bob","password":"x"})"), R"({"user":"bob"})");  // the node is there already
}

TEST_F(AccountCommands, ImportMakesManyAndSaysWhichIsWrong) {
    EXPECT_EQ(told("user import", R"({"entries":[{"user":"bob","password":"x"},{"user":"carol","password":"y"}]})"),
              R"({"accounts":2})");
    EXPECT_NE(world_.service.nodes().find("/instmsg/aliases/carol"), nullptr);
    EXPECT_EQ(told("user import", R"({"entries":[{"user":"dave","password":"x"},{"user":"eve"}]})"),
              "malformed: 2: eve needs a password or an ha1, and not both");
    EXPECT_EQ(told("user import", R"({"entries":[]})"), R"({"accounts":0})");
    EXPECT_EQ(told("user import"), "malformed: user import needs entries, a list");
}

TEST_F(AccountCommands, NamesWhatIsMissingOrUnknown) {
    EXPECT_EQ(told("user add"), "malformed: user add needs user, a text");
    EXPECT_EQ(told("user add", R"({"user":"bob"})"), "malformed: the password is empty");
    EXPECT_EQ(told("user show", R"({"user":"eve"})"), "not_found: no account eve");
    EXPECT_EQ(told("user lst", R"({"user":"eve"})"), "not_implemented: unknown command 'user lst'; did you mean user list?");
}

TEST_F(AccountCommands, TheLogTellsWhatWasDoneAndNoSecret) {
    testing::internal::CaptureStderr();
    told("user add", R"({"user":"bob","password":"opensesame"})");
    told("user del", R"({"user":"eve"})");
    told("user list");
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("audit-account act=added account=bob"), std::string::npos) << said;
    EXPECT_NE(said.find(R"(audit-admin request=1 act="user add" args="user=bob" outcome=done)"), std::string::npos) << said;
    EXPECT_NE(said.find(R"(audit-admin request=2 act="user del" args="user=eve" outcome=refused why="no account eve")"),
              std::string::npos) << said;
    EXPECT_EQ(said.find("user list"), std::string::npos) << said;
    EXPECT_EQ(said.find("opensesame"), std::string::npos) << said;
}

TEST_F(AccountCommands, TheLogTellsWhoChangedAnAcl) {
    presence::Caller alice;
    alice.url = "http://im.example.com/instmsg/aliases/alice";
    alice.proof = presence::Proof::digest;
    alice.request = 0xb1;
    alice.source = *base::IpAddress::parse("192.0.2.7");
    presence::Ace ace;
    ace.deny = {presence::Right::presence, presence::Right::read};
    presence::Ace proven{"/instmsg/aliases/bob", "http://im.example.com/instmsg/aliases/bob", 6, {presence::Right::list}, {}};
    testing::internal::CaptureStderr();
    server::audit_acl(log_, alice, "/instmsg/aliases/alice", {ace, proven});
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("audit-acl request=b1 node=/instmsg/aliases/alice by=http://im.example.com/instmsg/aliases/alice "
                        "proof=digest from=192.0.2.7 change=\"all deny read,presence; "
                        "http://im.example.com/instmsg/aliases/bob digest ntlm grant list\""),
              std::string::npos) << said;
}

}  // namespace
