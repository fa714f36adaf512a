// tests/fuzz/notification_fuzz.cc: the body of a NOTIFY, in and out again.
// SPDX-License-Identifier: Apache-2.0
#include "rvp/notification.h"

#include "rvp/mime.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr base::xml::Bounds kWide{.bytes = 1 << 26, .depth = 128, .elements = 100'000, .attributes = 1 << 16};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    auto payload = rvp::read_notification(fuzz::text_of(bytes, size), {}, "http://im.example.com/instmsg/aliases/ann",
                                          "http://im.example.com/instmsg/aliases/bob");
    if (!payload) return 0;
    const presence::Notification notification{std::move(*payload), "http://im.example.com/instmsg/aliases/ann"};
    const rvp::NotificationText text = rvp::render(notification);
    const std::string to = text.for_watcher ? rvp::render_to({"http://im.example.com/instmsg/aliases/bob", "bob"}) : "";
    const std::string body = text.head + to + text.tail;
    const auto document = base::xml::parse(body, kWide);
    fuzz::must(document.has_value(), "what we send is well-formed");
    fuzz::must(document->local == "notification", "and is a notification");
    const auto* message = std::get_if<presence::Message>(&notification.payload);
    if (!message) return 0;
    fuzz::must(!rvp::mime_header(message->mime, "Session-Id").empty(), "a message has a Session-Id");
    const auto again = rvp::read_notification(body, kWide, "http://a/instmsg/aliases/a", "http://b/instmsg/aliases/b");
    fuzz::must(again.has_value(), "another server can read it");
    const auto* heard = std::get_if<presence::Message>(&*again);
    fuzz::must(heard && heard->mime == message->mime, "and hears the same octets");
    return 0;
}
