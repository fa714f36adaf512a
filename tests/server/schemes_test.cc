// tests/server/schemes_test.cc: what credentials prove, whoever wrote them, and what hostile ones do not.
// SPDX-License-Identifier: Apache-2.0
#include "server/schemes.h"

#include "base/digest.h"
#include "tests/fake_journal.h"

#include <gtest/gtest.h>

#include <optional>

namespace {

using Verdict = rvp::Authenticator::Verdict;

/// Accounts bob (secret) and carol (other), and both kinds of Digest.
struct DigestWorld {
    DigestWorld() {
        for (const auto& [user, password] : {std::pair("bob", "secret"), std::pair("carol", "other")}) {
            accounts.add(user, password, [](base::Result<void> done) { EXPECT_TRUE(done); });
            journal.complete_all();
        }
    }
    base::Request request(std::string authorization) {
        base::Request r;
        r.method = "ACL";
        r.target = "/instmsg/aliases/bob";
        r.headers = {{"Host", "im.example.com"}};
        if (!authorization.empty()) r.headers.push_back({"Authorization", std::move(authorization)});
        return r;
    }
    /// The nonce of the challenge for MD5.
    std::string nonce() {
        const std::string c = schemes.challenges().front();
        const std::size_t at = c.find("nonce=\"") + 7;
        return c.substr(at, c.find('"', at) - at);
    }
    /// The account, or the code of the refusal: `unproven`, `stale`, `malformed`, `nothing`.
    std::string judged(const base::Request& request) {
        const Verdict verdict = schemes.judge(request);
        if (const auto* proven = std::get_if<rvp::Authenticator::Proven>(&verdict)) return proven->account;
        const auto* refused = std::get_if<rvp::Authenticator::Refused>(&verdict);
        if (!refused) return "nothing";
        text = refused->error.text;
        if (refused->error.code == base::Errc::malformed) return "malformed";
        EXPECT_EQ(refused->error.code, base::Errc::unproven);
        EXPECT_EQ(refused->challenges.size(), 2U);
        return refused->challenges.front().ends_with(", stale=true") ? "stale" : "unproven";
    }
    std::string judged(std::string authorization) { return judged(request(std::move(authorization))); }

    std::string text;
    base::Log log{base::LogLevel::error};
    base::FakeClock clock;
    tests::FakeJournal journal;
    server::Accounts accounts{{"im.example.com", {"DOM", "example.com"}, false}, journal, log};
    presence::Realm realm{"im.example.com", "example.com", {}};
    server::Schemes schemes{{"digest", "digest-sha256"}, accounts, realm, clock, log};
};

struct Shown {
    std::string user = "bob", password = "secret", realm = "im.example.com", uri = "/instmsg/aliases/bob", nc = "00000001",
                cnonce = "abc", method = "ACL";
    bool sha256 = false;
    [[nodiscard]] std::string hash(const std::string& text) const {
        return base::hex_encode(sha256 ? base::sha256(text) : base::md5(text));
    }
    [[nodiscard]] std::string response(const std::string& nonce) const {
        return hash(hash(user + ":" + realm + ":" + password) + ":" + nonce + ":" + nc + ":" + cnonce + ":auth:" +
                    hash(method + ":" + uri));
    }
    /// As most clients write it; `extra` behind.
    [[nodiscard]] std::string as_usual(const std::string& nonce, const std::string& extra = "") const {
        return "Digest username=\"" + user + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" + uri +
               "\", qop=auth, nc=" + nc + ", cnonce=\"" + cnonce + "\", response=\"" + response(nonce) + "\"" + extra;
    }
};

TEST(Schemes, NothingShownIsNothing) { EXPECT_EQ(DigestWorld().judged(""), "nothing"); }

TEST(Schemes, TheExamplesOfTheRfcComeOut) {
    // RFC 7616 3.9.1, whose nonce is none of ours: only the last step fails, and it says so.
    DigestWorld w;
    server::Accounts accounts({"http-auth@example.org", {"", ""}, false}, w.journal, w.log);
    accounts.add("Mufasa", "Circle of Life", [](base::Result<void> done) { EXPECT_TRUE(done); });
    w.journal.complete_all();
    server::Schemes schemes({"digest", "digest-sha256"}, accounts, w.realm, w.clock, w.log);
    const auto stale = [&](const std::string& algorithm, const std::string& response) {
        auto r = w.request("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm=" +
                           algorithm + ", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
                           "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, response=\"" + response +
                           "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
        r.method = "GET";
        r.target = "/dir/index.html";
        const Verdict verdict = schemes.judge(r);
        return std::get<rvp::Authenticator::Refused>(verdict).challenges.front().ends_with("stale=true");
    };
    EXPECT_TRUE(stale("MD5", "8ca523f5e9506fed4657c9700eebdbec"));
    EXPECT_TRUE(stale("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
    EXPECT_FALSE(stale("SHA-256", "853927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
    EXPECT_FALSE(stale("SHA-256-sess", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"));
}

TEST(Schemes, ClientsWriteItInManyWays) {
    DigestWorld w;
    Shown s;
    std::string n = w.nonce();
    EXPECT_EQ(w.judged(s.as_usual(n)), "bob");
    // Miranda: everything quoted, DOM/user; the answer's digits in capitals.
    n = w.nonce();
    s.user = "DOM/bob";
    std::string upper = s.response(n);
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(w.judged("digest  username=\"DOM/bob\",realm=\"im.example.com\",nonce=\"" + n + "\",uri=\"" + s.uri +
                       "\",cnonce=\"abc\",nc=\"00000001\",qop=\"auth\",algorithm=\"MD5\",response=\"" + upper + "\""),
              "bob");
    // Perl writes the backslash of DOM\user as it is; RFC 9110 would have it doubled.
    s.user = "DOM\\bob";
    EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "bob");
    n = w.nonce();
    EXPECT_EQ(w.judged("Digest username=\"DOM\\\\bob\", realm=\"im.example.com\", nonce=" + n + ", uri=" + s.uri +
                       ", qop=auth, nc=00000001, cnonce=abc, response=" + s.response(n)),
              "bob");
    s.user = "bob";
    n = w.nonce();
    EXPECT_EQ(w.judged("Digest username*=UTF-8''%62ob, realm=\"im.example.com\", nonce=" + n + ", uri=" + s.uri +
                       ", qop=auth, nc=00000001, cnonce=abc, response=" + s.response(n)),
              "bob");
    s.sha256 = true;
    EXPECT_EQ(w.judged(s.as_usual(w.nonce(), ", algorithm=SHA-256, opaque=\"x\"")), "bob");
}

TEST(Schemes, TheUriMayBeThePathWhereTheRequestHasAWholeUrl) {
    DigestWorld w;
    Shown s;
    base::Request r = w.request(s.as_usual(w.nonce()));
    r.target = "http://im.example.com/instmsg/aliases/bob";
    EXPECT_EQ(w.judged(r), "bob");
    r = w.request(s.as_usual(w.nonce()));
    r.target = "/instmsg/aliases/carol";
    EXPECT_EQ(w.judged(r), "malformed");
    EXPECT_NE(w.text.find("its uri is not that of the request"), std::string::npos);
}

TEST(Schemes, NothingCanBeReplayed) {
    DigestWorld w;
    Shown s;
    const std::string n = w.nonce();
    const std::string once = s.as_usual(n);
    EXPECT_EQ(w.judged(once), "bob");
    EXPECT_EQ(w.judged(once), "stale");
    s.nc = "00000002";
    EXPECT_EQ(w.judged(s.as_usual(n)), "bob");
    EXPECT_EQ(w.judged(once), "stale");
    // For another method or node, or with another count, the answer is another.
    base::Request r = w.request(s.as_usual(w.nonce()));
    r.method = "PROPPATCH";
    EXPECT_EQ(w.judged(r), "unproven");
    s.nc = "00000003";
    std::string forged = s.as_usual(n);
    forged.replace(forged.find("nc=00000003"), 11, "nc=00000004");
    EXPECT_EQ(w.judged(forged), "unproven");
    EXPECT_EQ(w.judged(s.as_usual(n)), "bob") << "a forgery uses up nothing";
}

TEST(Schemes, WrongInWhateverWayIsWrongInTheSameWay) {
    DigestWorld w;
    for (auto change : std::vector<void (*)(Shown&)>{
             [](Shown& s) { s.password = "Secret"; }, [](Shown& s) { s.user = "nobody"; },
             [](Shown& s) { s.user = "carol"; }, [](Shown& s) { s.user = ""; }, [](Shown& s) { s.realm = "elsewhere"; },
             [](Shown& s) { s.user = "FOREIGN\\bob"; }, [](Shown& s) { s.user = std::string(10'000, 'x'); }}) {
        Shown s;
        change(s);
        EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "unproven") << s.user;
        EXPECT_EQ(w.text, "the user or the password is wrong (RVP 6.2)");
    }
    Shown s;
    EXPECT_EQ(w.judged(s.as_usual(w.nonce(), ", algorithm=MD5-sess")), "unproven");
    EXPECT_EQ(w.judged(s.as_usual(w.nonce(), ", algorithm=SHA-256")), "unproven") << "hashed with MD5";
    EXPECT_EQ(w.judged("Basic Ym9iOnNlY3JldA=="), "unproven");
    EXPECT_EQ(w.judged("NTLM TlRMTVNTUAABAAAA"), "unproven") << "not configured";
}

TEST(Schemes, WhatIsBrokenIsSaid) {
    DigestWorld w;
    const std::string whole = Shown().as_usual(w.nonce());
    for (const char* gone : {"username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response"}) {
        std::string text = whole;
        text.replace(text.find(std::string(gone) + "="), 1, "x");
        EXPECT_EQ(w.judged(text), "malformed") << gone;
        EXPECT_EQ(w.text, std::string("Authorization: Digest without ") + gone + " (RFC 7616 3.4)");
    }
    for (const auto& [from, to] : {std::pair("qop=auth", "qop=auth-int"), std::pair("nc=00000001", "nc=00000000"),
                                   std::pair("nc=00000001", "nc=000000001"), std::pair("nc=00000001", "nc=0000000g")}) {
        std::string text = whole;
        text.replace(text.find(from), std::string(from).size(), to);
        EXPECT_EQ(w.judged(text), "malformed") << to;
    }
    base::Request twice = w.request(whole);
    twice.headers.push_back({"authorization", whole});
    EXPECT_EQ(w.judged(twice), "malformed");
    EXPECT_EQ(w.judged("Digest"), "malformed");
}

TEST(Schemes, ChangesOfAnAccountCountAtOnce) {
    DigestWorld w;
    Shown s;
    w.accounts.set_password("bob", "changed", [](base::Result<void> done) { EXPECT_TRUE(done); });
    EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "bob") << "not yet on disk";
    w.journal.complete_all();
    EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "unproven");
    s.password = "changed";
    EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "bob");
    w.accounts.remove("bob", [](base::Result<void> done) { EXPECT_TRUE(done); });
    w.journal.complete_all();
    EXPECT_EQ(w.judged(s.as_usual(w.nonce())), "unproven");
}

}  // namespace
