// tests/dav/multistatus_test.cc: the multistatus element, byte by byte.
// SPDX-License-Identifier: Apache-2.0
#include "dav/multistatus.h"

#include <gtest/gtest.h>

namespace {

const std::string kStart =
    "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" xmlns:r=\"http://schemas.microsoft.com/rvp/\""
    " xmlns:a=\"http://schemas.microsoft.com/rvp/acl/\"><d:response><d:href>";
const std::string kEnd = "</d:response></d:multistatus>";

}  // namespace

TEST(Multistatus, IsOneResponseWithOnePropstatOnOneLine) {
    EXPECT_EQ(dav::multistatus("http://im.example.com/instmsg/aliases/bob",
                               {{"<d:displayname>bob</d:displayname>", dav::kStatusOk}}),
              kStart + "http://im.example.com/instmsg/aliases/bob</d:href><d:propstat><d:prop>"
                       "<d:displayname>bob</d:displayname></d:prop><d:status>HTTP/1.1 200 Successful</d:status>"
                       "</d:propstat>" + kEnd);
}

TEST(Multistatus, WritesFurtherPropstatsInOrder) {
    EXPECT_EQ(dav::multistatus("u", {{"1", dav::kStatusOk}, {"2", dav::kStatusForbidden}, {"3",
        dav::kStatusNotFound}}),
              kStart + "u</d:href>"
                       "<d:propstat><d:prop>1</d:prop><d:status>HTTP/1.1 200 Successful</d:status></d:propstat>"
                       "<d:propstat><d:prop>2</d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat>"
                       "<d:propstat><d:prop>3</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>" + kEnd);
}

TEST(Multistatus, OpensAndClosesAnEmptyProp) {
    const std::string body = dav::multistatus("u", {{"", dav::kStatusOk}});
    EXPECT_NE(body.find("<d:prop></d:prop>"), std::string::npos) << body;
}

TEST(Multistatus, EscapesTheHref) {
    const std::string body = dav::multistatus("http://h/a&b<c>", {});
    EXPECT_EQ(body, kStart + "http://h/a&amp;b&lt;c&gt;</d:href>" + kEnd);
}
