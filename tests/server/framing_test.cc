// tests/server/framing_test.cc: requests that two readers could understand in two ways, against the whole daemon.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3, 5
//
// Each attack is followed, on the same connection, by an honest PROPPATCH that would make a node of its own. Whatever
// the answer is, three things hold: no 2xx, the connection is closed, and that node never comes to be.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "server/daemon.h"
#include "tests/server/loopback.h"

namespace server {
namespace {

using namespace std::string_literals;

struct Case {
    std::string title;
    std::string bytes;
};
using Cases = std::vector<Case>;

const std::string kHost = "Host: im.example.com\r\n";
const std::string kFrom = "RVP-From-Principal: http://im.example.com/instmsg/aliases/eve\r\n";
// SUBSCRIBE looks at no body, so that only its framing can be wrong.
const std::string kWish = kFrom + "Notification-Type: pragma/notify\r\nCall-Back: http://127.0.0.1:4000\r\n";
const std::string kLine = "SUBSCRIBE /instmsg/aliases/eve HTTP/1.1\r\n";

std::string with(const std::string& headers, const std::string& body = "") {
    return kLine + kHost + kWish + headers + "\r\n" + body;
}
std::string first_line(const std::string& line) { return line + "\r\n" + kHost + kWish + "\r\n"; }
std::string coded(const std::string& coding, const std::string& body = "0\r\n\r\n") {
    return with("Transfer-Encoding: " + coding + "\r\n", body);
}
std::string chunks(const std::string& body) { return coded("chunked", body); }

// "5\v" as `5\x0b`: a title that can be printed.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char code[8];
        std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
        out += c > 0x20 && c < 0x7f ? std::string(1, c) : code;
    }
    return out;
}

Cases lengths() {
    Cases cases;
    for (const std::string& value :
         {""s, "+0"s, "-0"s, "-1"s, "+5"s, "--5"s, "0x0"s, "0x5"s, "05h"s, "0b1"s, "1e1"s, "5.0"s, "5 5"s, "5,5"s, "0, 0"s, "5, 5"s,
          "5;"s, "5;0"s, "\"5\""s, "'5'"s, "five"s, "NaN"s, "inf"s, "1_0"s, "5%"s, "5\v"s, "\v5"s, "5\f"s, "5\x80"s,
          "\xd9\xa5"s, "\xef\xbc\x95"s, "5\x01"s, "5\x7f"s, "99999999999999999999999999"s, "18446744073709551616"s,
          "18446744073709551615"s, "9223372036854775808"s, "9223372036854775807"s, "8388609"s}) {
        cases.push_back({"Content-Length: " + shown(value), with("Content-Length: " + value + "\r\n", "hello")});
    }
    const std::vector<std::pair<std::string, std::string>> pairs = {
        {"0", "0"}, {"5", "5"}, {"0", "5"}, {"5", "0"}, {"5", "+5"}, {"5", ""}, {"", "5"}, {"5", "05"}};
    for (const auto& [a, b] : pairs) {
        cases.push_back({"Content-Length twice: " + a + " and " + b,
                         with("Content-Length: " + a + "\r\nContent-Length: " + b + "\r\n", "hello")});
    }
    cases.push_back({"Content-Length in two cases", with("Content-Length: 5\r\ncONTENT-lENGTH: 5\r\n", "hello")});
    cases.push_back({"Content-Length, another, Content-Length",
                     with("Content-Length: 5\r\nX: y\r\nContent-Length: 5\r\n", "hello")});
    cases.push_back({"Content-Length first and last",
                     kLine + "Content-Length: 5\r\n" + kHost + kWish + "Content-Length: 0\r\n\r\nhello"});
    return cases;
}

Cases codings() {
    Cases cases;
    for (const std::string& value :
         {""s, "xchunked"s, "chunkedx"s, "x chunked"s, "chunke"s, "chunked,"s, ",chunked"s, "chunked, identity"s, "identity"s,
          "identity, chunked"s, "gzip, chunked"s, "chunked, gzip"s, "chunked, chunked"s, "chunked;q=1"s, "chunked=1"s,
          "\"chunked\""s, "'chunked'"s, "[chunked]"s, "chunked "s, "chunked\t"s, "\vchunked"s, "\fchunked"s, "chunked\v"s,
          "chun ked"s, "chun\tked"s, "chunked\x80"s, "\xa0" "chunked"s, "cow"s, "trailers"s, "gzip"s, "deflate"s, "compress"s,
          "chunked\x01"s, "chunked\x7f"s}) {
        cases.push_back({"Transfer-Encoding: " + shown(value), coded(value)});
    }
    for (const std::string& both : {"chunked\r\nTransfer-Encoding: chunked"s, "identity\r\nTransfer-Encoding: chunked"s,
                                    "chunked\r\nTransfer-Encoding: identity"s, "chunked\r\ntransfer-encoding: x"s}) {
        cases.push_back({"two codings: " + shown(both), coded(both)});
    }
    for (const std::string& length : {"0"s, "5"s, "500"s, "-1"s, ""s}) {
        cases.push_back({"Content-Length: " + length + " before a coding",
                         with("Content-Length: " + length + "\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")});
        cases.push_back({"Content-Length: " + length + " behind a coding",
                         with("Transfer-Encoding: chunked\r\nContent-Length: " + length + "\r\n", "0\r\n\r\n")});
    }
    cases.push_back({"Content-Length and identity",
                     with("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello")});
    cases.push_back({"chunked on HTTP/1.0", "SUBSCRIBE /instmsg/aliases/eve HTTP/1.0\r\n" + kHost + kWish +
                                               "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
    return cases;
}

Cases broken_chunks() {
    Cases cases;
    for (const std::string& size : {""s, "-1"s, "+5"s, "0x5"s, "0x"s, "x5"s, "5x"s, "5h"s, "zz"s, "five"s, "5,5"s, " 5"s, "5 "s,
                                    "\t5"s, "5\t"s, "5\v"s, "_5"s, "5_"s, ";"s, ";x=y"s, "\xef\xbc\x95"s, "ffffffffffffffffff"s,
                                    "10000000000000005"s, "\"5\""s, "5\r"s}) {
        cases.push_back({"a chunk of size " + shown(size), chunks(size + "\r\nhello\r\n0\r\n\r\n")});
    }
    cases.push_back({"a chunk longer than its size", chunks("4\r\nhello\r\n0\r\n\r\n")});
    cases.push_back({"a chunk shorter than its size", chunks("7\r\nhello\r\n0\r\n\r\n")});
    cases.push_back({"no line end behind a chunk", chunks("5\r\nhello0\r\n\r\n")});
    cases.push_back({"CR alone behind a chunk", chunks("5\r\nhello\r0\r\n\r\n")});
    cases.push_back({"a second chunk that is none", chunks("5\r\nhello\r\nzz\r\n\r\n")});
    cases.push_back({"a trailer without a colon", chunks("0\r\nnothing\r\n\r\n")});
    return cases;
}

Cases hosts() {
    Cases cases;
    const auto named = [&](const std::string& title, const std::string& headers) {
        cases.push_back({title, kLine + headers + kWish + "\r\n"});
    };
    named("no Host", "");
    named("two Hosts", kHost + kHost);
    named("two different Hosts", kHost + "Host: evil.example.org\r\n");
    named("two Hosts in two cases", kHost + "hOST: evil.example.org\r\n");
    named("a Host and an empty one", kHost + "Host:\r\n");
    for (const std::string& value :
         {"im.example.com, evil.example.org"s, "im.example.com evil.example.org"s, "im.example.com/"s, "im.example.com\\"s,
          "eve@im.example.com"s, "im.example.com@evil.example.org"s, "im.example.com?x"s, "im.example.com#x"s,
          "http://im.example.com"s, "\"im.example.com\""s, "im.example.com\x80"s, "im.example.com\tx"s, "<script>"s,
          "im.example.com;x"s, "im.example.com%00"s}) {
        named("Host: " + shown(value), "Host: " + value + "\r\n");
    }
    cases.push_back({"a whole URL and no Host", "SUBSCRIBE http://im.example.com/instmsg/aliases/eve HTTP/1.1\r\n" +
                                                   kWish + "\r\n"});
    cases.push_back({"a whole URL and two Hosts", "SUBSCRIBE http://im.example.com/instmsg/aliases/eve HTTP/1.1\r\n" +
                                                     kHost + kHost + kWish + "\r\n"});
    return cases;
}

Cases names_and_values() {
    Cases cases;
    for (const std::string& name : {"Host "s, "Content-Length "s, "Content-Length\t"s, "Transfer-Encoding "s,
                                    "Transfer-Encoding\t"s, "Transfer-Encoding\v"s, " Content-Length"s, "X "s, "Bad Name"s, ""s,
                                    "X\r"s, "X\x01"s, "X\x7f"s, "X\x80"s, "\xc3\xbc"s}) {
        cases.push_back({"a header named " + shown(name), with(name + ": 5\r\n", "hello")});
    }
    for (const char c : "()<>@,;\\\"/[]?={}"s) {
        cases.push_back({"a header's name with "s + c, with("X"s + c + "Y: 5\r\n", "hello")});
    }
    cases.push_back({"a line without a colon", with("nothing\r\n")});
    for (const char c : "\x01\x02\x07\x08\v\f\x0e\x1b\x1f\x7f\r"s) {
        cases.push_back({"a value with " + shown(std::string(1, c)), with("X: a"s + c + "b\r\n")});
    }
    // Values are looked at in pieces: wherever it stands, and whether a tab makes the piece before it doubtful.
    for (std::size_t at = 0; at < 18; ++at) {
        std::string value(18, 'v');
        value[at] = '\x7f';
        cases.push_back({"a DEL in a value at " + std::to_string(at), with("X: " + value + "\r\n")});
        value[at] = '\x01';
        cases.push_back({"a control character at " + std::to_string(at), with("X: a\tb" + value + "\r\n")});
    }
    cases.push_back({"a header hidden behind CR", with("X: a\rContent-Length: 5\r\n", "hello")});
    cases.push_back({"a Host hidden behind CR", with("Subscription-Lifetime: 60\rHost: evil.example.org\r\n")});
    cases.push_back({"CR CR LF", with("X: a\r\r\nY: b\r\n")});
    return cases;
}

Cases folds() {
    Cases cases;
    for (const std::string& name : {"Content-Length"s, "Transfer-Encoding"s, "Host"s, "X"s, "RVP-From-"s}) {
        for (const std::string& blank : {" "s, "\t"s, "  \t"s}) {
            cases.push_back({name + " folded by " + shown(blank), with(name + ": 0\r\n" + blank + "5\r\n", "hello")});
        }
    }
    cases.push_back({"a coding on the second line", with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")});
    cases.push_back({"a length on the second line", with("Content-Length:\r\n 5\r\n", "hello")});
    cases.push_back({"a name on two lines", with("RVP-From-: http://im.example.com/instmsg/aliases/adam\r\n Principal\r\n")});
    cases.push_back({"a fold of blanks", with("X: a\r\n \r\n")});
    cases.push_back({"two folds", with("X: a\r\n b\r\n c\r\n")});
    cases.push_back({"a fold with LF", with("X: a\n b\n")});
    cases.push_back({"a fold under the request line", kLine + " " + kHost + kWish + "\r\n"});
    return cases;
}

// libmicrohttpd reads every text up to its first NUL, and takes a line that begins with one for an empty line.
Cases nuls() {
    const std::string nul(1, '\0');
    Cases cases;
    const auto header = [&](const std::string& title, const std::string& line, const std::string& body = "hello") {
        cases.push_back({"NUL " + title, with(line + "\r\n", body)});
    };
    header("in a value", "X: a" + nul + "b");
    header("at the end of a value", "X: a" + nul);
    header("at the beginning of a value", "X: " + nul + "a");
    header("for a value", "X:" + nul);
    header("in a name", "X" + nul + "Y: a");
    header("at the end of a name", "Content-Length" + nul + ": 5");
    header("at the beginning of a name", nul + "X: a");
    header("before Content-Length", nul + "Content-Length: 5");
    header("behind Content-Length", "Content-Length: 5" + nul);
    header("in Content-Length", "Content-Length: 0" + nul + "5");
    header("and more in Content-Length", "Content-Length: 5" + nul + ", 500");
    header("behind a coding", "Transfer-Encoding: chunked" + nul, "0\r\n\r\n");
    header("in a coding", "Transfer-Encoding: chunked" + nul + ", gzip", "0\r\n\r\n");
    header("before a coding", nul + "Transfer-Encoding: chunked", "0\r\n\r\n");
    header("in a Host", "X: y" + nul + "\r\nY: z");
    header("in a line of its own", nul + "\r\nX: y");
    header("in a last line", "X: y\r\n" + nul);
    header("twice in a line", nul + nul);
    header("before what the head hides", nul + "hidden\r\nContent-Length: 500");
    cases.push_back({"NUL in Host", kLine + "Host: im.example.com" + nul + ".evil.example.org\r\n" + kWish + "\r\n"});
    cases.push_back({"NUL behind Host", kLine + "Host: im.example.com" + nul + "\r\n" + kWish + "\r\n"});
    cases.push_back({"NUL under the request line", kLine + nul + "\r\n" + kHost + kWish + "\r\n"});
    cases.push_back({"NUL in a head of LF", "SUBSCRIBE /instmsg/aliases/eve HTTP/1.1\n" + nul + "x\n\n"});
    cases.push_back({"NUL in the target", first_line("SUBSCRIBE /instmsg/aliases/eve" + nul + "x HTTP/1.1")});
    cases.push_back({"NUL behind the target", first_line("SUBSCRIBE /instmsg/aliases/eve" + nul + " HTTP/1.1")});
    cases.push_back({"NUL before the target", first_line("SUBSCRIBE " + nul + "/instmsg/aliases/eve HTTP/1.1")});
    cases.push_back({"NUL in the method", first_line("SUBSCRIBE" + nul + "X /instmsg/aliases/eve HTTP/1.1")});
    cases.push_back({"NUL in the version", first_line("SUBSCRIBE /instmsg/aliases/eve HTTP/1.1" + nul)});
    cases.push_back({"NUL for a blank", first_line("SUBSCRIBE" + nul + "/instmsg/aliases/eve HTTP/1.1")});
    return cases;
}

Cases request_lines() {
    Cases cases;
    for (const std::string& version :
         {"HTTP/2.0"s, "HTTP/3"s, "HTTP/0.9"s, "HTTP/1.2"s, "HTTP/1.10"s, "HTTP/01.1"s, "HTTP/1.1.1"s, "HTTP/11"s, "HTTP/1"s,
          "HTTP/1."s, "HTTP/.1"s, "HTTP/-1.1"s, "HTTP/1,1"s, "HTTP1.1"s, "http/1.1"s, "Http/1.1"s, "HTTPS/1.1"s, "HTTP /1.1"s,
          "HTTP/ 1.1"s, "HTTP/1. 1"s, "HTTP/1.1 x"s, "HTTP/1.1\t"s, "HTTP/1.1\v"s, "HTTP/1.1\r"s, "HTTP/1.1x"s, "x HTTP/1.1"s,
          "\tHTTP/1.1"s, ""s}) {
        cases.push_back({"version " + shown(version), first_line("SUBSCRIBE /instmsg/aliases/eve " + version)});
    }
    for (const std::string& line :
         {"SUBSCRIBE"s, "SUBSCRIBE "s, "SUBSCRIBE HTTP/1.1"s, "SUBSCRIBE\t/instmsg/aliases/eve\tHTTP/1.1"s,
          "SUBSCRIBE /instmsg/aliases/eve\v HTTP/1.1"s, "SUBSCRIBE /instmsg/aliases/eve\x7f HTTP/1.1"s,
          "SUBSCRIBE /instmsg/aliases/eve\x01 HTTP/1.1"s, "SUBSCRIBE /instmsg/aliases/eve\r HTTP/1.1"s,
          "SUBSCRIBE /instmsg/aliases/eve /x HTTP/1.1"s, "SUBSCRIBE /instmsg/aliases/eve  HTTP/1.1"s,
          "SUBSCRIBE  /instmsg/aliases/eve HTTP/1.1"s, " SUBSCRIBE /instmsg/aliases/eve HTTP/1.1"s,
          "SUB(SCRIBE /instmsg/aliases/eve HTTP/1.1"s, "SUB:SCRIBE /instmsg/aliases/eve HTTP/1.1"s,
          "SUBSCRIBE\x80 /instmsg/aliases/eve HTTP/1.1"s, "\"SUBSCRIBE\" /instmsg/aliases/eve HTTP/1.1"s,
          "SUBSCRIBE\r/instmsg/aliases/eve HTTP/1.1"s}) {
        cases.push_back({"line " + shown(line), first_line(line)});
    }
    cases.push_back({"the beginning of TLS", "\x16\x03\x01\x02\x00\x01\r\n\r\n"s});
    cases.push_back({"the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"});
    cases.push_back({"the beginning of SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n"});
    cases.push_back({"an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    return cases;
}

Cases all_attacks() {
    Cases all;
    for (auto part : {lengths(), codings(), broken_chunks(), hosts(), names_and_values(), folds(), nuls(), request_lines()}) {
        for (Case& one : part) all.push_back(std::move(one));
    }
    return all;
}

// What sounds like an attack, and is none: the answers' statuses, that of the follower last.
struct Harmless {
    std::string title;
    std::string bytes;
    std::string statuses;
};

std::vector<Harmless> harmless() {
    const std::string hidden = "PROPPATCH /instmsg/aliases/hidden HTTP/1.1\r\n" + kHost +
                               "RVP-From-Principal: http://im.example.com/instmsg/aliases/hidden\r\n\r\n";
    const std::string length = "Content-Length: " + std::to_string(hidden.size()) + "\r\n";
    const auto target = [](const std::string& text) { return first_line("SUBSCRIBE " + text + " HTTP/1.1"); };
    return {
        {"an honest request", with(""), "200 207"},
        {"a body that looks like a request", with(length, hidden), "200 207"},
        {"zeros before a length", with("Content-Length: 000005\r\n", "hello"), "200 207"},
        {"a tab before a length", with("Content-Length: \t5\r\n", "hello"), "200 207"},
        {"no blank before a length", with("Content-Length:5\r\n", "hello"), "200 207"},
        {"empty lines before the request", "\r\n\n\r\n" + with(""), "200 207"},
        {"lines that end in LF", "ACL /instmsg/aliases/eve HTTP/1.1\nHost: im.example.com\nRVP-From-Principal: "
                                 "http://im.example.com/instmsg/aliases/eve\n\n", "200 207"},
        {"line ends mixed", "ACL /instmsg/aliases/eve HTTP/1.1\r\nHost: im.example.com\nRVP-From-Principal: "
                            "http://im.example.com/instmsg/aliases/eve\r\n\n", "200 207"},
        {"a whole URL wins over Host", "ACL http://im.example.com/instmsg/aliases/eve HTTP/1.1\r\nHost: evil.example.org\r\n" +
                                           kFrom + "\r\n", "200 207"},
        {"a whole URL in capitals", target("HTTP://IM.EXAMPLE.COM/instmsg/aliases/eve"), "200 207"},
        {"a whole URL of another's", target("http://evil.example.org/instmsg/aliases/eve"), "404 207"},
        {"a whole URL with a user", target("http://im.example.com@evil.example.org/instmsg/aliases/eve"), "400 207"},
        {"a whole URL of another scheme", target("ftp://im.example.com/instmsg/aliases/eve"), "400 207"},
        {"a URL without scheme", target("//im.example.com/instmsg/aliases/eve"), "400 207"},
        {"an authority", target("im.example.com:80"), "400 207"},
        {"an asterisk", target("*"), "400 207"},
        {"dots", target("/instmsg/aliases/../aliases/eve"), "400 207"},
        {"escaped line ends", target("/instmsg/aliases/eve%0d%0aX:y"), "400 207"},
        {"an escaped NUL", target("/instmsg/aliases/eve%00"), "400 207"},
        {"bytes above 7f", target("/instmsg/aliases/\x80"), "400 207"},
        {"a method in small letters", first_line("subscribe /instmsg/aliases/eve HTTP/1.1"), "501 207"},
        {"CONNECT", first_line("CONNECT evil.example.org:443 HTTP/1.1"), "501 207"},
        {"TRACE", first_line("TRACE /instmsg/aliases/eve HTTP/1.1"), "501 207"},
        {"an upgrade", with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"), "200 207"},
        {"a length under another name", with("Content_Length: 500\r\nX-Content-Length: 500\r\n"), "200 207"},
        {"header values above 7f", with("X: \xc3\xbc\x80\r\n"), "200 207"},
        {"blanks round values", with("X: \t y \t \r\n"), "200 207"},
        {"a tab amid a long value", with("X: 0123456789012345\t678901234567890\xff\r\n"), "200 207"},
        {"an empty value", with("X:\r\nY: \r\n"), "200 207"},
        {"a query", with("Referer: /x?Content-Length=5&Transfer-Encoding=chunked\r\n"), "200 207"},
        // Behind these nothing runs either: the connection ends with the answer.
        {"chunks", chunks("5\r\nhello\r\n0\r\n\r\n"), "200"},
        {"chunks, in capitals", coded("ChUnKeD", "5\r\nhello\r\n0\r\n\r\n"), "200"},
        {"chunks in capitals, with zeros", chunks("00000000000000005\r\nhello\r\n00\r\n\r\n"), "200"},
        {"an extension of a chunk", chunks("5;a=b\r\nhello\r\n0;c\r\n\r\n"), "200"},
        {"LF in an extension of a chunk", chunks("5;\nhello\r\n0\r\n\r\n"), "200"},
        {"LF alone behind a chunk", chunks("5\r\nhello\n0\r\n\r\n"), "200"},
        {"trailers that would frame", chunks("0\r\nContent-Length: 500\r\nHost: evil.example.org\r\n\r\n"), "200"},
        {"NUL in a trailer", chunks("0\r\n\0\r\nX: y\r\n\r\n"s), "200"},
        {"the client's last request", with("Connection: close\r\n"), "200"},
        {"HTTP/1.0", "ACL /instmsg/aliases/eve HTTP/1.0\r\n" + kFrom + "\r\n", "200"},
    };
}

class Client {
public:
    explicit Client(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("cannot connect");
    }
    /// Sends all of it; a peer that hangs up meanwhile is no failure.
    void send(std::string_view bytes) { (void)!::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// All that came until the daemon closed.
    std::string read_to_end() {
        std::string all;
        for (;;) {
            loopback::wait_readable(fd_.get(), "the end of the connection");
            char bytes[4096];
            const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
            if (n <= 0) return all;
            all.append(bytes, static_cast<std::size_t>(n));
        }
    }

    /// Says that nothing more comes, as nc -N does.
    void end() { ::shutdown(fd_.get(), SHUT_WR); }
    /// Until the head of one answer is there.
    void read_head() {
        std::string all;
        while (!all.contains("\r\n\r\n")) {
            loopback::wait_readable(fd_.get(), "an answer");
            char bytes[4096];
            const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
            if (n <= 0) throw std::runtime_error("closed before it answered");
            all.append(bytes, static_cast<std::size_t>(n));
        }
    }

private:
    base::Fd fd_;
};

// "400 207": those of all answers, each of which says how long its body is.
std::string statuses_of(std::string_view answers) {
    constexpr std::string_view kLength = "Content-Length: ";
    std::string statuses;
    while (answers.starts_with("HTTP/1.")) {
        const std::size_t head = std::min(answers.find("\r\n\r\n"), answers.size());
        const std::string_view status = answers.substr(9, 3);
        if (!status.starts_with('1')) statuses.append(statuses.empty() ? "" : " ").append(status);
        const std::size_t length = answers.substr(0, head).find(kLength);
        const std::size_t body = length == answers.npos ? 0 : std::stoul(std::string(answers.substr(length + kLength.size(), 9)));
        answers.remove_prefix(std::min(head + 4 + body, answers.size()));
    }
    return answers.empty() ? statuses : statuses + " and more";
}

class FramingTest : public ::testing::Test {
protected:
    explicit FramingTest(const std::string& more = "") : config_(read_config(more)), daemon_(config_, clock_, log_), thread_([this] { daemon_.run(); }) {
        address_ = daemon_.listening().front().address;
    }
    ~FramingTest() override {
        daemon_.stop();
        thread_.join();
    }
    static Config read_config(const std::string& more) {
        return parse_config(R"(
            domain = "im.example.com"
            listen.http = ["127.0.0.1:0"]
            listen.admin = ""
            listen.control = ""
            push.threads = 1
            store.path = ":memory:"
            nodes.auto_create = ["/instmsg/aliases/"]
        )" + more, "config").value();
    }

    // The next request, which would bring a node of its own into being.
    static std::string follower(std::size_t number) {
        const std::string path = "/instmsg/aliases/" + name(number);
        const std::string body = R"(<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:displayname>x</d:displayname>)"
                                 "</d:prop></d:set></d:propertyupdate>";
        return "PROPPATCH " + path + " HTTP/1.1\r\n" + kHost + "RVP-From-Principal: http://im.example.com" + path +
               "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static std::string name(std::size_t number) { return "victim" + std::to_string(number); }
    [[nodiscard]] std::string ask(const std::string& bytes) const {
        Client client(address_);
        client.send(bytes);
        return client.read_to_end();
    }
    [[nodiscard]] bool exists(const std::string& alias) const {
        const std::string body = R"(<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>)";
        const std::string answer =
            ask("PROPFIND /instmsg/aliases/" + alias + " HTTP/1.1\r\n" + kHost + kFrom + "Depth: 0\r\nConnection: close\r\n" +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        EXPECT_TRUE(statuses_of(answer) == "404" || statuses_of(answer) == "207") << answer;
        return statuses_of(answer) == "207";
    }

    base::FakeClock clock_;
    base::Log log_{base::LogLevel::error};
    const Config config_;
    Daemon daemon_;
    std::thread thread_;
    std::string address_;
};

TEST_F(FramingTest, NoAttackIsServedNorWhatComesBehindIt) {
    const Cases cases = all_attacks();
    EXPECT_GE(cases.size(), 150U);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const std::string statuses = statuses_of(ask(cases[i].bytes + follower(i)));
        EXPECT_EQ((" " + statuses).find(" 2"), std::string::npos) << cases[i].title << ": " << statuses;
        EXPECT_FALSE(exists(name(i))) << cases[i].title << ": the next request was run";
    }
    EXPECT_FALSE(exists("eve"));
    EXPECT_FALSE(exists("adam"));
}

// As long as somebody else kept his connection, the end of what a peer sends passed for the end of the connection.
TEST_F(FramingTest, WhoHasSaidAllIsAnsweredThoughOthersStayConnected) {
    Client idle(address_);
    idle.send("OPTIONS / HTTP/1.1\r\n" + kHost + "\r\n");
    idle.read_head();
    for (std::size_t i = 0; i < 20; ++i) {
        Client client(address_);
        client.send(follower(i));
        client.end();
        EXPECT_EQ(statuses_of(client.read_to_end()), "207");
        EXPECT_TRUE(exists(name(i)));
    }
}

// One connection at a time, so that all of the next one, its end too, is there before the daemon sees it.
class OneByOneTest : public FramingTest {
protected:
    OneByOneTest() : FramingTest("limits.connections = 1\n") {}
};

// The daemon kept such connections until their time was over, and a flood of them kept everybody out for as long.
TEST_F(OneByOneTest, WhoLeavesAmidHisRequestIsLetGoAtTheNextTick) {
    for (const std::string& begun : {with("Content-Length: 100\r\n", "ten bytes."), with("Content-Length: 100\r\n", ""),
                                     "ACL /instmsg/aliases/eve HTTP/1.1\r\nHost: im.exa"s}) {
        auto first = std::make_unique<Client>(address_);
        first->send("OPTIONS / HTTP/1.1\r\n" + kHost + "\r\n");
        first->read_head();
        Client leaving(address_);
        leaving.send(begun);
        leaving.end();
        first.reset();
        Client next(address_);
        next.send(follower(1));
        for (int tick = 0; tick < 2; ++tick) {
            daemon_.settle();
            clock_.advance(std::chrono::milliseconds(250));
        }
        daemon_.settle();
        EXPECT_EQ(leaving.read_to_end(), "") << begun;
        EXPECT_EQ(statuses_of(next.read_to_end()), "207") << begun;
    }
}

TEST_F(FramingTest, WhatOnlyLooksLikeAnAttackIsServed) {
    const auto cases = harmless();
    for (std::size_t i = 0; i < cases.size(); ++i) {
        EXPECT_EQ(statuses_of(ask(cases[i].bytes + follower(i))), cases[i].statuses) << cases[i].title;
        EXPECT_EQ(exists(name(i)), cases[i].statuses.ends_with(" 207")) << cases[i].title;
    }
    EXPECT_FALSE(exists("hidden"));
}

}  // namespace
}  // namespace server
