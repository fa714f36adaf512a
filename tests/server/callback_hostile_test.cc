// tests/server/callback_hostile_test.cc: call-backs made to lead where nobody may; not one packet gets there.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (a Call-Back is an attack surface)
#include <set>

#include "tests/server/courier_fixture.h"

namespace server {
namespace {

const base::IpAddress kStranger = *base::IpAddress::parse("192.0.2.1");

// How a stranger may write the host of 127.0.0.1, of ::1, or of what some stack takes for them.
const std::vector<std::string> kHosts = {
    // IPv4, its short, decimal, octal and hexadecimal spellings, and mixtures
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.1.", "2130706433", "2130706433.", "02130706433",
    "0x7f000001", "0x7F000001", "0X7f000001", "0x007f000001", "017700000001", "0017700000001", "0x7f.1", "0x7f.0.1",
    "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0177.1", "0177.0.0.1", "0177.0.0.01", "0000177.0.0.1", "127.0x0.0.1",
    "127.0.0x1", "127.0x000001", "127.00.00.01", "0x7f.0.01", "0177.0x0.1",
    // the rest of 127/8, and what connects to this host
    "127.0.0.2", "127.255.255.254", "127.42.1", "2130706434", "0x7fffffff", "0", "0.0.0.0", "00.0.0.0", "0x0", "0.0",
    "0.0.0.1",
    // more than an address, and what an overflow would make of it
    "4294967296", "6425673729", "0x17f000001", "256.256.256.256", "383.0.0.1", "127.0.0.257", "127.0.0.1.0",
    "127.0.0.09", "0x7f.0.0.0x101", "127..0.0.1", ".127.0.0.1",
    // IPv6, and IPv4 within it
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::]", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[2002:7f00:1::1]", "[::ffff:0:127.0.0.1]", "[fe80::1]", "[::1%lo]", "[::1%25lo]",
    "[127.0.0.1]", "::1", "[[::1]]", "[::1", "::ffff:127.0.0.1",
    // names, which are judged by where they lead: a zone that was pointed elsewhere is one of these
    "localhost", "LOCALHOST", "LocalHost",
    // what URL parsers disagree about
    "192.0.2.1@127.0.0.1", "127.0.0.1@192.0.2.1", "192.0.2.1#@127.0.0.1", "127.0.0.1%2f@192.0.2.1", "127.0.0.1%00",
    "127.0.0.1%2e", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "192.0.2.1\\@127.0.0.1", "127.0.0.1\\", "127.0.0.1 ",
    " 127.0.0.1", "127.0.0.1\t", "127.0.0.1\r\nHost: x", "127\xe3\x80\x82" "0.0.1", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
    "127,0,0,1", "127.0.0.1;", "loc\xc3\xa4lhost",
};

class HostileCallBack : public CourierTest {
protected:
    HostileCallBack() { forbidden_.listen(); }

    // What became of a call-back to the forbidden port, asked for by a stranger.
    std::string fate_of(const std::string& url) {
        const auto target = try_open(url, kStranger);
        if (!target) return target.error().code == base::Errc::denied ? "denied" : "malformed";
        push({message(*target, "secret", ++token_)});
        for (const std::string& line : fates_.take(1)) return line.substr(line.rfind(' ') + 1);
        return "no fate";
    }
    void expect_untouched(const std::string& url) {
        const std::string fate = fate_of(url);
        EXPECT_TRUE(fate == "denied" || fate == "malformed" || fate == "dropped") << url << ": " << fate;
        EXPECT_FALSE(forbidden_.has_caller()) << url;
    }
    [[nodiscard]] std::string number() const { return std::to_string(forbidden_.number()); }

    Port forbidden_;
    std::uint64_t token_ = 0;
};

TEST_F(HostileCallBack, NoSpellingOfAHostReachesAForbiddenPort) {
    EXPECT_GE(std::set<std::string>(kHosts.begin(), kHosts.end()).size(), 60U);
    for (const std::string& host : kHosts) expect_untouched("http://" + host + ":" + number() + "/");
}

TEST_F(HostileCallBack, NoShapeOfAUrlReachesAForbiddenPort) {
    const std::string at = "127.0.0.1:" + number();
    for (const std::string& url :
         Lines{"HTTP://" + at, "http:" + at, "http:/" + at, "http:///" + at, "http:\\\\" + at, "//" + at, at,
          "http://192.0.2.1:" + number() + "@" + at, "http://" + at + "?@192.0.2.1/", "http://" + at + "#@192.0.2.1/",
          "http://" + at + "\\@192.0.2.1/", "https://" + at, "gopher://" + at + "/_x", "file://" + at + "/etc/passwd",
          "ftp://" + at, "unix://" + at, "http://" + at + "\r\nX: y", "http://" + at + "/\n", "http+unix://" + at,
          "http://127.0.0.1:0" + number(), "http://127.0.0.1:+" + number(), "http://127.0.0.1:0x1f90",
          "http://127.0.0.1:" + std::to_string(65536 + forbidden_.number())}) {
        expect_untouched(url);
    }
}

TEST_F(HostileCallBack, NumbersAreJudgedWhenTheyAreAskedFor) {
    for (const char* host : {"2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "2852039166"}) {
        EXPECT_EQ(refusal("http://" + std::string(host) + ":" + number(), kStranger), base::Errc::denied) << host;
    }
    EXPECT_EQ(refusal("http://127.0.0.256:" + number(), kStranger), base::Errc::malformed);
    EXPECT_TRUE(try_open("http://0x7f.1:" + number()));  // his own address stays his, however he writes it
}

TEST_F(HostileCallBack, ARedirectIsAnAnswerAndIsNotFollowed) {
    for (const int status : {301, 302, 303, 307, 308}) {
        Port allowed;
        allowed.listen();
        push({message(open(allowed), "m", ++token_)});
        Connection connection = allowed.accept();
        connection.read_request();
        connection.answer("HTTP/1.1 " + std::to_string(status) + " Found\r\nLocation: http://127.0.0.1:" + number() +
                         "/\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(fates_.take(1).size(), 1U);
        EXPECT_FALSE(forbidden_.has_caller()) << status;
    }
}

TEST_F(HostileCallBack, PortsOfOtherServicesAreRefusedInEverySpelling) {
    for (const char* port : {"1", "21", "22", "23", "25", "53", "110", "143", "389", "445", "0022", "1023"}) {
        EXPECT_EQ(refusal("http://127.0.0.1:" + std::string(port)), base::Errc::denied) << port;
        EXPECT_EQ(refusal("http://[::1]:" + std::string(port)), base::Errc::denied) << port;
        EXPECT_EQ(refusal("http://0x7f.1:" + std::string(port)), base::Errc::denied) << port;
    }
}

}  // namespace
}  // namespace server
