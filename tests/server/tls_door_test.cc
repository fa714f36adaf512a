// tests/server/tls_door_test.cc: an https listener, from its handshake to its end.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "server/config.h"
#include "server/daemon.h"
#include "tests/folder.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

using namespace std::chrono_literals;
using loopback::TlsContext;
using loopback::TlsPeer;

constexpr char kBob[] = "http://im.example.com/instmsg/aliases/bob";

std::string request(const std::string& method, const std::string& headers, const std::string& body = "") {
    return method + " /instmsg/aliases/bob HTTP/1.1\r\nHost: im.example.com\r\nRVP-From-Principal: " + kBob + "\r\n" +
           headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string subscribe() {
    return request("SUBSCRIBE", "Call-Back: http://127.0.0.1:4000\r\nNotification-Type: pragma/notify\r\n");
}
/// Of a property that there is only after patch().
std::string find() {
    return request("PROPFIND", "Depth: 0\r\n",
                   R"(<d:propfind xmlns:d="DAV:"><d:prop><x:note xmlns:x="urn:x"/></d:prop></d:propfind>)");
}
std::string patch(const std::string& note) {
    return request("PROPPATCH", "",
                   R"(<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><x:note xmlns:x="urn:x">)" + note +
                       "</x:note></d:prop></d:set></d:propertyupdate>");
}
std::string status_of(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

class TlsDoorTest : public ::testing::Test {
protected:
    TlsDoorTest() {
        use(a_);
        folder_.write("ca.pem", authority_.certificate);
        const auto quoted = [this](const char* name) { return '"' + folder_.at(name) + "\"\n"; };
        const auto config = parse_config("domain = \"im.example.com\"\n[listen]\nhttp = []\nhttps = [\"127.0.0.1:0\"]\n"
                                         "admin = \"\"\ncontrol = \"\"\n[tls]\ncertificate = " + quoted("a.pem") +
                                             "key = " + quoted("a.key") + "ca = [" + quoted("ca.pem") + "]\n" +
                                             "[store]\npath = " + quoted("rvpd.db"),
                                         "rvpd.conf");
        config_ = config.value();
        Surroundings around;
        around.load = [this] { return base::Result<Config>(config_); };
        daemon_ = std::make_unique<Daemon>(config_, clock_, log_, std::move(around));
        thread_ = std::thread([this] { daemon_->run(); });
        const Listening& one = daemon_->listening().at(0);
        EXPECT_EQ(one.scheme, "https");
        port_ = static_cast<std::uint16_t>(std::stoi(one.address.substr(one.address.rfind(':') + 1)));
    }
    ~TlsDoorTest() override {
        daemon_->stop();
        thread_.join();
    }

    TlsPeer call() { return {client_, loopback::call(port_)}; }
    TlsPeer connected() {
        TlsPeer peer = call();
        EXPECT_TRUE(peer.connect());
        return peer;
    }
    /// The same, and there is a node to ask about.
    TlsPeer logged_on() {
        TlsPeer peer = connected();
        peer.send(subscribe());
        EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 200 Successful");
        return peer;
    }
    void pass(std::chrono::milliseconds time) {
        daemon_->settle();
        clock_.advance(time);
        daemon_->settle();
    }

    /// For the next reload.
    void use(const pki::Pair& pair) {
        folder_.write("a.pem", pair.certificate);
        folder_.write("a.key", pair.key);
    }
    /// Reloads. What the log says meanwhile.
    std::string log_of_reload() {
        ::testing::internal::CaptureStderr();
        daemon_->reload();
        daemon_->settle();
        return ::testing::internal::GetCapturedStderr();
    }

    tests::Folder folder_;
    const pki::Pair authority_ = pki::authority();
    const pki::Pair a_ = pki::issue({.name = "a"}, &authority_);
    const TlsContext client_ = TlsContext::client(authority_);
    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    Config config_;
    std::unique_ptr<Daemon> daemon_;
    std::thread thread_;
    std::uint16_t port_ = 0;
};

TEST_F(TlsDoorTest, ServesOneRequestAfterAnotherOnOneConnection) {
    TlsPeer peer = connected();
    EXPECT_EQ(peer.peer_name(), "a");
    for (int i = 0; i < 3; ++i) {
        peer.send(subscribe());  // is on disk before it is answered, so its connection waits meanwhile
        EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 200 Successful");
    }
}

TEST_F(TlsDoorTest, RecordsNeedNotEndWhereRequestsDo) {
    TlsPeer peer = logged_on();
    for (const char c : find()) peer.send(std::string_view(&c, 1));
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 207 Multi-Status");
    peer.send(find() + subscribe() + find().substr(0, 10));
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 207 Multi-Status");
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 200 Successful");
    peer.send(find().substr(10));
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 207 Multi-Status");
}

TEST_F(TlsDoorTest, BodiesOfManyRecordsGoBothWays) {
    const std::string note(60'000, 'n');
    TlsPeer peer = logged_on();
    peer.send(patch(note));
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 207 Multi-Status");
    peer.send(find());
    EXPECT_NE(peer.read_message().find(note), std::string::npos);
}

TEST_F(TlsDoorTest, SaysFarewellWhenItCloses) {
    TlsPeer peer = connected();
    peer.send("NONSENSE / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 400 Bad Request");
    EXPECT_EQ(peer.read_end(), TlsPeer::End::clean);
}

TEST_F(TlsDoorTest, WhoHasNothingMoreToSayGetsHisAnswerAndTheEnd) {
    TlsPeer peer = connected();
    peer.send(subscribe());
    peer.finish();
    EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 200 Successful");
    EXPECT_EQ(peer.read_end(), TlsPeer::End::clean);
}

TEST_F(TlsDoorTest, NothingOlderThanTls12IsSpoken) {
    for (const auto& [version, spoken] : {std::pair(TLS1_1_VERSION, false), {TLS1_2_VERSION, true}, {TLS1_3_VERSION, true}}) {
        TlsPeer peer = call();
        SSL_set_security_level(peer.ssl(), 0);
        SSL_set_min_proto_version(peer.ssl(), version);
        SSL_set_max_proto_version(peer.ssl(), version);
        EXPECT_EQ(peer.connect(), spoken) << version;
    }
}

TEST_F(TlsDoorTest, WhoSpeaksPlainHttpIsCutOff) {
    const base::Fd fd = loopback::call(port_);
    const std::string plain = subscribe();
    ASSERT_EQ(::send(fd.get(), plain.data(), plain.size(), MSG_NOSIGNAL), static_cast<ssize_t>(plain.size()));
    char bytes[1024];
    std::string got;
    for (ssize_t n; (n = ::recv(fd.get(), bytes, sizeof bytes, 0)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
    EXPECT_EQ(got.find("HTTP"), std::string::npos);
}

TEST_F(TlsDoorTest, AHandshakeMustBeOverWhenTheTimeForAHeadIs) {
    const base::Fd silent = loopback::call(port_);
    const base::Fd begun = loopback::call(port_);
    ASSERT_EQ(::send(begun.get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
    TlsPeer met = logged_on();
    pass(11s);
    char byte;
    EXPECT_EQ(::recv(silent.get(), &byte, 1, 0), 0);
    EXPECT_EQ(::recv(begun.get(), &byte, 1, 0), 0);
    met.send(find());  // who has shaken hands may be silent for as long as anybody
    EXPECT_EQ(status_of(met.read_message()), "HTTP/1.1 207 Multi-Status");
}

TEST_F(TlsDoorTest, ANewCertificateIsShownToWhoComesAfterAReload) {
    TlsPeer early = logged_on();
    TlsPeer silent = call();  // has a connection, and says nothing yet
    daemon_->settle();
    use(pki::issue({.name = "b"}, &authority_));
    daemon_->reload();
    daemon_->settle();
    EXPECT_EQ(connected().peer_name(), "b");
    ASSERT_TRUE(silent.connect());
    EXPECT_EQ(silent.peer_name(), "a");
    early.send(find());  // who was there before is served on
    EXPECT_EQ(status_of(early.read_message()), "HTTP/1.1 207 Multi-Status");
}

TEST_F(TlsDoorTest, ABadPairKeepsTheOldOneAndTheLogNamesTheFile) {
    use({a_.certificate, pki::issue({}).key});
    EXPECT_NE(log_of_reload().find(folder_.at("a.key") + " is not the key of"), std::string::npos);
    EXPECT_EQ(connected().peer_name(), "a");
    use({a_.certificate, ""});
    EXPECT_NE(log_of_reload().find(folder_.at("a.key") + " holds no private key"), std::string::npos);
    use({"", a_.key});
    EXPECT_NE(log_of_reload().find(folder_.at("a.pem") + " holds no chain"), std::string::npos);
    EXPECT_EQ(connected().peer_name(), "a");
}

TEST_F(TlsDoorTest, NoRequestIsLostWhileCertificatesChange) {
    const std::array pairs{a_, pki::issue({.name = "b"}, &authority_)};
    std::vector<TlsPeer> early;
    for (int i = 0; i < 8; ++i) early.push_back(logged_on());
    for (std::size_t round = 0; round < 12; ++round) {
        use(pairs.at(round % 2));
        for (TlsPeer& peer : early) peer.send(find());
        TlsPeer before = call();
        daemon_->reload();
        TlsPeer after = call();
        for (TlsPeer* peer : {&before, &after}) {
            ASSERT_TRUE(peer->connect()) << round;
            peer->send(subscribe());
            EXPECT_EQ(status_of(peer->read_message()), "HTTP/1.1 200 Successful") << round;
        }
        for (TlsPeer& peer : early) EXPECT_EQ(status_of(peer.read_message()), "HTTP/1.1 207 Multi-Status") << round;
        daemon_->settle();
        EXPECT_EQ(connected().peer_name(), round % 2 ? "b" : "a");
    }
}

}  // namespace
}  // namespace server
