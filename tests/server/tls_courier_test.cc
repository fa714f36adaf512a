// tests/server/tls_courier_test.cc: call-backs over TLS: who is believed, and what the bytes go through.
// SPDX-License-Identifier: Apache-2.0
#include "server/tls.h"

#include "tests/server/courier_fixture.h"
#include "tests/folder.h"
#include "tests/server/tls_peer.h"

namespace server {
namespace {

using loopback::TlsContext;
using loopback::TlsPeer;

class TlsCourierTest : public CourierTest {
protected:
    TlsCourierTest() {
        believe({folder_.write("ca.pem", authority_.certificate)});
        port_.listen();
    }

    void believe(const std::vector<std::string>& ca) {
        CourierSettings settings;
        settings.trust = TlsTrust::make(ca).value();
        start(settings);
    }
    TargetId open_tls(const std::string& host = "127.0.0.1") {
        return try_open("https://" + host + ":" + std::to_string(port_.number())).value();
    }
    TlsPeer accept(const pki::Pair& shown) { return {TlsContext::server(shown), port_.accept_fd()}; }
    static void answer(TlsPeer& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); }
    /// What becomes of a message to somebody who shows this, and why.
    std::string refused_for(const pki::Pair& shown) {
        const TargetId target = open_tls();
        push({message(target, "m", 1)});
        TlsPeer peer = accept(shown);
        EXPECT_FALSE(peer.accept() && peer.read_end() == TlsPeer::End::clean);
        const std::string fate = fates_.take(1).at(0);
        return fate.substr(fate.rfind(' ') + 1) + ": " + report(target).failure;
    }

    tests::Folder folder_;
    const pki::Pair authority_ = pki::authority();
    const pki::Pair good_ = pki::issue({.name = "good"}, &authority_);
    Port port_;
};

TEST_F(TlsCourierTest, WhoIsProvenGetsOneNotifyAfterAnotherOnOneConnection) {
    const TargetId target = open_tls();
    push({message(target, "a", 1), message(target, "b", 2)});
    TlsPeer peer = accept(good_);
    ASSERT_TRUE(peer.accept());
    const std::string request = peer.read_message();
    EXPECT_EQ(name_of(request), "a");
    EXPECT_NE(request.find("\r\nHost: 127.0.0.1:" + std::to_string(port_.number()) + "\r\n"), std::string::npos);
    for (const char c : std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) peer.send({&c, 1});
    EXPECT_EQ(name_of(peer.read_message()), "b");
    answer(peer);
    EXPECT_EQ(fates_.take(2), (Lines{"1/7 1 taken", "1/7 2 taken"}));
}

TEST_F(TlsCourierTest, ANameIsAskedForByName) {
    push({message(open_tls("localhost"), "a", 1)});
    TlsPeer peer = accept(good_);
    ASSERT_TRUE(peer.accept());
    EXPECT_STREQ(SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name), "localhost");
    peer.read_message();
    answer(peer);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(TlsCourierTest, WhoIsNotProvenIsRefused) {
    const std::string refused = "rejected: certificate not trusted";
    const pki::Pair other = pki::authority("Other");
    EXPECT_EQ(refused_for(pki::issue({.name = "self-signed"})), refused);
    EXPECT_EQ(refused_for(pki::issue({.name = "of another authority"}, &other)), refused);
    EXPECT_EQ(refused_for(pki::issue({.name = "127.0.0.1", .alternatives = "IP:127.0.0.2,DNS:localhost"}, &authority_)), refused);
    EXPECT_EQ(refused_for(pki::issue({.from = -48h, .until = -1h}, &authority_)), refused);
    EXPECT_EQ(refused_for(pki::issue({.from = 1h}, &authority_)), refused);
}

TEST_F(TlsCourierTest, TheAuthoritiesOfThisMachineDoNotKnowOurs) {
    believe({"system"});
    EXPECT_EQ(refused_for(good_), "rejected: certificate not trusted");
    believe({"system", folder_.at("ca.pem")});
    push({message(open_tls(), "a", 1)});
    TlsPeer peer = accept(good_);
    EXPECT_TRUE(peer.accept());
}

TEST_F(TlsCourierTest, ANewCertificateMendsIt) {
    const TargetId target = open_tls();
    push({state(target, "s")});
    TlsPeer peer = accept(pki::issue({.from = -48h, .until = -1h}, &authority_));
    EXPECT_FALSE(peer.accept() && peer.read_end() == TlsPeer::End::clean);
    peer.close();
    while (report(target).failure.empty()) settle();
    pass(1s);
    TlsPeer mended = accept(good_);
    ASSERT_TRUE(mended.accept());
    EXPECT_EQ(name_of(mended.read_message()), "s");
}

TEST_F(TlsCourierTest, TheNextHandshakeIsAShortOne) {
    const TlsContext context = TlsContext::server(good_);
    const TargetId target = open_tls();
    for (const bool again : {false, true}) {
        push({message(target, "m", again ? 2 : 1)});
        TlsPeer peer(context, port_.accept_fd());
        ASSERT_TRUE(peer.accept());
        EXPECT_EQ(SSL_session_reused(peer.ssl()) == 1, again);
        peer.read_message();
        answer(peer);
        fates_.take(1);
        peer.finish();
        while (settle()) {
        }
    }
}

TEST_F(TlsCourierTest, MoreThanASocketTakesAtOnceArrivesWhole) {
    const std::string big(8 << 20, 'x');
    push({message(open_tls(), big, 1)});
    TlsPeer peer = accept(good_);
    ASSERT_TRUE(peer.accept());
    settle();  // it has been written as far as it can be
    EXPECT_EQ(name_of(peer.read_message()), big);
    answer(peer);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 taken"});
}

TEST_F(TlsCourierTest, WhoSpeaksNoTlsIsRefused) {
    const TargetId target = open_tls();
    push({message(target, "a", 1)});
    Connection connection = port_.accept();
    connection.answer_framed(200);
    EXPECT_EQ(fates_.take(1), Lines{"1/7 1 rejected"});
    EXPECT_EQ(report(target).failure, "no TLS");
}

TEST_F(TlsCourierTest, AHandshakeTakesNoLongerThanAConnectionMay) {
    const TargetId target = open_tls();
    push({state(target, "s")});
    const base::Fd silent = port_.accept_fd();
    pass(2900ms);
    EXPECT_EQ(report(target).failure, "");
    pass(100ms);
    EXPECT_EQ(report(target).failure, "no connection");
}

TEST_F(TlsCourierTest, HttpAndHttpsOfOnePortAreTwoEndpoints) {
    push({message(open_tls(), "a", 1), message(open(port_), "b", 2)});
    int plain = 0, tls = 0;
    for (int i = 0; i < 2; ++i) {
        base::Fd fd = port_.accept_fd();
        char first = 0;
        ASSERT_EQ(::recv(fd.get(), &first, 1, MSG_PEEK), 1);
        ++(first == 'N' ? plain : tls);
    }
    EXPECT_EQ(plain, 1);
    EXPECT_EQ(tls, 1);
}

}  // namespace
}  // namespace server
