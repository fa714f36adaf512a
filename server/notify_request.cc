// server/notify_request.cc: copies and two numbers, nothing else.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.6; rvp-in-practice 1.7
#include "server/notify_request.h"

#include <charconv>

namespace server {
namespace {

void append_number(std::string& into, std::uint64_t number) {
    char digits[20];
    into.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// A header's value must not end its line, whatever it was made from.
std::string one_line(std::string_view value) {
    std::string line(value);
    std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return line;
}

/// A node of ours has it from somebody of another domain, and says so as whoever passes on what others wrote to it. His name
/// stays beside its address.
presence::Notification passed_on_by_node(const presence::Notification& notification) {
    presence::Notification ours = notification;
    ours.from_principal = notification.through;
    if (auto* message = std::get_if<presence::Message>(&ours.payload)) message->from.href = notification.through;
    return ours;
}

}  // namespace

PreparedNotify::PreparedNotify(const presence::Notification& notification) : version(notification) {
    if (!notification.through.empty()) abroad = std::make_unique<const Version>(passed_on_by_node(notification));
}

PreparedNotify::Version::Version(const presence::Notification& notification) : text(rvp::render(notification)) {
    fields += "RVP-Hop-Count: " + std::to_string(notification.hop_count);
    fields += "\r\nRVP-Ack-Type: " + std::string(rvp::ack_name(notification.ack));
    fields += "\r\nRVP-From-Principal: " + one_line(notification.from_principal);
    fields += "\r\nSubscription-Id: ";
}

std::string passed_on(std::string_view passed, std::string_view us) {
    std::string all = one_line(passed);
    return all.append(all.empty() ? "" : ", ").append(us);
}

TargetText::TargetText(const CallbackUrl& url, const presence::Contact& to) : is_server_(!url.server.empty()), is_abroad_(is_server_ && url.server == url.authority()) {
    const std::string head = "NOTIFY " + url.path + " HTTP/1.1\r\nHost: " + url.authority() +
                             "\r\nRVP-Notifications-Version: 0.2\r\n";
    const std::string contact = rvp::render_to(to);
    text_.reserve(head.size() + contact.size());
    text_ = head;
    text_ += contact;
    head_size_ = static_cast<std::uint32_t>(head.size());
}

void append_notify(std::string& into, const TargetText& target, const PreparedNotify& what,
                   const NotifyNumbers& numbers) {
    const PreparedNotify::Version& version = target.is_abroad() && what.abroad ? *what.abroad : what.version;
    const rvp::NotificationText& text = version.text;
    const std::string_view to = text.for_watcher ? target.to() : std::string_view();
    into.append(target.head()).append(version.fields);
    append_number(into, static_cast<std::uint32_t>(numbers.subscription));
    into.append("\r\nRVPD-Seq: ");
    append_number(into, numbers.number);
    if (numbers.lost > 0) {
        into.append("\r\nRVPD-Lost: ");
        append_number(into, numbers.lost);
    }
    if (target.is_server() && !what.passed.empty()) into.append("\r\nRVPD-Passed: ").append(what.passed);
    into.append("\r\nContent-Type: text/xml\r\nContent-Length: ");
    append_number(into, text.head.size() + to.size() + text.tail.size());
    into.append("\r\n\r\n").append(text.head).append(to).append(text.tail);
}

}  // namespace server
