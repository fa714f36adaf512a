// tests/server/config_errors_test.cc: what rvpd.conf must not say, and how that is told.
// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/config_of.h"
#include "tests/folder.h"
#include "tests/server/pki.h"

namespace {

using server::Config;
using tests::config_of;

/// The error of a text that must not pass; "" if it did.
std::string error_of(std::string_view toml) {
    const auto config = server::parse_config(toml, "rvpd.conf");
    EXPECT_FALSE(config.has_value()) << toml;
    return config ? "" : config.error().text;
}

struct Wrong {
    std::string toml;
    std::string error;
};
/// Each text fails with exactly that error.
void expect_errors(const std::vector<Wrong>& wrongs) {
    for (const Wrong& wrong : wrongs) EXPECT_EQ(error_of(wrong.toml), wrong.error) << wrong.toml;
}

TEST(ConfigErrors, EveryNumberTakesItsBoundsAndNothingBeyond) {
    const auto refused = [](const server::Option& option, std::int64_t value) {
        const std::string line = std::string(option.name) + " = " + std::to_string(value);
        return error_of(line).find(std::string(option.name) + " = " + std::to_string(value) +
                                   " is out of range: ") != std::string::npos;
    };
    for (const server::Option& option : server::option_table()) {
        if (option.type != "number" && option.type != "seconds") continue;
        EXPECT_TRUE(refused(option, option.least - 1)) << option.name;
        EXPECT_TRUE(refused(option, option.most + 1)) << option.name;
        if (option.name.starts_with("lease.")) continue;  // bound to each other as well
        const std::string name(option.name);
        config_of(name + " = " + std::to_string(option.least));
        config_of(name + " = " + std::to_string(option.most));
    }
}

TEST(ConfigErrors, UnknownNamesComeWithTheNearestOne) {
    expect_errors({
        {"[lease]\n\nlingers_s = 5",
         "rvpd.conf:3:1: unknown option lease.lingers_s; did you mean lease.linger_s?"},
        {"domian = \"x\"", "rvpd.conf:1:1: unknown option domian; did you mean domain?"},
        {"linger_s = 5", "rvpd.conf:1:1: unknown option linger_s; did you mean lease.linger_s?"},
        {"[push]\nlinger_s = 5",
         "rvpd.conf:2:1: unknown option push.linger_s; did you mean lease.linger_s?"},
        {"[log]\n  qqqqqqqq = 5",
         "rvpd.conf:2:3: unknown option log.qqqqqqqq; rvpd.conf(5) has the list"},
        {"[leese]\nlinger_s = 5", "rvpd.conf:1:2: unknown table [leese]; did you mean [lease]?"},
        {"[qqqqqqqqqq]", "rvpd.conf:1:2: unknown table [qqqqqqqqqq]; rvpd.conf(5) has the list"},
    });
}

TEST(ConfigErrors, AWrongTypeSaysWhatIsMeant) {
    expect_errors({
        {"domain = 5", "rvpd.conf:1:10: domain must be a text in quotes; this is a whole number"},
        {"[domain]", "rvpd.conf:1:1: domain must be a text in quotes; this is a table"},
        {"[lease]\nlinger_s = \"5s\"",
         "rvpd.conf:2:12: lease.linger_s must be a whole number without quotes, 0 to 3600 seconds; "
         "this is text"},
        {"push.threads = 1.5",
         "rvpd.conf:1:16: push.threads must be a whole number without quotes, 0 to 256 threads; "
         "this is a fraction"},
        {"message.archive = \"yes\"",
         "rvpd.conf:1:19: message.archive must be true or false, without quotes; this is text"},
        {"listen.http = \"127.0.0.1:1\"",
         "rvpd.conf:1:15: listen.http must be a list of texts, such as [\"…\", \"…\"]; this is "
         "text"},
        {"aliases = [\"a\",\n  7]",
         "rvpd.conf:2:3: aliases is a list of texts in quotes; this item is a whole number"},
        {"log.format = true",
         "rvpd.conf:1:14: log.format must be one of \"text\", \"json\"; this is true or false"},
        {"lease = 5",
         "rvpd.conf:1:1: lease is a table, not a whole number; write [lease] once and its options "
         "below it"},
        {"[[lease]]",
         "rvpd.conf:1:3: lease is a table, not a list; write [lease] once and its options below "
         "it"},
    });
}

TEST(ConfigErrors, OutOfRangeNamesTheRangeAndItsUnit) {
    expect_errors({
        {"lease.jitter_percent = 90",
         "rvpd.conf:1:24: lease.jitter_percent = 90 is out of range: 0 to 50 percent"},
        {"[limits]\nhead_bytes = -1",
         "rvpd.conf:2:14: limits.head_bytes = -1 is out of range: 1024 to 1048576 bytes"},
        {"lease.linger_s = 9223372036854775807",
         "rvpd.conf:1:18: lease.linger_s = 9223372036854775807 is out of range: 0 to 3600 seconds"},
    });
}

TEST(ConfigErrors, AWrongChoiceNamesTheChoicesAndTheNearest) {
    expect_errors({
        {"log.level = \"warn\"",
         "rvpd.conf:1:13: log.level \"warn\" is not one of \"debug\", \"info\", \"warning\", "
         "\"error\""},
        {"log.level = \"wraning\"",
         "rvpd.conf:1:13: log.level \"wraning\" is not one of \"debug\", \"info\", \"warning\", "
         "\"error\"; did you "
         "mean \"warning\"?"},
        {"auth.schemes = [\"digset\"]",
         "rvpd.conf:1:17: auth.schemes \"digset\" is not one of \"negotiate\", \"ntlm\", \"digest\", \"digest-sha256\"; did you "
         "mean \"digest\"?"},
    });
}

TEST(ConfigErrors, AWrongItemIsPointedAt) {
    const std::string listener =
        "is not address:port with a port up to 65535, such as \"127.0.0.1:8080\"";
    const std::string authority =
        "is not host or host:port, such as \"im.example.com\" or \"localhost:8080\"";
    const std::string range =
        "is not a range of addresses, such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
    expect_errors({
        {"listen.http = [\"127.0.0.1:1\", \"127.0.0.1\"]",
         "rvpd.conf:1:31: listen.http \"127.0.0.1\" " + listener},
        {"listen.admin = \"127.0.0.1:65536\"",
         "rvpd.conf:1:16: listen.admin \"127.0.0.1:65536\" " + listener},
        {"listen.admin = \"300.0.0.1:80\"",
         "rvpd.conf:1:16: listen.admin \"300.0.0.1:80\" " + listener},
        {"listen.admin = \"[::1]x:80\"", "rvpd.conf:1:16: listen.admin \"[::1]x:80\" " + listener},
        {"listen.admin = \":80\"",
         "rvpd.conf:1:16: listen.admin \":80\" names no address; write \"0.0.0.0:80\" or "
         "\"[::]:80\" to listen "
         "on all of them"},
        {"listen.admin = \"::1:80\"",
         "rvpd.conf:1:16: listen.admin \"::1:80\" is not address:port; an IPv6 address stands "
         "in brackets, as in "
         "\"[::1]:8080\""},
        {"listen.admin = \"im.example.com:80\"",
         "rvpd.conf:1:16: listen.admin \"im.example.com:80\" names a host; listeners take an IP "
         "address, such as "
         "\"127.0.0.1:80\""},
        {"listen.control = \"x.sock\"",
         "rvpd.conf:1:18: listen.control \"x.sock\" is not an absolute path; begin it with /"},
        {"callback.allow = [\"source\", \"10.0.0.0/33\"]",
         "rvpd.conf:1:29: callback.allow \"10.0.0.0/33\" " + range},
        {"callback.allow = [\"10.0.0\"]", "rvpd.conf:1:19: callback.allow \"10.0.0\" " + range},
        {"callback.allow = [\"Source\"]",
         "rvpd.conf:1:19: callback.allow \"Source\" is not known; did you mean \"source\"?"},
        {"domain = \"\"", "rvpd.conf:1:10: domain \"\" " + authority},
        {"domain = \"a b\"", "rvpd.conf:1:10: domain \"a b\" " + authority},
        {"domain = \"a:0\"", "rvpd.conf:1:10: domain \"a:0\" " + authority},
        {"domain = \"a:80:90\"", "rvpd.conf:1:10: domain \"a:80:90\" " + authority},
        {"aliases = [\"http://im/x\"]",
         "rvpd.conf:1:12: aliases \"http://im/x\" is a URL, not host or host:port; did you mean "
         "\"im\"?"},
        {"mail_domain = \"bob@example.com\"",
         "rvpd.conf:1:15: mail_domain \"bob@example.com\" is not a host name; did you mean "
         "\"example.com\"?"},
        {"nodes.auto_create = [\"/stock\"]",
         "rvpd.conf:1:22: nodes.auto_create \"/stock\" must begin and end with /; did you mean "
         "\"/stock/\"?"},
        {"nodes.auto_create = [\"/a/../b/\"]",
         "rvpd.conf:1:22: nodes.auto_create \"/a/../b/\" holds \"/../\", which no node's path "
         "does"},
        {"nodes.auto_create = [\"/stock/*/\"]",
         "rvpd.conf:1:22: nodes.auto_create \"/stock/*/\" is a plain path prefix: no blanks, "
         "wildcards, escapes, "
         "queries or fragments"},
    });
}

TEST(ConfigErrors, SyntaxErrorsHaveTheirPosition) {
    EXPECT_TRUE(error_of("domain = \"a\"\n[lease\nlinger_s = 5")
                    .starts_with("rvpd.conf:2:7: this is not TOML: "));
    EXPECT_TRUE(error_of("domain = yes").starts_with("rvpd.conf:1:10: this is not TOML: "));
    EXPECT_TRUE(error_of("domain = \"a\"\ndomain = \"b\"").starts_with("rvpd.conf:2:"));
    EXPECT_TRUE(error_of("domain = \"\xff\"").starts_with("rvpd.conf:1:"));
}

// Found by fuzzing (issue 7): toml++ calls unreachable what a letter meets that stands where a blank may.
TEST(ConfigErrors, LettersOutsideAsciiAreNoBlanks) {
    EXPECT_TRUE(error_of("domain = \"a\"\nstore \u00fc = 1").starts_with("rvpd.conf:2:7: this is not TOML: ")) << error_of("domain = \"a\"\nstore \u00fc = 1");
    EXPECT_TRUE(error_of("domain \u03bf = \"a\"").starts_with("rvpd.conf:1:8: this is not TOML: "));
}

// Found by fuzzing (issue 7): toml++ asserts here, so rvpd and its --check aborted.
TEST(ConfigErrors, WhatTripsTheReaderIsAComplaintLikeAnyOther) {
    const std::string what = "this is not TOML: something else belongs here";
    EXPECT_EQ(error_of("[.x]"), "rvpd.conf:1:2: " + what);
    EXPECT_EQ(error_of("domain = \"a\"\n\n[[ =x]]\nhttp = 1\n[.y]"), "rvpd.conf:3:4: " + what);
}

TEST(ConfigErrors, TheFirstOneInTheFileIsToldOnOneLine) {
    EXPECT_EQ(error_of("zebra = 1\n[auth]\nzoo = 1\n[aaa]"),
              "rvpd.conf:1:1: unknown option zebra; rvpd.conf(5) has the list");
    const std::string nasty = error_of("\"a\\nb\" = 1");
    EXPECT_EQ(nasty, "rvpd.conf:1:1: unknown option a b; rvpd.conf(5) has the list");
    const std::string lengthy = error_of("domain = \"" + std::string(5000, '/') + "\"");
    EXPECT_LT(lengthy.size(), 300U);
    EXPECT_NE(lengthy.find("//…\""), std::string::npos);
}

TEST(ConfigErrors, AHomeIsANameAndAUrlInATableOrAList) {
    const std::string meant = " is not NAME = URL, such as \"bob = http://home1.example.com\"";
    expect_errors({
        {"[homes]\nbob = \"http://a\"\n\"c*\" = \"x y\"", "rvpd.conf:3:8: homes: \"c* = x y\"" + meant},
        {"[homes]\nbob = 1", "rvpd.conf:2:1: homes: \"bob = \"" + meant},
        {"homes = [\"bob = http://a\", \"bob\"]", "rvpd.conf:1:28: homes: \"bob\"" + meant},
        {"homes = [\"a/b = http://a\"]", "rvpd.conf:1:10: homes: \"a/b = http://a\"" + meant},
        {"federation.route = \"redirect\"", "rvpd.conf:1:20: federation.route is of no use without homes"},
        {"federation.routers = [\"router1\"]",
         "rvpd.conf:1:23: federation.routers \"router1\" is not an address or a range of them, such as \"10.0.0.1\" or \"10.0.0.0/8\""},
    });
    const Config config = config_of("federation.route = \"redirect\"\nfederation.routers = [\"10.0.0.1\", \"10.1.0.0/16\"]\n"
                                    "[homes]\nbob = \"http://a\"\n\"*\" = \"https://b:81\"");
    EXPECT_EQ(config.homes, (std::vector<std::string>{"* = https://b:81", "bob = http://a"}));
    EXPECT_EQ(config_of(dump_config(config)), config);
}

TEST(ConfigErrors, OtherDomainsAreNamedAsInUrlsAndTheirServersByUrls) {
    expect_errors({
        {"federation.domains = [\"http://im.acme.com\"]",
         "rvpd.conf:1:23: federation.domains \"http://im.acme.com\" is a URL, not host or host:port; did you mean \"im.acme.com\"?"},
        {"[federation]\ndomains = [\"*\"]\nservers = [\"im.acme.com = http://10.0.0.1:8080\", \"im.acme.com\"]",
         "rvpd.conf:3:50: federation.servers \"im.acme.com\" is not DOMAIN = URL, such as \"im.example.com = http://10.0.0.1:8080\""},
        {"[federation]\ndomains = [\"*\"]\nnameservers = [\"ns.example.com\"]",
         "rvpd.conf:3:16: federation.nameservers \"ns.example.com\" is not address:port with a port up to 65535, such as \"127.0.0.1:8080\""},
        {"federation.servers = [\"a = http://b\"]", "rvpd.conf:1:22: federation.servers is of no use without federation.domains"},
        {"federation.nameservers = [\"127.0.0.1:53\"]",
         "rvpd.conf:1:26: federation.nameservers is of no use without federation.domains"},
        {"federation.relay = true", "rvpd.conf:1:20: federation.relay is of no use without federation.domains"},
        {"federation.assertion = true", "rvpd.conf:1:24: federation.assertion is of no use without federation.domains"},
        {"[federation]\ndomains = [\"*\"]\nproof = \"certificate\"", "rvpd.conf:3:9: federation.proof = \"certificate\" needs listen.https"},
    });
    config_of("[federation]\ndomains = [\"im.acme.com\", \"b.com:8080\", \"*\"]\nrelay = true\nassertion = true\n"
              "servers = [\"im.acme.com = https://10.0.0.1\"]\nnameservers = [\"127.0.0.1:53\"]");
}

TEST(ConfigErrors, MsnpNeedsItsCertificateAndAPlaceToSendPeopleTo) {
    expect_errors({
        {"listen.msnps = [\"127.0.0.1:0\"]", "rvpd.conf:1:16: listen.msnps needs certificate and key under [tls]"},
        {"msnp.transfer = \"host\"", "rvpd.conf:1:17: msnp.transfer \"host\" is no host:port of letters, digits, dots and hyphens"},
    });
    config_of("listen.msnp = [\"127.0.0.1:0\"]\nmsnp.transfer = \"im.example.com:1863\"");
}

TEST(ConfigErrors, ASchemeStandsOnceAndRealmAndDomainFitIntoWhatTheyAreWrittenIn) {
    expect_errors({
        {"[auth]\nschemes = [\"digest\", \"digest\"]",
         "rvpd.conf:2:22: auth.schemes has \"digest\" twice; once is enough"},
        {"auth.realm = 'a\"b'",
         "rvpd.conf:1:14: auth.realm \"a\\\"b\" is no realm: up to 128 bytes without quotes, backslashes and "
         "control characters"},
        {"auth.nt_domain = \"a b\"",
         "rvpd.conf:1:18: auth.nt_domain \"a b\" is no domain of accounts: up to 64 bytes without blanks and "
         "\\ / : @ \" ,"},
    });
}

TEST(ConfigErrors, NegotiateNeedsAKeytab) {
    const std::string nothing = error_of("[auth]\nschemes = [\"negotiate\"]\nkeytab = \"/nonexistent/keytab\"");
    EXPECT_TRUE(nothing.starts_with("rvpd.conf:3:10: auth.keytab \"/nonexistent/keytab\": ")) << nothing;
    for (const char* realm : {"", "A/B", "bob@A", "A B"}) {
        const std::string said = error_of("auth.kerberos_realms = [\"A.TEST\", \"" + std::string(realm) + "\"]");
        EXPECT_NE(said.find("is no realm of Kerberos"), std::string::npos) << said;
    }
    EXPECT_TRUE(error_of("auth.keytab = \"keytab\"").starts_with("rvpd.conf:1:15: auth.keytab \"keytab\" "));
    config_of("auth.schemes = [\"ntlm\"]\nauth.ntlm_v1 = true");
}

TEST(ConfigErrors, HttpsNeedsACertificateAndItsKey) {
    const tests::Folder folder;
    const pki::Pair a = pki::issue({.name = "a"}), b = pki::issue({.name = "b"});
    const std::string crt = folder.write("a.pem", a.certificate + b.certificate), key = folder.write("a.key", a.key);
    const std::string other = folder.write("b.key", b.key), text = folder.write("text", "no PEM");
    const auto tls = [](const std::string& certificate, const std::string& k) {
        return "listen.https = [\"127.0.0.1:0\"]\n[tls]\ncertificate = \"" + certificate + "\"\nkey = \"" + k + "\"";
    };
    EXPECT_EQ(config_of(tls(crt, key)).listen_https, std::vector<std::string>{"127.0.0.1:0"});
    expect_errors({
        {"listen.https = [\"127.0.0.1:0\"]", "rvpd.conf:1:16: listen.https needs certificate and key under [tls]"},
        {"tls.key = \"/x\"", "rvpd.conf:1:11: tls.key is of no use without tls.certificate"},
        {"tls.certificate = \"/x\"", "rvpd.conf:1:19: tls.certificate is of no use without tls.key"},
        {"tls.key = \"x\"", "rvpd.conf:1:11: tls.key \"x\" is not an absolute path; begin it with /"},
        {tls(crt + "x", key),
         "rvpd.conf:3:15: tls.certificate \"" + crt + "x\" cannot be read: No such file or directory"},
        {tls(crt, "/"), "rvpd.conf:4:7: tls.key \"/\" is no file of PEM"},
        {tls(text, key),
         "rvpd.conf:3:15: tls.certificate \"" + text +
             "\" holds no chain of certificates in PEM: No certificate was found."},
        {tls(crt, text),
         "rvpd.conf:4:7: tls.key \"" + text +
             "\" holds no private key in PEM: The requested data were not available."},
        {"tls.ca = [\"system\", \"" + text + "\"]",
         "rvpd.conf:1:21: tls.ca \"" + text + "\" holds no certificates in PEM: no certificate or crl found"},
        {"tls.ca = [\"System\"]", "rvpd.conf:1:11: tls.ca \"System\" is not known; did you mean \"system\"?"},
        {tls(crt, other),
         "rvpd.conf:4:7: tls.key \"" + other + "\" is not the key of the first certificate in " + crt},
        {"listen.https = [\"127.0.0.1:1\", \"10.0.0.1:443\"]",
         "rvpd.conf:1:32: listen.https \"10.0.0.1:443\" is outside loopback, where anybody could claim any name "
         "while auth.schemes is empty; listen on 127.0.0.1, or write assertion = true under [auth] if you trust "
         "everybody who can reach it"},
    });
}

TEST(ConfigErrors, LeasesKeepTheirOrder) {
    expect_errors({
        {"[lease]\nsubscription_default_s = 10",
         "rvpd.conf:2:26: lease.subscription_min_s, default_s and max_s are 60, 10 and 86400 "
         "seconds; keep min <= "
         "default <= max"},
        {"[lease]\npresence_max_s = 5000\npresence_min_s = 1300",
         "rvpd.conf:3:18: lease.presence_min_s, default_s and max_s are 1300, 1200 and 5000 "
         "seconds; keep min <= "
         "default <= max"},
        {"[lease]\npresence_default_s = 6000\npresence_max_s = 5000",
         "rvpd.conf:3:18: lease.presence_min_s, default_s and max_s are 1, 6000 and 5000 seconds; "
         "keep min <= default <= max"},
    });
    config_of("[lease]\npresence_min_s = 9\npresence_default_s = 9\npresence_max_s = 9");
}

TEST(ConfigErrors, AListenerOutsideLoopbackNeedsAssertionInWriting) {
    const std::string open = "listen.http = [\"127.0.0.1:1\", \"0.0.0.0:8080\"]\n";
    EXPECT_EQ(error_of(open),
              "rvpd.conf:1:31: listen.http \"0.0.0.0:8080\" is outside loopback, where anybody "
              "could claim any name while auth.schemes is empty; listen on 127.0.0.1, or write "
              "assertion = true under [auth] if you trust everybody who can reach it");
    EXPECT_FALSE(error_of(open + "auth.assertion = false").empty());
    EXPECT_FALSE(error_of("listen.http = [\"[::]:8080\"]").empty());
    EXPECT_FALSE(error_of("listen.http = [\"192.168.0.1:8080\"]").empty());
    EXPECT_TRUE(config_of(open + "auth.assertion = true").auth_assertion_written);
    config_of("listen.http = [\"127.8.8.8:1\", \"[::1]:1\"]");
    config_of("listen.msnp = [\"0.0.0.0:1863\"]");  // where everybody must prove who he is
}

}  // namespace
