// tests/dav/multistatus_test.cc: the multistatus element, byte by byte.
// SPDX-License-Identifier: Apache-2.0
#include "dav/multistatus.h"

#include <gtest/gtest.h>

namespace {

const std::string kStart =
    "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\""
    " xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"><d:response><d:href>";
const std::string kEnd = "</d:response></d:multistatus>";

auto appending(std::string_view props) {
    return [props](std::string& body) { body += props; };
}

}  // namespace

TEST(Multistatus, IsOneResponseWithOnePropstatOnOneLine) {
    EXPECT_EQ(dav::Multistatus("http://im.example.com/instmsg/aliases/bob")
                  .propstat(dav::kStatusOk, appending("<d:displayname>bob</d:displayname>"))
                  .finish(),
              kStart + "http://im.example.com/instmsg/aliases/bob</d:href><d:propstat><d:prop>"
                       "<d:displayname>bob</d:displayname></d:prop><d:status>HTTP/1.1 200 Successful</d:status>"
                       "</d:propstat>" + kEnd);
}

TEST(Multistatus, WritesFurtherPropstatsInOrder) {
    EXPECT_EQ(dav::Multistatus("u")
                  .propstat(dav::kStatusOk, appending("1"))
                  .propstat(dav::kStatusForbidden, appending("2"))
                  .propstat(dav::kStatusNotFound, appending("3"))
                  .finish(),
              kStart + "u</d:href>"
                       "<d:propstat><d:prop>1</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat>"
                       "<d:propstat><d:prop>2</d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat>"
                       "<d:propstat><d:prop>3</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>" + kEnd);
}

TEST(Multistatus, OpensAndClosesAnEmptyProp) {
    const std::string body = dav::Multistatus("u").propstat(dav::kStatusOk, appending("")).finish();
    EXPECT_NE(body.find("<d:prop></d:prop>"), std::string::npos) << body;
}

TEST(Multistatus, EscapesTheHref) {
    EXPECT_EQ(dav::Multistatus("http://h/a&b<c>").finish(), kStart + "http://h/a&amp;b&lt;c&gt;</d:href>" + kEnd);
}

TEST(Multistatus, HoldsMoreThanIsUsual) {
    const std::string much(5000, 'x');
    EXPECT_EQ(dav::Multistatus(much).propstat(dav::kStatusOk, appending(much)).finish(),
              kStart + much + "</d:href><d:propstat><d:prop>" + much +
                  "</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat>" + kEnd);
}
