// tests/doors/target_test.cc: where in a request target a door finds its path.
// SPDX-License-Identifier: Apache-2.0
#include "doors/target.h"

#include <gtest/gtest.h>

namespace doors {
namespace {

TEST(Target, IsReadInOriginAndAbsoluteForm) {
    for (const char* target : {"/imsoap/BSIMService?WSDL", "http://im.example.com/imsoap/BSIMService?WSDL",
                               "https://im.example.com:8443/imsoap/BSIMService?WSDL"}) {
        EXPECT_EQ(path_of(target), "/imsoap/BSIMService") << target;
        EXPECT_EQ(query_of(target), "WSDL") << target;
    }
    EXPECT_EQ(path_of("http://im.example.com"), "/");
    EXPECT_EQ(path_of("/goto?to=http://elsewhere.example/imsoap"), "/goto");
    EXPECT_EQ(query_of("/a?b?c"), "b?c");
    EXPECT_EQ(query_of("/a"), "");
    EXPECT_EQ(path_of(""), "");
    EXPECT_EQ(path_of("*"), "*");
}

TEST(Target, IsUnderARootThatEndsWithASegment) {
    for (const char* target : {"/imsoap", "/imsoap/", "/imsoap?WSDL", "/imsoap/x", "http://h/imsoap", "http://h/imsoap?a"}) {
        EXPECT_TRUE(is_under(target, "/imsoap")) << target;
    }
    for (const char* target : {"", "/", "/imsoa", "/imsoaps", "/imsoap.x", "/x/imsoap", "http://h", "http://imsoap", "imsoap", "/IMsoap"}) {
        EXPECT_FALSE(is_under(target, "/imsoap")) << target;
    }
}

TEST(Target, ARootMayBeWrittenInEitherCase) {
    EXPECT_TRUE(is_under("/ImSoap/x", "/imsoap", Letters::of_either_case));
    EXPECT_FALSE(is_under("/ImSoup/x", "/imsoap", Letters::of_either_case));
}

}  // namespace
}  // namespace doors
