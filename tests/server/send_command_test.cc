// tests/server/send_command_test.cc: a message from the command line goes the way of all others.
// SPDX-License-Identifier: Apache-2.0
#include "server/send_command.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes.h"

namespace {

using base::json::Value;
using tests::PresenceWorld;

/// The answer so far, or its error.
struct Sending {
    Sending(PresenceWorld& world, const Value& args) {
        server::run_send(world.service, args, 0xd05a, [this](const auto& result) {
            said = result ? result->dump() : result.error().text;
        });
    }
    std::string said = "no answer yet";
};

Value to(const std::string& name, const std::string& text = "hello") {
    return Value::object().set("name", name).set("text", text);
}

TEST(Send, ArrivesAsAMessageAndWaitsForItsReceiver) {
    PresenceWorld world;
    ASSERT_TRUE(world.login("bob", 2));
    Sending sending(world, to("bob", "hello, \xc3\xa4\nworld").set("from", "carol"));
    const auto sent = world.carrier.take();
    ASSERT_EQ(sent.size(), 1U) << sending.said;
    const auto& message = std::get<presence::Message>(sent[0].what().payload);
    EXPECT_EQ(message.from.href, "http://im.example.com/instmsg/aliases/carol");
    EXPECT_NE(message.mime.find("\r\n\r\nhello, \xc3\xa4\nworld"), std::string::npos) << message.mime;
    EXPECT_NE(message.mime.find("Session-Id: {"), std::string::npos);
    EXPECT_EQ(sent[0].what().request, 0xd05aU);
    EXPECT_EQ(sending.said, "no answer yet");
    world.service.settled(sent[0].delivery.target, sent[0].delivery.subscription, sent[0].delivery.token,
                          presence::Fate::taken);
    EXPECT_EQ(sending.said, R"({"to":"/instmsg/aliases/bob","from":"http://im.example.com/instmsg/aliases/carol",)"
                            R"("accepted":"delivered"})");
}

TEST(Send, SaysWhyItDidNotArrive) {
    PresenceWorld world;
    EXPECT_EQ(Sending(world, to("nobody")).said, "no node /instmsg/aliases/nobody");
    ASSERT_TRUE(world.patch(world.who("bob", 2), "bob", "online"));
    const std::string gone = Sending(world, to("bob")).said;
    EXPECT_NE(gone, "no answer yet");
    EXPECT_EQ(gone.find("accepted"), std::string::npos) << gone;
    EXPECT_EQ(Sending(world, to("bob", "")).said, "the text is empty");
    EXPECT_EQ(Sending(world, Value::object().set("name", "bob")).said, "send needs name and text, two texts");
    EXPECT_EQ(Sending(world, to("bob").set("from", "/groups/a")).said, "/groups/a is no principal");
}

}  // namespace
