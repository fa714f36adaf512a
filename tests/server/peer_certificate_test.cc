// tests/server/peer_certificate_test.cc: whom the certificate of a client proves, over a real handshake.
// SPDX-License-Identifier: Apache-2.0
#include "server/peer_certificate.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "server/config.h"
#include "server/daemon.h"
#include "tests/folder.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

using loopback::TlsContext;
using loopback::TlsPeer;

/// A daemon that believes the servers of im.acme.com by their certificates.
class PeerCertificateTest : public ::testing::Test {
protected:
    PeerCertificateTest() {
        folder_.write("a.pem", ours_.certificate);
        folder_.write("a.key", ours_.key);
        folder_.write("ca.pem", authority_.certificate);
        const auto quoted = [this](const char* name) { return '"' + folder_.at(name) + "\"\n"; };
        config_ = parse_config("domain = \"im.example.com\"\n[listen]\nhttp = []\nhttps = [\"127.0.0.1:0\"]\nadmin = \"\"\ncontrol = \"\"\n"
                               "[tls]\ncertificate = " + quoted("a.pem") + "key = " + quoted("a.key") + "ca = [" + quoted("ca.pem") + "]\n" +
                                   "[store]\npath = \":memory:\"\n[federation]\ndomains = [\"im.acme.com\"]\nproof = \"certificate\"\n",
                               "rvpd.conf").value();
        daemon_ = std::make_unique<Daemon>(config_, clock_, log_);
        thread_ = std::thread([this] { daemon_->run(); });
        const std::string& address = daemon_->listening().at(0).address;
        port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    }
    ~PeerCertificateTest() override {
        daemon_->stop();
        thread_.join();
    }
    /// The status of the second of two requests of im.acme.com's over one connection.
    std::string asks(const TlsContext& client) {
        TlsPeer peer(client, loopback::call(port_));
        EXPECT_TRUE(peer.connect());
        std::string answer;
        for (int i = 0; i < 2; ++i) {
            peer.send("SUBSCRIPTIONS /instmsg/aliases/bob HTTP/1.1\r\nHost: im.example.com\r\nNotification-Type: pragma/notify\r\n"
                      "RVP-From-Principal: im.acme.com\r\nContent-Length: 0\r\n\r\n");
            answer = peer.read_message();
        }
        return answer.substr(9, 3);
    }
    std::string asks_with(const pki::Wish& wish, const pki::Pair& authority) {
        return asks(TlsContext::client(authority_, pki::issue(wish, &authority)));
    }

    tests::Folder folder_;
    const pki::Pair authority_ = pki::authority();
    const pki::Pair ours_ = pki::issue({.name = "a"}, &authority_);
    base::SystemClock clock_;
    base::Log log_{base::LogLevel::error};
    Config config_;
    std::unique_ptr<Daemon> daemon_;
    std::thread thread_;
    std::uint16_t port_ = 0;
};

TEST_F(PeerCertificateTest, ProvesTheHostThatItNames) {
    EXPECT_EQ(asks_with({.name = "acme", .alternatives = "DNS:im.acme.com"}, authority_), "404") << "let in; there is no bob";
}

TEST_F(PeerCertificateTest, NoneProvesNobody) { EXPECT_EQ(asks(TlsContext::client(authority_)), "403"); }

TEST_F(PeerCertificateTest, AnotherHostsProvesNotThisOne) {
    EXPECT_EQ(asks_with({.name = "other", .alternatives = "DNS:im.other.com"}, authority_), "403");
}

TEST_F(PeerCertificateTest, OneByAnAuthorityThatNobodyBelievesProvesNothing) {
    const pki::Pair stranger = pki::authority();
    EXPECT_EQ(asks_with({.name = "acme", .alternatives = "DNS:im.acme.com"}, stranger), "403");
}

TEST_F(PeerCertificateTest, OneThatIsNotInForceProvesNothing) {
    EXPECT_EQ(asks_with({.name = "acme", .alternatives = "DNS:im.acme.com", .from = std::chrono::hours(-48), .until = std::chrono::hours(-24)}, authority_),
              "403");
}

TEST(PeerTrust, SaysWhichFileHoldsNoCertificates) {
    EXPECT_FALSE(PeerTrust::make({"/dev/null"}));
    EXPECT_TRUE(PeerTrust::make({"system"}));
}

}  // namespace
}  // namespace server
