// tests/rvp/credentials_test.cc: whom a request is from, once its credentials were judged.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/credentials.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using rvp::Assertion;
using rvp::Authenticator;
using tests::header_of;
using tests::request_of;
using tests::url_of;

namespace {

/// Says what it is told to.
struct FakeAuthenticator final : Authenticator {
    Verdict verdict = Nothing{};
    Verdict judge(const base::Request&) override { return verdict; }
    std::vector<std::string> challenges() override { return {"Negotiate", "NTLM"}; }
};

struct World {
    /// The caller's URL, or the status of the answer he gets instead.
    std::string who(const std::string& method, const std::string& name, bool named = true) {
        auto request = request_of(method, "/instmsg/aliases/bob", name);
        if (!named) request.headers.pop_back();
        auto identified = rvp::identify(request, realm, proofs);
        if (identified) {
            proof = identified->caller.proof;
            key = identified->caller.key;
            return identified->caller.url;
        }
        answer = std::move(identified.error());
        return std::to_string(answer.status);
    }
    presence::Realm realm{"im.example.com", "example.com", {}};
    FakeAuthenticator authenticator;
    rvp::Proofs proofs{&authenticator, Assertion::accepted};
    presence::Proof proof{};
    std::string key;
    base::Response answer;
};

TEST(Credentials, WhoProvedHimselfIsWhoAsks) {
    World w;
    w.authenticator.verdict = Authenticator::Proven{"bob", presence::Proof::ntlm, ""};
    EXPECT_EQ(w.who("ACL", "Bob"), url_of("Bob")) << "in his own spelling";
    EXPECT_EQ(w.proof, presence::Proof::ntlm);
    EXPECT_EQ(w.key, "/instmsg/aliases/bob");
    EXPECT_EQ(w.who("ACL", "", false), url_of("bob"));
    EXPECT_EQ(w.who("ACL", "alice"), "403");
    EXPECT_EQ(w.who("NOTIFY", "alice"), url_of("bob"));
}

TEST(Credentials, WrongOnesAreAnsweredWithChallengesEvenWhereAssertionWouldDo) {
    World w;
    w.authenticator.verdict = Authenticator::Refused{{base::Errc::unproven, "no & never"}, {"NTLM TlRM"}};
    EXPECT_EQ(w.who("ACL", "bob"), "401");
    EXPECT_EQ(header_of(w.answer, "WWW-Authenticate"), "NTLM TlRM");
    EXPECT_EQ(header_of(w.answer, "Content-Type"), "text/html");
    EXPECT_NE(w.answer.body.find("<p>no &amp; never</p>"), std::string::npos);
    EXPECT_EQ(w.answer.after, base::AfterAnswer::keep) << "a handshake needs its connection";
    w.authenticator.verdict = Authenticator::Refused{{base::Errc::malformed, "broken"}, {"NTLM"}};
    EXPECT_EQ(w.who("ACL", "bob"), "400");
    EXPECT_EQ(header_of(w.answer, "WWW-Authenticate"), "");
}

TEST(Credentials, TheUnprovenIsBelievedOrTurnedAway) {
    World w;
    EXPECT_EQ(w.who("ACL", "bob"), url_of("bob"));
    EXPECT_EQ(w.proof, presence::Proof::assertion);
    EXPECT_EQ(w.who("ACL", "", false), "401");
    w.proofs.assertion = Assertion::refused;
    EXPECT_EQ(w.who("ACL", "bob"), "401");
    EXPECT_EQ(tests::lines_of(w.answer), "WWW-Authenticate: Negotiate\nWWW-Authenticate: NTLM\nContent-Type: text/html\n");
    w.proofs.authenticator = nullptr;
    EXPECT_EQ(w.who("ACL", "bob"), "401") << "nothing can be proved here";
    w.proofs.assertion = Assertion::accepted;
    EXPECT_EQ(w.who("ACL", "", false), "400");
}

TEST(Credentials, WeProveOurselvesInTheAnswer) {
    tests::DeskWorld world;
    FakeAuthenticator authenticator;
    authenticator.verdict = Authenticator::Proven{"bob", presence::Proof::ntlm, "Negotiate oYG2"};
    rvp::Desk desk({world.service, world.realm, base::xml::Bounds{}, 65536, nullptr, nullptr, nullptr,
                    {&authenticator, Assertion::refused}});
    base::Response answer;
    desk.serve(request_of("ACL", "/instmsg/aliases/bob", "bob"), [&](base::Response r) { answer = std::move(r); });
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(header_of(answer, "WWW-Authenticate"), "Negotiate oYG2");
}

/// Lets in who comes from acme, and of strangers nobody else.
struct OnlyAcme final : rvp::Neighbours {
    std::optional<base::Result<void>> word_on(const std::string& authority, const base::Request& request) const override {
        if (authority == "im.example.com" && !request.header("RVPD-Passed")) return std::nullopt;
        if (authority == "im.acme.com" || authority == "im.example.com") return base::Result<void>();
        return base::fail(base::Errc::denied, "not " + authority);
    }
};

TEST(Credentials, WhetherSomebodyOfAnotherDomainIsLetInItsNeighboursSay) {
    World w;
    const OnlyAcme acme;
    w.proofs = {&w.authenticator, Assertion::refused, &acme};
    bool passed = false;
    const auto who = [&w, &passed](const std::string& from) {
        auto request = request_of("NOTIFY", "/instmsg/aliases/bob", "nobody");
        request.headers.back().value = from;
        if (passed) request.headers.push_back({"RVPD-Passed", "home"});
        auto identified = rvp::identify(request, w.realm, w.proofs);
        return identified ? identified->caller.key : std::to_string(identified.error().status);
    };
    EXPECT_EQ(who("http://im.acme.com/instmsg/aliases/Maxb"), "im.acme.com/instmsg/aliases/maxb");
    EXPECT_EQ(who("im.acme.com"), "im.acme.com");
    EXPECT_EQ(who("http://im.other.com/instmsg/aliases/maxb"), "403");
    EXPECT_EQ(who(url_of("alice")), "401") << "of ours they say nothing";
    EXPECT_EQ(who("im.example.com"), "401");
    passed = true;
    EXPECT_EQ(who(url_of("alice")), "/instmsg/aliases/alice") << "another server of ours";
    EXPECT_EQ(who("im.example.com"), "im.example.com");
    passed = false;
    w.authenticator.verdict = Authenticator::Proven{"bob", presence::Proof::digest, ""};
    EXPECT_EQ(who("http://im.other.com/instmsg/aliases/maxb"), "/instmsg/aliases/bob") << "he proved who he is";
}

}  // namespace
