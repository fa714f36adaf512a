// tests/server/tls_msnp_test.cc: an msnps listener that has no https beside it.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/config.h"
#include "server/daemon.h"
#include "tests/folder.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

using loopback::TlsContext;
using loopback::TlsPeer;

class TlsMsnpTest : public ::testing::Test {
protected:
    TlsMsnpTest() {
        use({.name = "a"});
        const auto quoted = [this](const char* name) { return '"' + folder_.at(name) + "\"\n"; };
        config_ = parse_config("domain = \"im.example.com\"\n[listen]\nhttp = []\nmsnps = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\n"
                               "control = \"\"\n[tls]\ncertificate = " + quoted("a.pem") + "key = " + quoted("a.key") +
                                   "[limits]\nconnections_per_address = 3\n[store]\npath = \":memory:\"",
                               "rvpd.conf").value();
        Surroundings around;
        around.load = [this] { return base::Result<Config>(config_); };
        daemon_ = std::make_unique<Daemon>(config_, clock_, log_, std::move(around));
        thread_ = std::thread([this] { daemon_->run(); });
    }
    ~TlsMsnpTest() override {
        daemon_->stop();
        thread_.join();
    }

    /// For the next reload.
    void use(const pki::Wish& wish) {
        const pki::Pair pair = pki::issue(wish, &authority_);
        folder_.write("a.pem", pair.certificate);
        folder_.write("a.key", pair.key);
    }
    [[nodiscard]] base::Fd call(const std::string& door) const {
        for (const Listening& one : daemon_->listening()) {
            if (one.door == door) return loopback::call(static_cast<std::uint16_t>(std::stoi(one.address.substr(one.address.rfind(':') + 1))));
        }
        throw std::runtime_error("there is no " + door);
    }
    [[nodiscard]] std::string name_shown() const {
        TlsPeer peer(client_, call("msnp"));
        EXPECT_TRUE(peer.connect());
        return peer.peer_name();
    }
    /// The metric that tells when the certificate expires; "" without it.
    [[nodiscard]] std::string expires() const {
        const base::Fd fd = call("admin");
        const std::string ask = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        EXPECT_EQ(::send(fd.get(), ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
        std::string got;
        char bytes[4096];
        for (ssize_t n; (n = ::recv(fd.get(), bytes, sizeof bytes, 0)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
        const std::size_t at = got.find("\nrvpd_certificate_expires_timestamp_seconds ");
        return at == std::string::npos ? "" : got.substr(at + 1, got.find('\n', at + 1) - at - 1);
    }

    tests::Folder folder_;
    const pki::Pair authority_ = pki::authority();
    const TlsContext client_ = TlsContext::client(authority_);
    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    Config config_;
    std::unique_ptr<Daemon> daemon_;
    std::thread thread_;
};

TEST_F(TlsMsnpTest, ItsCertificateIsWatchedAndRenewed) {
    EXPECT_EQ(name_shown(), "a");
    const std::string before = expires();
    EXPECT_NE(before, "");
    use({.name = "b", .until = std::chrono::hours(48)});
    daemon_->reload();
    daemon_->settle();
    EXPECT_EQ(name_shown(), "b");
    EXPECT_NE(expires(), "");
    EXPECT_NE(expires(), before);
}

TEST_F(TlsMsnpTest, WhoIsOneTooManyIsToldSoBehindTheHandshake) {
    std::vector<std::unique_ptr<TlsPeer>> in;
    for (int i = 0; i < 3; ++i) {
        in.push_back(std::make_unique<TlsPeer>(client_, call("msnp")));
        EXPECT_TRUE(in.back()->connect());
    }
    TlsPeer out(client_, call("msnp"));
    EXPECT_TRUE(out.connect());
    std::string got;
    char bytes[256];
    for (int n; (n = SSL_read(out.ssl(), bytes, sizeof bytes)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
    EXPECT_EQ(got, "714 0 CON 40\r\n\r\nYour address has too many connections.");
    EXPECT_EQ(SSL_get_shutdown(out.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN) << "no cut";
}

}  // namespace
}  // namespace server
