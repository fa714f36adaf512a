// tests/server/http_framing_test.cc: which bytes a head may hold, each at every place.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 6 (framing); RFC 7230 3.2, 5.4
#include "server/http_framing.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>

namespace server {
namespace {

base::Request plain() {
    base::Request request;
    request.method = "PROPFIND";
    request.target = "/instmsg/aliases/bob";
    request.headers = {{"Host", "im.example.com"}, {"Depth", "0"}};
    return request;
}

bool is_alphanumeric(unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_token(unsigned char c) { return is_alphanumeric(c) || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c))); }

/// `put` makes a text part of the request; `may` says which bytes it may hold. Texts are looked at by eights and what is
/// left of them, so that the size and the place must not matter.
void expect_verdicts(const std::function<void(base::Request&, std::string)>& put, const std::function<bool(unsigned char)>& may) {
    for (const std::size_t size : {1U, 7U, 8U, 9U, 16U, 23U}) {
        for (std::size_t place = 0; place < size; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, 'x');
                text[place] = static_cast<char>(byte);
                base::Request request = plain();
                put(request, text);
                ASSERT_EQ(check_framing(request, "HTTP/1.1").has_value(), may(static_cast<unsigned char>(byte)))
                    << "byte " << byte << " at " << place << " of " << size;
            }
        }
    }
}

TEST(HttpFraming, AMethodIsAToken) {
    expect_verdicts([](base::Request& r, std::string text) { r.method = std::move(text); }, is_token);
}
TEST(HttpFraming, AHeadersNameIsAToken) {
    expect_verdicts([](base::Request& r, std::string text) { r.headers[1].name = std::move(text); }, is_token);
}
TEST(HttpFraming, AHeadersValueHoldsNoControlCharacterButTheTab) {
    expect_verdicts([](base::Request& r, std::string text) { r.headers[1].value = std::move(text); },
                    [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
}
TEST(HttpFraming, ATargetHoldsNeitherBlankNorControlCharacter) {
    expect_verdicts([](base::Request& r, std::string text) { r.target = "/" + std::move(text); },
                    [](unsigned char c) { return c > 0x20 && c != 0x7f; });
}
TEST(HttpFraming, AHostHoldsWhatAHostMay) {
    expect_verdicts([](base::Request& r, std::string text) { r.headers[0].value = "x" + std::move(text) + "x"; },
                    [](unsigned char c) { return is_alphanumeric(c) || (c != 0 && std::string_view("-._:[]").contains(static_cast<char>(c))); });
}
TEST(HttpFraming, AHostMayStandAmongBlanks) {
    base::Request request = plain();
    request.headers[0].value = " im.example.com\t";
    EXPECT_TRUE(check_framing(request, "HTTP/1.1"));
    request.headers.push_back({"hOST", "im.example.com"});
    EXPECT_FALSE(check_framing(request, "HTTP/1.1"));
}

}  // namespace
}  // namespace server
