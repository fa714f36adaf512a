// doors/zimbra_chats.cc: the talks that a person has open.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_chats.h"

#include <algorithm>
#include <utility>

namespace doors {
namespace {

constexpr std::size_t kMostBytes = 262144;  // of one chat's lines

std::size_t size_of(const ZimbraLine& line) { return line.from.size() + line.subject.size() + line.text.size() + line.html.size(); }

}  // namespace

ZimbraChat* ZimbraChats::find(std::string_view thread) {
    const auto found = chats_.find(thread);
    return found == chats_.end() ? nullptr : &found->second;
}

ZimbraChat* ZimbraChats::with(std::string_view account) {
    const auto is = [account](const auto& one) { return one.second.room.empty() && one.second.with == account; };
    const auto found = std::ranges::find_if(chats_, is);
    return found == chats_.end() ? nullptr : &found->second;
}

ZimbraChat* ZimbraChats::in_room(std::string_view room) {
    const auto found = std::ranges::find_if(chats_, [room](const auto& one) { return !room.empty() && one.second.room == room; });
    return found == chats_.end() ? nullptr : &found->second;
}

ZimbraChat& ZimbraChats::open(std::string thread, std::string with, base::Instant now) {
    ZimbraChat& chat = chats_[thread];
    chat.thread = std::move(thread);
    chat.with = std::move(with);
    chat.last = now;
    return chat;
}

std::string ZimbraChats::new_thread(std::string_view address) {
    const std::size_t at = address.find('@');
    const std::string stem = "chat-" + std::string(address.substr(0, at)) + "%" +
                             std::string(at == std::string_view::npos ? "" : address.substr(at + 1)) + "-";
    std::string thread;
    do thread = stem + std::to_string(next_++);
    while (chats_.contains(thread));
    return thread;
}

std::string ZimbraChats::free_thread(const std::string& wanted) {
    std::string thread = wanted;
    for (int i = 1; chats_.contains(thread); ++i) thread = wanted + "-" + std::to_string(i);
    return thread;
}

ZimbraLine& ZimbraChats::say(ZimbraChat& chat, ZimbraLine line, const Bounds& bounds, base::Instant now) {
    line.seq = ++chat.last_seq;
    chat.last = now;
    chat.bytes += size_of(line);
    chat.lines.push_back(std::move(line));
    while (chat.lines.size() > 1 && (chat.lines.size() > bounds.lines || chat.bytes > kMostBytes)) {
        chat.bytes -= size_of(chat.lines.front());
        chat.lines.pop_front();
    }
    return chat.lines.back();
}

void ZimbraChats::forget_unread() {
    for (auto& [thread, chat] : chats_) {
        std::erase_if(chat.lines, [&chat](const ZimbraLine& line) {
            const bool unread = line.ticket && line.ticket->lost();
            if (unread) chat.bytes -= size_of(line);
            return unread;
        });
        for (ZimbraLine& line : chat.lines) line.ticket.reset();
    }
}

std::vector<std::string> ZimbraChats::idle_since(base::Instant when) const {
    std::vector<std::string> idle;
    for (const auto& [thread, chat] : chats_) {
        if (chat.last <= when) idle.push_back(thread);
    }
    return idle;
}

const ZimbraChat* ZimbraChats::longest_idle() const {
    const auto least = std::ranges::min_element(chats_, {}, [](const auto& one) { return one.second.last; });
    return least == chats_.end() ? nullptr : &least->second;
}

}  // namespace doors
