// tests/server/control_test.cc: the control socket, spoken to as rvpctl does.
// SPDX-License-Identifier: Apache-2.0
#include "server/control.h"

#include "base/fd.h"
#include "server/admin_commands.h"
#include "tests/fakes.h"
#include "tests/folder.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

namespace {

using base::json::Value;
using server::Control;
using server::ControlLimits;

constexpr std::chrono::seconds kLimit{20};  // real time; only a broken control ever waits for it

/// A connected client whose waiting runs the loop.
class Peer {
public:
    Peer(base::Loop& loop, const std::string& path)
        : loop_(loop), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, path.data(), path.size());
        EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0)
            << std::strerror(errno);
    }
    void send(const std::string& bytes) {
        EXPECT_EQ(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    void finish() { ::shutdown(fd_.get(), SHUT_WR); }
    /// The next line, or "closed".
    std::string line() {
        while (got_.find('\n') == std::string::npos) {
            std::array<char, 4096> chunk;
            const ssize_t n = ::recv(fd_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
            if (n > 0) got_.append(chunk.data(), static_cast<std::size_t>(n));
            if (n == 0 || (n < 0 && errno == ECONNRESET)) return "closed";
            if (n >= 0) continue;
            if (loop_.io().run_one_for(kLimit) == 0) return "nothing happens";
        }
        const std::size_t end = got_.find('\n');
        std::string line = got_.substr(0, end);
        got_.erase(0, end + 1);
        return line;
    }
    /// Sends a request and reads its answer.
    std::string ask(const std::string& request) {
        send(request + "\n");
        return line();
    }

private:
    base::Loop& loop_;
    base::Fd fd_;
    std::string got_;
};

/// A loop on a fake clock, and a folder for sockets. Commands: `echo` answers its args, `wait` keeps its answer.
class ControlSocket : public testing::Test {
protected:
    std::unique_ptr<Control> open(const std::string& path, ControlLimits limits = {}) {
        return std::make_unique<Control>(
            loop_, log_, path,
            [this](const std::string& command, const Value& args, server::CommandAnswer answer) {
                if (command == "wait") return waiting_.push_back(std::move(answer));
                if (command == "drop") return;
                if (command == "echo") return answer(args);
                answer(base::fail(base::Errc::not_found, "no " + command));
            },
            limits);
    }
    std::unique_ptr<Control> open() { return open(path_); }
    std::string why_not(const std::string& path) {
        try {
            open(path);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "it was opened";
    }
    void settle() {
        loop_.io().restart();
        loop_.io().poll();
    }
    void pass(std::chrono::seconds time) {
        clock_.advance(time);
        loop_.tick();
        settle();
    }
    static mode_t mode_of(const std::string& path) {
        struct stat found {};
        return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
    }
    static bool is_there(const std::string& path) {
        return std::filesystem::exists(std::filesystem::symlink_status(path));
    }

    tests::Folder folder_;
    std::string path_ = folder_.at("run/control.sock");
    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    base::Loop loop_{clock_, std::chrono::milliseconds(250)};
    std::vector<server::CommandAnswer> waiting_;
};

TEST_F(ControlSocket, AnswersLineByLine) {
    const auto control = open();
    Peer peer(loop_, path_);
    EXPECT_EQ(peer.ask(R"({"command":"echo","args":{"a":[1,"b"]}})"),
              R"({"ok":true,"result":{"a":[1,"b"]}})");
    EXPECT_EQ(peer.ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
    EXPECT_EQ(peer.ask(R"({"command":"x"})"), R"({"ok":false,"error":"no x","kind":"not_found"})");
}

TEST_F(ControlSocket, AnswersWhatWasSentAheadInTurnAndThenHangsUp) {
    const auto control = open();
    Peer peer(loop_, path_);
    peer.send(
        "\n\r\n{\"command\":\"echo\",\"args\":{\"n\":1}}\n  "
        "\n{\"command\":\"echo\",\"args\":{\"n\":2}}");
    peer.finish();
    EXPECT_EQ(peer.line(), R"({"ok":true,"result":{"n":1}})");
    EXPECT_EQ(peer.line(), R"({"ok":true,"result":{"n":2}})");
    EXPECT_EQ(peer.line(), "closed");
}

TEST_F(ControlSocket, SaysWhatIsWrongWithARequestAndGoesOn) {
    const auto control = open();
    Peer peer(loop_, path_);
    for (const char* request :
         {"nonsense", "[]", "{}", R"({"command":1})", R"({"command":"echo","args":[]})"}) {
        const auto answer = base::json::parse(peer.ask(request));
        ASSERT_TRUE(answer) << request;
        EXPECT_EQ(answer->find("ok")->as_bool(), false) << request;
        EXPECT_EQ(*answer->find("kind"), Value("malformed")) << request;
    }
    EXPECT_EQ(peer.ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, RefusesALineThatIsTooLong) {
    const auto control = open();
    for (const std::string end : {"", "\n"}) {
        Peer peer(loop_, path_);
        peer.send(std::string(64 * 1024 + 1, 'x') + end);
        EXPECT_NE(peer.line().find(R"("kind":"too_large")"), std::string::npos);
        peer.send("more");  // is taken, and not obeyed
        EXPECT_EQ(peer.line(), "closed");
    }
}

TEST_F(ControlSocket, TakesALongLineThatIsNotTooLong) {
    const auto control = open();
    Peer peer(loop_, path_);
    const std::string head = R"({"command":"echo","args":{"a":")", tail = R"("}})";
    const std::string text(64 * 1024 - head.size() - tail.size(), 'x');
    EXPECT_EQ(peer.ask(head + text + tail), R"({"ok":true,"result":{"a":")" + text + R"("}})");
}

TEST_F(ControlSocket, TurnsAwayWhoIsOneTooMany) {
    const auto control = open();
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 32; ++i) {
        peers.push_back(std::make_unique<Peer>(loop_, path_));
        settle();
    }
    Peer late(loop_, path_);
    EXPECT_NE(late.line().find(R"("kind":"busy")"), std::string::npos);
    EXPECT_EQ(late.line(), "closed");
    peers.pop_back();
    settle();
    EXPECT_EQ(Peer(loop_, path_).ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
    EXPECT_EQ(peers.front()->ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, HangsUpOnWhoAsksNothingForAMinute) {
    const auto control = open();
    Peer idle(loop_, path_);
    Peer busy(loop_, path_);
    settle();
    pass(std::chrono::seconds(40));
    EXPECT_EQ(busy.ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
    settle();
    pass(std::chrono::seconds(21));
    EXPECT_EQ(idle.line(), "closed");
    EXPECT_EQ(busy.ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, WaitsForALateAnswerBeforeItReadsOn) {
    const auto control = open();
    Peer peer(loop_, path_);
    peer.send("{\"command\":\"wait\"}\n{\"command\":\"echo\"}\n");
    settle();
    ASSERT_EQ(waiting_.size(), 1u);
    pass(std::chrono::seconds(600));  // it is we who are slow
    waiting_.front()(Value("late"));
    EXPECT_EQ(peer.line(), R"({"ok":true,"result":"late"})");
    EXPECT_EQ(peer.line(), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, TellsOfACommandThatWasGivenUp) {
    const auto control = open();
    EXPECT_NE(Peer(loop_, path_).ask(R"({"command":"drop"})").find(R"("kind":"internal")"),
              std::string::npos);
}

TEST_F(ControlSocket, ForgetsAnAnswerWhoseClientOrSocketIsGone) {
    auto control = open();
    {
        Peer gone(loop_, path_);
        gone.send("{\"command\":\"wait\"}\n");
        settle();
    }
    Peer peer(loop_, path_);
    peer.send("{\"command\":\"wait\"}\n");
    settle();
    ASSERT_EQ(waiting_.size(), 2u);
    waiting_[0](Value());
    settle();
    control.reset();
    waiting_[1](Value());
    settle();
    EXPECT_EQ(peer.line(), "closed");
}

TEST_F(ControlSocket, IsForItsOwnerAloneAndGoesWithTheDaemon) {
    auto control = open();
    EXPECT_EQ(mode_of(path_), 0600u);
    EXPECT_EQ(mode_of(folder_.at("run")), 0700u);
    control.reset();
    EXPECT_FALSE(is_there(path_));
}

TEST_F(ControlSocket, TakesThePlaceOfADeadDaemon) {
    {
        std::filesystem::create_directory(folder_.at("run"));
        const base::Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, path_.data(), path_.size());
        ASSERT_EQ(::bind(dead.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    }
    ASSERT_TRUE(is_there(path_));
    const auto control = open();
    EXPECT_EQ(Peer(loop_, path_).ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, LeavesALiveDaemonAlone) {
    const auto control = open();
    EXPECT_NE(why_not(path_).find("another rvpd listens on " + path_), std::string::npos)
        << why_not(path_);
    EXPECT_EQ(Peer(loop_, path_).ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, ReplacesNothingThatIsNoSocket) {
    std::filesystem::create_directory(folder_.at("run"));
    std::ofstream(path_) << "precious";
    EXPECT_NE(why_not(path_).find("is no socket"), std::string::npos) << why_not(path_);
    EXPECT_EQ(std::filesystem::file_size(path_), 8u);
    EXPECT_NE(why_not(folder_.at("no/such/folder.sock")).find("cannot make the folder"),
              std::string::npos);
    EXPECT_NE(why_not(folder_.at(std::string(200, 'x'))).find("too long"), std::string::npos);
}

TEST_F(ControlSocket, RefusesAFolderOfSomebodyElse) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
    std::filesystem::create_directory(folder_.at("run"));
    ASSERT_EQ(::chown(folder_.at("run").c_str(), 12345, 12345), 0);
    EXPECT_NE(why_not(path_).find("belongs to uid 12345"), std::string::npos) << why_not(path_);
}

TEST_F(ControlSocket, RemovesNoSocketButItsOwn) {
    auto control = open();
    std::filesystem::remove(path_);
    const auto other = open();
    control.reset();
    EXPECT_EQ(Peer(loop_, path_).ask(R"({"command":"echo"})"), R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, ThereMayBeSeveral) {
    const auto one = open(folder_.at("one.sock"));
    const auto two = open(folder_.at("two.sock"));
    EXPECT_EQ(Peer(loop_, folder_.at("one.sock")).ask(R"({"command":"echo"})"),
              R"({"ok":true,"result":{}})");
    EXPECT_EQ(Peer(loop_, folder_.at("two.sock")).ask(R"({"command":"echo"})"),
              R"({"ok":true,"result":{}})");
}

TEST_F(ControlSocket, HearsOnlyRootAndItsOwnUser) {
    EXPECT_TRUE(server::may_control(0, 1000));
    EXPECT_TRUE(server::may_control(1000, 1000));
    EXPECT_FALSE(server::may_control(1001, 1000));
    EXPECT_FALSE(server::may_control(1000, 0));
}

TEST_F(ControlSocket, TurnsAStrangerAway) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    const auto control = open(folder_.at("open.sock"));
    ASSERT_EQ(::chmod(folder_.at("open.sock").c_str(), 0666), 0);
    ASSERT_EQ(::chmod(folder_.at("").c_str(), 0755), 0);
    std::unique_ptr<Peer> stranger;
    std::thread([&] {
        // The bare system call changes this thread alone.
        ASSERT_EQ(::syscall(SYS_setresuid, -1, 65534, -1), 0);
        stranger = std::make_unique<Peer>(loop_, folder_.at("open.sock"));
    }).join();
    EXPECT_NE(stranger->line().find(R"("kind":"denied")"), std::string::npos);
    EXPECT_EQ(stranger->line(), "closed");
}

TEST_F(ControlSocket, SpeaksForTheService) {
    tests::PresenceWorld world;
    server::AdminCommands admin(world.service, world.clock, {"1.2", {{"rvp", "127.0.0.1:8080"}}});
    const Control control(loop_, log_, path_, [&admin](const std::string& command, const Value& args, server::CommandAnswer answer) {
        admin.run(command, args, 0, std::move(answer));
    });
    Peer peer(loop_, path_);
    EXPECT_EQ(
        peer.ask(R"({"command":"node add","args":{"path":"bob"}})"),
        R"({"ok":true,"result":{"node":"/instmsg/aliases/bob","owner":"http://im.example.com/instmsg/aliases/bob"}})");
    EXPECT_EQ(
        peer.ask(R"({"command":"node del","args":{"path":"bbo"}})"),
        R"({"ok":false,"error":"no node /instmsg/aliases/bbo; did you mean bob?","kind":"not_found"})");
}

}  // namespace
