// tests/rvp/status_test.cc: errors as answers.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/status.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

using base::Errc;

namespace {

std::string body(const std::string& text) { return rvp::error_response({Errc::malformed, text}).body; }

}  // namespace

TEST(Status, EveryErrorHasItsCode) {
    const std::vector<std::pair<Errc, int>> codes = {
        {Errc::malformed, 400},    {Errc::unproven, 401},     {Errc::denied, 403},    {Errc::not_found, 404},
        {Errc::not_allowed, 405},  {Errc::precondition, 412}, {Errc::too_large, 413}, {Errc::internal, 500},
        {Errc::not_implemented, 501}, {Errc::busy, 503},      {Errc::no_space, 507},  {Errc::loop, 508}};
    for (const auto& [code, status] : codes) {
        EXPECT_EQ(rvp::status_of(code), status);
        EXPECT_EQ(rvp::error_response({code, "x"}).status, status);
    }
}

TEST(Status, AnErrorIsOneLineOfPlainText) {
    const auto response = rvp::error_response({Errc::not_found, "no node /a"});
    EXPECT_EQ(tests::lines_of(response), "Content-Type: text/plain; charset=utf-8\n");
    EXPECT_EQ(response.body, "no node /a\n");
    EXPECT_EQ(response.after, base::AfterAnswer::keep);
}

TEST(Status, AnErrorStaysOneLineWhateverItQuotes) {
    EXPECT_EQ(body("bad a\r\nSet-Cookie: b\n\n<html>"), "bad a  Set-Cookie: b  <html>\n");
    EXPECT_EQ(body(std::string("a\0b\x1b[2J\x7f\t.", 10)), "a b [2J  .\n");
    EXPECT_EQ(body(""), "\n");
}

TEST(Status, AnErrorIsTheUtf8ItSaysItIs) {
    EXPECT_EQ(body("no node /\xC5\xBE"), "no node /\xC5\xBE\n");
    EXPECT_EQ(body("bad host in URL: \xFF\xFE."), "bad host in URL: ??.\n");
}

TEST(Status, SuccessIsEmptyOrXml) {
    EXPECT_EQ(rvp::ok().status, 200);
    EXPECT_EQ(tests::lines_of(rvp::ok()), "");
    EXPECT_EQ(rvp::ok().body, "");
    const auto response = rvp::xml_response(207, "<a/>");
    EXPECT_EQ(response.status, 207);
    EXPECT_EQ(tests::lines_of(response), "Content-Type: text/xml\n");
    EXPECT_EQ(response.body, "<a/>");
}
