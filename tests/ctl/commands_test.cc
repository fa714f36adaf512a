// tests/ctl/commands_test.cc: rvpctl's commands, from the command line to the words on the terminal.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/commands.h"

#include "base/fd.h"
#include "base/json.h"
#include "ctl/command_line.h"
#include "tests/folder.h"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>

namespace {

using base::json::Value;

/// Plays the daemon for one request, or one after the other: keeps them, and gives the answers it was told.
class Daemon {
public:
    explicit Daemon(std::string answer) : Daemon(std::vector{std::move(answer)}) {}
    explicit Daemon(std::vector<std::string> answers) : answers_(std::move(answers)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, path().data(), path().size());
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
        EXPECT_EQ(::listen(fd_.get(), 1), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~Daemon() {
        ::shutdown(fd_.get(), SHUT_RDWR);  // ends an accept() that nobody has answered
        thread_.join();
    }
    [[nodiscard]] std::string path() const { return folder_.at("control.sock"); }
    /// Once it has answered.
    [[nodiscard]] std::string request() const { return requests_.empty() ? "" : requests_.back(); }
    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

private:
    void serve() {
        for (const std::string& answer : answers_) {
            const base::Fd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!peer) return;
            std::string& request = requests_.emplace_back();
            for (char c; ::recv(peer.get(), &c, 1, 0) == 1 && c != '\n';) request.push_back(c);
            // In two pieces, as a long answer comes.
            const std::size_t half = answer.size() / 2;
            ::send(peer.get(), answer.data(), half, MSG_NOSIGNAL);
            ::send(peer.get(), answer.data() + half, answer.size() - half, MSG_NOSIGNAL);
        }
    }

    std::vector<std::string> answers_;
    const tests::Folder folder_;
    std::vector<std::string> requests_;
    base::Fd fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::thread thread_;
};

/// What rvpctl printed.
struct Outcome {
    int code = 0;  ///< 2: the command line was wrong, as main has it
    std::string out;
    std::string err;
    std::string wrong;  ///< of wrong_command
};

Outcome run(const std::string& socket, std::vector<std::string> words) {
    std::ostringstream out, err;
    ctl::Terms terms{socket, false, out, err};
    ctl::Chosen chosen;
    CLI::App app("", "rvpctl");
    app.require_subcommand(0, 1);
    ctl::add_terms(app, terms);
    ctl::add_status(app, terms, chosen);
    ctl::add_node(app, terms, chosen);
    ctl::add_sub(app, terms, chosen);
    ctl::add_presence(app, terms, chosen);
    ctl::add_explain(app, terms, chosen);
    ctl::add_acl(app, terms, chosen);
    ctl::add_history(app, terms, chosen);
    ctl::add_contacts(app, terms, chosen);
    ctl::add_backup(app, terms, chosen);
    ctl::add_reload(app, terms, chosen);
    ctl::add_send(app, terms, chosen);
    ctl::add_trace(app, terms, chosen);
    ctl::add_user(app, terms, chosen);
    std::ranges::reverse(words);  // as CLI11 wants them
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& e) {
        return {2, "", ctl::wrong_words(app, e), ctl::wrong_command(app)};
    }
    if (!chosen) return {2, "", "", ctl::wrong_command(app)};
    const int code = chosen();
    return {code, out.str(), err.str(), ""};
}

/// Runs against a daemon that gives that result; `asked` gets the request.
Outcome run_for(const std::string& result, const std::vector<std::string>& words,
                std::string& asked) {
    Outcome done;
    {
        Daemon daemon(R"({"ok":true,"result":)" + result + "}\n");
        done = run(daemon.path(), words);
        asked = daemon.request();
    }
    return done;
}
Outcome run_for(const std::string& result, const std::vector<std::string>& words) {
    std::string asked;
    return run_for(result, words, asked);
}

TEST(Rvpctl, AsksForWhatTheCommandLineSays) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"status"}, R"({"command":"status","args":{}})"},
        {{"reload"}, R"({"command":"reload","args":{}})"},
        {{"reload", "--diff"}, R"({"command":"reload","args":{"diff":true}})"},
        {{"sub", "replay", "7"}, R"({"command":"sub replay","args":{"id":7}})"},
        {{"send", "bob", "two words"}, R"({"command":"send","args":{"name":"bob","text":"two words"}})"},
        {{"send", "bob", "hi", "--from", "carol"},
         R"({"command":"send","args":{"name":"bob","text":"hi","from":"carol"}})"},
        {{"node", "add", "/groups/a", "--owner", "bob"},
         R"({"command":"node add","args":{"path":"/groups/a","owner":"bob"}})"},
        {{"node", "add", "bob"}, R"({"command":"node add","args":{"path":"bob"}})"},
        {{"node", "del", "bob"}, R"({"command":"node del","args":{"path":"bob"}})"},
        {{"node", "list"}, R"({"command":"node list","args":{}})"},
        {{"sub", "list"}, R"({"command":"sub list","args":{}})"},
        {{"sub", "list", "bob"}, R"({"command":"sub list","args":{"name":"bob"}})"},
        {{"sub", "show", "17"}, R"({"command":"sub show","args":{"id":17}})"},
        {{"sub", "end", "2147483647"}, R"({"command":"sub end","args":{"id":2147483647}})"},
        {{"presence", "show", "bob"}, R"({"command":"presence show","args":{"name":"bob"}})"},
        {{"presence", "set", "bob", "busy"},
         R"({"command":"presence set","args":{"name":"bob","state":"busy"}})"},
        {{"explain", "bob"}, R"({"command":"explain","args":{"name":"bob"}})"},
        {{"explain", "--as", "alice", "bob"},
         R"({"command":"explain","args":{"name":"bob","as":"alice"}})"},
        {{"history", "erase", "bob"}, R"({"command":"history erase","args":{"name":"bob"}})"},
        {{"contacts", "show", "bob"}, R"({"command":"contacts show","args":{"name":"bob"}})"},
        {{"backup", "/var/backups/../rvpd.db"},
         R"({"command":"backup","args":{"file":"/var/rvpd.db"}})"},
        {{"backup", "copy.db"},
         R"({"command":"backup","args":{"file":")" +
             (std::filesystem::current_path() / "copy.db").string() + R"("}})"},
        {{"acl", "show", "bob"}, R"({"command":"acl show","args":{"name":"bob"}})"},
        {{"acl", "set", "--grant", "read,write", "bob", "all", "--deny", "list", "--credentials",
          "any"},
         R"({"command":"acl set","args":{"name":"bob","who":"all","grant":["read","write"],"deny":["list"],"credentials":"any"}})"},
    };
    for (const auto& [words, request] : cases) {
        std::string asked;
        const Outcome done = run_for("{}", words, asked);
        EXPECT_EQ(asked, request);
        EXPECT_EQ(done.code, 0) << request << done.err;
    }
}

TEST(Rvpctl, SearchSaysWhereItGoesOnAndOnlyThen) {
    std::string asked;
    const std::string message = R"({"time":"2026-11-21T01:02:03.004Z","sender":"a","receivers":["/b"],)"
                                R"("content_type":"text/plain","text":"hello"})";
    const Outcome more = run_for(R"({"messages":[)" + message + R"(],"next":"1.2"})",
                                 {"history", "search", "hel*", "--between", "alice,bob", "--since", "2026-11-21",
                                  "--until", "2026-11-21T00:00:01Z", "--limit", "1"},
                                 asked);
    EXPECT_EQ(asked, R"({"command":"history find","args":{"words":["hel*"],"between":["alice","bob"],)"
                     R"("from_ms":1795219200000,"until_ms":1795219201000,"limit":1}})");
    EXPECT_EQ(more.out, "TIME                      FROM  TO  TYPE        TEXT\n"
                        "2026-11-21T01:02:03.004Z  a     /b  text/plain  hello\n"
                        "more: --page 1.2\n");
    EXPECT_EQ(run_for(R"({"messages":[],"next":""})", {"history", "search"}).out, "nothing found\n");
    EXPECT_EQ(run_for("{}", {"history", "search", "--since", "2026-13-01"}).code, 2);
}

TEST(Rvpctl, ExportPrintsAMessageOnEachLine) {
    std::string asked;
    const Outcome done = run_for(R"({"messages":[{"id":1,"text":"a\nb"},{"id":2}],"next":""})",
                                 {"history", "export", "bob"}, asked);
    EXPECT_EQ(asked, R"({"command":"history find","args":{"name":"bob","oldest_first":true,"limit":200}})");
    EXPECT_EQ(done.out, "{\"id\":1,\"text\":\"a\\nb\"}\n{\"id\":2}\n");
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(run_for("[]", {"history", "export"}).code, 1);
}

/// A file that goes with the test.
class File {
public:
    explicit File(const std::string& text) {
        const base::Fd fd(::mkstemp(path_.data()));
        EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    ~File() { std::filesystem::remove(path_); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = std::filesystem::temp_directory_path() / "rvpctl-file-XXXXXX";
};

TEST(Rvpctl, ImportsContactsAndNamesTheLineThatIsWrong) {
    const File file("account,owner,group\ncarol,bob,Friends\nzoe@other.org,bob,\n");
    std::string asked;
    const Outcome done = run_for(R"({"owners":1,"contacts":2})", {"contacts", "import", file.path()}, asked);
    EXPECT_EQ(asked, R"({"command":"contacts import","args":{"rows":[[2,"bob","carol",null,"Friends",null],)"
                     R"([3,"bob","zoe@other.org",null,"",null]]}})");
    EXPECT_EQ(done.out, "imported 2 contacts of 1 principal\n");
    Outcome refused;
    {
        Daemon daemon(R"({"ok":false,"error":"3: no node /x","kind":"not_found"})" "\n");
        refused = run(daemon.path(), {"contacts", "import", file.path()});
    }
    EXPECT_EQ(refused.err, "rvpctl: contacts import: " + file.path() + ":3: no node /x\n");
    EXPECT_EQ(refused.code, 1);
    const File wrong("account\ncarol\n");
    EXPECT_EQ(run("/nowhere", {"contacts", "import", wrong.path()}).err,
              "rvpctl: contacts import: " + wrong.path() +
                  ":1: the header line needs the column owner, or the command --owner\n");
    run_for(R"({"owners":1,"contacts":1})", {"contacts", "import", wrong.path(), "--owner", "bob"}, asked);
    EXPECT_EQ(asked, R"({"command":"contacts import","args":{"rows":[[2,"bob","carol",null,null,null]]}})");
    EXPECT_EQ(run("/nowhere", {"contacts", "import", "/nowhere.csv"}).err,
              "rvpctl: contacts import: /nowhere.csv: No such file or directory\n");
}

TEST(Rvpctl, SendsALongFileInPieces) {
    std::string text = "owner,account\n";
    for (int i = 0; i < 4000; ++i) text += "bob,somebody" + std::to_string(i) + "@other.org\n";
    const File file(text);
    std::vector<std::string> asked;
    Outcome done;
    {
        const std::string staged = R"({"ok":true,"result":{"import":"token"}})" "\n";
        Daemon daemon({staged, staged, staged, R"({"ok":true,"result":{"owners":1,"contacts":4000}})" "\n"});
        done = run(daemon.path(), {"contacts", "import", file.path(), "--json"});
        asked = daemon.requests();
    }
    ASSERT_EQ(asked.size(), 4U);
    EXPECT_TRUE(asked[0].starts_with(R"({"command":"contacts stage","args":{"rows":[[2,"bob",)")) << asked[0].substr(0, 100);
    EXPECT_TRUE(asked[1].ends_with(R"(null]],"import":"token"}})")) << asked[1].substr(asked[1].size() - 100);
    EXPECT_TRUE(asked[3].starts_with(R"({"command":"contacts import",)")) << asked[3].substr(0, 100);
    for (const std::string& one : asked) EXPECT_LT(one.size(), 64U * 1024);
    EXPECT_EQ(done.out, "{\"owners\":1,\"contacts\":4000}\n");
    EXPECT_EQ(done.code, 0);
}

TEST(Rvpctl, ExportsContactsAsCsv) {
    std::string asked;
    const Outcome done = run_for(
        R"({"contacts":[{"owner":"bob","account":"carol","nickname":"C","groups":["A","B"],"blocked":false}],"next":""})",
        {"contacts", "export"}, asked);
    EXPECT_EQ(asked, R"({"command":"contacts list","args":{"after":""}})");
    EXPECT_EQ(done.out, "owner,account,nickname,group,blocked\r\nbob,carol,C,A,no\r\nbob,carol,C,B,no\r\n");
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(run_for("[]", {"contacts", "export", "bob"}).code, 1);
    EXPECT_EQ(run_for(R"([{"account":"carol","nickname":"","groups":["A","B"],"blocked":true}])", {"contacts", "show", "bob"}).out,
              "ACCOUNT  NICKNAME  GROUPS  BLOCKED\ncarol    -         A,B     yes\n");
}

TEST(Rvpctl, PrintsTheResultAsJsonWhereverTheOptionStands) {
    const std::string result = R"([{"node":"/groups/a","state":"offline","views":0}])";
    EXPECT_EQ(run_for(result, {"--json", "node", "list"}).out, result + "\n");
    EXPECT_EQ(run_for(result, {"node", "list", "--json"}).out, result + "\n");
    EXPECT_EQ(run_for("[]", {"sub", "list", "--json"}).out, "[]\n");
}

TEST(Rvpctl, PrintsListsAsTables) {
    EXPECT_EQ(
        run_for(
            R"([{"node":"/groups/a","state":"offline","views":0,"watchers":2,"logins":0,"owner":"http://a/b"}])",
            {"node", "list"})
            .out,
        "NODE       STATE    VIEWS  WATCHERS  LOGINS  OWNER\n"
        "/groups/a  offline  0      2         0       http://a/b\n");
    EXPECT_EQ(
        run_for(
            R"([{"id":7,"type":"pragma/notify","node":"/n","principal":"http://a/p","seconds_left":75,)"
            R"("active":false,"endpoint":{"state":"unknown"},"call_back":"http://c:1"}])",
            {"sub", "list"})
            .out,
        "ID  TYPE           NODE  PRINCIPAL   LEFT        ACTIVE  ENDPOINT  CALL-BACK\n"
        "7   pragma/notify  /n    http://a/p  1 min 15 s  no      unknown   http://c:1\n");
    EXPECT_EQ(run_for("[]", {"node", "list"}).out, "no nodes\n");
}

TEST(Rvpctl, ExplainsInSentences) {
    const std::string views =
        R"("views":[{"id":3,"state":"away","then":"offline","seconds_left":600,"login":2,"address":"10.0.0.5"}])";
    const std::string lingering =
        R"({"watcher":"http://a/alice","sees":"away","may_see":true,"owner":false,"decided_by":{"who":"all",)"
        R"("credentials":["any"],"grant":["read","presence"],"deny":[]},"node":"/instmsg/aliases/bob","told":"away",)"
        R"("effective":"offline","rule":"no view is live","seconds_since_told":62,"linger_seconds_left":3,"views":[]})";
    EXPECT_EQ(run_for(lingering, {"explain", "bob", "--as", "alice"}).out,
              "/instmsg/aliases/bob is shown to http://a/alice as away.\n"
              "The state is offline: no view is live.\n"
              "Watchers still believe away: a change to offline lingers, and is told in 3 s unless "
              "somebody comes back.\n"
              "Watchers were told 1 min 2 s ago.\n"
              "The right to see presence: the ACL entry for all (credentials any) grants it.\n");
    const std::string denied =
        R"({"watcher":"http://a/eve","sees":"offline","may_see":false,"owner":false,"decided_by":{"who":"http://a/eve",)"
        R"("credentials":["digest","ntlm"],"grant":[],"deny":["presence"]},"node":"/n","told":"away","effective":"away",)"
        R"("rule":"a rule","seconds_since_told":null,"linger_seconds_left":null,)" +
        views + "}";
    EXPECT_EQ(
        run_for(denied, {"explain", "/n", "--as", "eve"}).out,
        "/n is shown to http://a/eve as offline.\n"
        "The state is away: a rule.\n"
        "1 view is live:\n"
        "  view 3 set away, 10 min left, under login 2, last used from 10.0.0.5, then offline\n"
        "Watchers were never told of a change.\n"
        "The right to see presence: the ACL entry for http://a/eve (credentials digest,ntlm) "
        "denies it, so it is shown as offline.\n");
    const std::string hidden =
        R"({"watcher":null,"sees":"offline","may_see":true,"owner":false,"decided_by":{"who":"all","credentials":["any"],)"
        R"("grant":["presence"],"deny":[]},"node":"/n","told":"invisible","effective":"invisible","rule":"a rule",)"
        R"("seconds_since_told":1,"linger_seconds_left":null,"views":[]})";
    EXPECT_NE(
        run_for(hidden, {"explain", "/n"}).out.find("Others are shown invisible as offline.\n"),
        std::string::npos);
    const std::string nobody =
        R"({"watcher":"http://a/x","sees":"offline","may_see":false,"owner":false,"decided_by":null,"node":"/n"})";
    EXPECT_NE(run_for(nobody, {"explain", "/n"})
                  .out.find("No ACL entry lets http://a/x see the presence"),
              std::string::npos);
    const std::string owner =
        R"({"watcher":"http://a/x","sees":"away","may_see":true,"owner":true,"decided_by":null,"node":"/n"})";
    EXPECT_NE(run_for(owner, {"explain", "/n"}).out.find("http://a/x owns the node"),
              std::string::npos);
}

TEST(Rvpctl, SaysWhatFailedAndOfWhat) {
    const Daemon daemon(
        "{\"ok\":false,\"error\":\"no node /x\\u001b[0m\",\"kind\":\"not_found\"}\n");
    const Outcome done = run(daemon.path(), {"node", "del", "/x"});
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.err, "rvpctl: node del /x: no node /x?[0m\n");
    EXPECT_EQ(done.out, "");
}

TEST(Rvpctl, SaysThatTheDaemonIsNotRunningAndWhere) {
    const std::string path =
        std::filesystem::temp_directory_path() / "rvpctl-nobody" / "control.sock";
    const Outcome done = run(path, {"status"});
    EXPECT_EQ(done.code, 1);
    EXPECT_EQ(done.err, "rvpctl: rvpd is not running: nobody listens at " + path + "\n");
    EXPECT_NE(run("/" + std::string(200, 'x'), {"status"}).err.find("too long for a socket"),
              std::string::npos);
}

TEST(Rvpctl, SurvivesAnswersThatAreNone) {
    for (const char* answer :
         {"", "garbage\n", "{}\n", "{\"ok\":true}\n", "[1]\n", "{\"ok\":false}\n"}) {
        const Daemon daemon(answer);
        const Outcome done = run(daemon.path(), {"status"});
        EXPECT_EQ(done.code, 1) << answer;
        EXPECT_NE(done.err.find("rvpctl: status: "), std::string::npos) << done.err;
        EXPECT_EQ(done.out, "") << answer;
    }
}

TEST(Rvpctl, KnowsWhichCommandWasMeant) {
    EXPECT_EQ(run("", {"nod"}).wrong, "no command 'rvpctl nod'; did you mean 'rvpctl node'?");
    EXPECT_EQ(run("", {"node", "lst"}).wrong,
              "no command 'rvpctl node lst'; did you mean 'rvpctl node list'?");
    EXPECT_EQ(run("", {"node", "explode"}).wrong,
              "no command 'rvpctl node explode'; there are: add, del, list");
    EXPECT_EQ(run("", {"node", "status"}).wrong,
              "no command 'rvpctl node status'; there are: add, del, list");
    EXPECT_EQ(run("", {"sub"}).wrong, "which command? 'rvpctl sub' needs one of: list, show, end, replay");
    EXPECT_NE(run("", {}).wrong.find("which command? 'rvpctl' needs one of: status, node"),
              std::string::npos);
}

TEST(Rvpctl, RefusesAWrongCommandLine) {
    const std::vector<std::vector<std::string>> cases = {
        {"--sokcet", "x"},
        {"status", "extra"},
        {"node", "add"},
        {"sub", "show"},
        {"sub", "end", "x"},
        {"sub", "end", "0"},
        {"sub", "end", "2147483648"},
        {"presence", "set", "bob"},
        {"acl", "set", "bob", "all"},
        {"acl", "set", "bob", "--grant", "read"},
        {"explain"},
        {"trace", "bob", "--count", "0"},
        {"trace", "bob", "--count", "-1"},
    };
    for (const auto& words : cases) {
        const Outcome done = run("", words);
        EXPECT_EQ(done.code, 2) << words.front() << " " << words.back();
        EXPECT_NE(done.err, "") << words.front() << " " << words.back();
        EXPECT_EQ(done.wrong, "") << words.front() << " " << words.back();
    }
}

TEST(Rvpctl, SaysOfWhichCommandTheWordsWereWrong) {
    EXPECT_EQ(run("", {"sub", "show"}).err, "sub show: ID is required; see 'rvpctl sub show --help'");
    EXPECT_EQ(run("", {"status", "extra"}).err,
              "status: The following argument was not expected: extra; see 'rvpctl status --help'");
    EXPECT_EQ(run("", {"reload", "--dif"}).err,
              "reload: The following argument was not expected: --dif; did you mean --diff?; see 'rvpctl reload --help'");
    EXPECT_EQ(run("", {"--sokcet", "x"}).err.substr(0, 33), "The following arguments were not ");
}

TEST(Rvpctl, StatusSaysWhetherTheDaemonIsFit) {
    EXPECT_EQ(run_for(R"({"version":"1","domain":"a","uptime_seconds":3661,"started":"2026-11-29T10:00:00Z","nodes":1,)"
                      R"("subscriptions":2,"principals_online":1,"messages_kept":3,"unfit":[],"listeners":[]})", {"status"}).out,
              "rvpd 1 for a, up 1 h 1 min since 2026-11-29T10:00:00Z\n"
              "ready             yes\nnodes             1\nsubscriptions     2\nprincipals online 1\nmessages kept     3\n");
    EXPECT_NE(run_for(R"({"unfit":["the store is failing"]})", {"status"}).out.find("\nNOT READY         the store is failing\n"),
              std::string::npos);
}

TEST(Rvpctl, ASearchAsJsonIsAListAsAllListsAre) {
    const Outcome more = run_for(R"({"messages":[{"id":1}],"next":"1.2"})", {"--json", "history", "search"});
    EXPECT_EQ(more.out, "[{\"id\":1}]\n");
    EXPECT_EQ(more.err, "more: --page 1.2\n");
    const Outcome none = run_for(R"({"messages":[],"next":""})", {"history", "search", "--json"});
    EXPECT_EQ(none.out + none.err, "[]\n");
    EXPECT_EQ(run_for("[]", {"history", "search"}).out, "nothing found\n");
}

TEST(Rvpctl, SaysWhatAReloadChangesAndWhatWaits) {
    const std::string changes = R"([{"option":"domain","from":"\"a\"","to":"\"b\"","effect":"restart"}])";
    const Outcome look = run_for(changes, {"reload", "--diff"});
    EXPECT_EQ(look.out,
              "OPTION  FROM  TO   EFFECT\n"
              "domain  \"a\"   \"b\"  restart\n"
              "what says restart would wait for one\n");
    EXPECT_EQ(run_for("[]", {"reload", "--diff"}).out, "nothing would change\n");
    EXPECT_EQ(run_for("[]", {"reload"}).out, "reloaded; nothing changed\n");
}

TEST(Rvpctl, SaysWhatBecameOfAMessage) {
    EXPECT_EQ(run_for(R"({"to":"/instmsg/aliases/bob","from":"x","accepted":"delivered"})", {"send", "bob", "hi"}).out,
              "delivered to /instmsg/aliases/bob\n");
    EXPECT_EQ(run_for(R"({"to":"/instmsg/aliases/bob","from":"x","accepted":"kept"})", {"send", "bob", "hi"}).out,
              "kept for /instmsg/aliases/bob, who is not there\n");
}

TEST(Commands, TraceSaysWhomItDoesNotKnowAndHowItEnds) {
    const Daemon unknown(R"({"ok":false,"error":"no node /instmsg/aliases/eve","kind":"not_found"})" "\n");
    const Outcome no = run(unknown.path(), {"trace", "eve"});
    EXPECT_EQ(no.code, 1);
    EXPECT_EQ(no.err, "rvpctl: trace eve: no node /instmsg/aliases/eve\n");
    const Daemon ends(R"({"ok":true,"result":{"tracer":1,"node":"/instmsg/aliases/bob"}})" "\n");
    const Outcome over = run(ends.path(), {"trace", "bob"});
    EXPECT_EQ(over.code, 1);
    EXPECT_NE(over.err.find("hung up"), std::string::npos) << over.err;
}

}  // namespace
