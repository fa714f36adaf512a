// tests/rvp/hostile_xml_test.cc: the corpus of hostile documents, through every method that reads one.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4 to 5.7; design 6, 9
#include "tests/hostile_xml.h"

#include <gtest/gtest.h>

#include "tests/rvp/desk_world.h"

TEST(HostileXml, IsABadRequestOfEveryMethodAndDoesNothing) {
    const std::pair<std::string, std::string> methods[] = {{"PROPFIND", "d:propfind"},
                                                           {"PROPPATCH", "d:propertyupdate"},
                                                           {"NOTIFY", "r:notification"},
                                                           {"ACL", "a:rvpacl"}};
    tests::DeskWorld world;
    for (const auto& [method, root] : methods) {
        for (const tests::HostileXml& hostile : tests::hostile_xml(root)) {
            ASSERT_LE(hostile.document.size(), std::size_t{1} << 20) << hostile.title;
            const auto answer = world.ask(method, "bob", "bob", {{"Depth", "0"}}, hostile.document);
            EXPECT_EQ(answer.status, 400) << method << ", " << hostile.title << ": " << answer.body;
            EXPECT_NE(answer.body.find("(RVP "), std::string::npos) << method << ", " << hostile.title << ": " << answer.body;
            EXPECT_LE(answer.body.size(), 400U) << method << ", " << hostile.title;
        }
    }
    EXPECT_EQ(world.service.nodes().size(), 0U);
}
