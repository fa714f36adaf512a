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

}  // namespace

PreparedNotify::PreparedNotify(const presence::Notification& notification) : text(rvp::render(notification)) {
    fields += "RVP-Hop-Count: " + std::to_string(notification.hop_count);
    fields += "\r\nRVP-Ack-Type: " + std::string(rvp::ack_name(notification.ack));
    fields += "\r\nRVP-From-Principal: " + one_line(notification.from_principal);
    fields += "\r\nSubscription-Id: ";
}

std::string passed_on(std::string_view passed, std::string_view us) {
    std::string all = one_line(passed);
    return all.append(all.empty() ? "" : ", ").append(us);
}

TargetText::TargetText(const CallbackUrl& url, const presence::Contact& to) : is_server_(!url.server.empty()) {
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
    const std::string_view to = what.text.for_watcher ? target.to() : std::string_view();
    into.append(target.head()).append(what.fields);
    append_number(into, static_cast<std::uint32_t>(numbers.subscription));
    into.append("\r\nRVPD-Seq: ");
    append_number(into, numbers.number);
    if (numbers.lost > 0) {
        into.append("\r\nRVPD-Lost: ");
        append_number(into, numbers.lost);
    }
    if (target.is_server() && !what.passed.empty()) into.append("\r\nRVPD-Passed: ").append(what.passed);
    into.append("\r\nContent-Type: text/xml\r\nContent-Length: ");
    append_number(into, what.text.head.size() + to.size() + what.text.tail.size());
    into.append("\r\n\r\n").append(what.text.head).append(to).append(what.text.tail);
}

}  // namespace server
