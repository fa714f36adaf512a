// doors/msnp_history.cc: RECENTCONVERSATIONS and MESSAGESBYCONVERSATION.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_history.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "doors/msnp_names.h"
#include "doors/msnp_thread.h"
#include "doors/msnp_words.h"
#include "presence/contacts.h"

namespace doors {

using presence::ArchivedMessage;

namespace {

constexpr std::size_t kUsualPage = 100;
constexpr std::size_t kMostPage = 200;
constexpr char kTokenFormat = 1;
constexpr std::size_t kSum = 8;
constexpr std::size_t kTokenBytes = 1 + 3 * 8 + kSum;

std::string number_bytes(std::uint64_t number) {
    std::string bytes;
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

std::string sum_of(std::string_view bytes, std::string_view account, std::string_view talk) {
    std::string all(bytes);
    all.append(account).push_back('\0');
    all.append(talk);
    return base::sha256(all).substr(0, kSum);
}

// -- the question

std::int64_t start_in(const base::xml::Element& request) {
    return static_cast<std::int64_t>(base::parse_number(request.text_of("start"), INT64_MAX).value_or(0));
}

std::size_t page_in(const base::xml::Element& request) {
    const auto size = base::parse_number(request.text_of("pagesize")).value_or(0);
    return size == 0 ? kUsualPage : static_cast<std::size_t>(std::min<std::uint64_t>(size, kMostPage));
}

/// The walk that goes on; the first page of a new one without a token.
base::Result<MsnpToken> token_in(const base::xml::Element& request, std::string_view account, std::string_view talk) {
    std::string text = request.text_of("messagessyncstate");
    if (text.empty()) text = request.text_of("syncstate");
    if (text.empty()) return MsnpToken{presence::kNoBound, 0, 0};
    auto token = read_msnp_token(text, account, talk);
    if (!token) return base::fail(base::Errc::malformed, "This continuation was never given.");
    if (token->low == 0) *token = {presence::kNoBound, 0, token->high};
    return *token;
}

/// Behind a page: `last` is the oldest id on it.
MsnpToken token_behind(const MsnpToken& walk, bool more, std::uint64_t last, std::uint64_t high) {
    const std::uint64_t top = walk.high != 0 ? walk.high : std::max(high, walk.floor);
    return more ? MsnpToken{last, top, walk.floor} : MsnpToken{0, top, 0};
}

// -- the answer

/// Escaped once, as text of an element: quotes stay, what XML cannot hold goes (msnp24 8.3).
std::string escaped_once(std::string_view text) {
    const auto stays_or_goes = [](char c) {
        return c == '"' || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r');
    };
    std::string out;
    while (!text.empty()) {
        const auto cut = static_cast<std::size_t>(std::ranges::find_if(text, stays_or_goes) - text.begin());
        base::xml::append_escaped(out, text.substr(0, cut));
        if (cut < text.size() && text[cut] == '"') out += '"';
        text.remove_prefix(std::min(cut + 1, text.size()));
    }
    return out;
}

void append(std::string& out, std::string_view name, std::string_view text) {
    out.append("<").append(name).append(">").append(escaped_once(text)).append("</").append(name).append(">");
}

std::string other_of(const std::string& conversation, const std::string& own) {
    const std::size_t cut = conversation.find('\n');
    if (cut == std::string::npos) return conversation;
    return conversation.substr(0, cut) == own ? conversation.substr(cut + 1) : conversation.substr(0, cut);
}

std::string id_of(const std::string& conversation, const std::string& own) {
    return msnp_name_of(other_of(conversation, own));
}

/// How what is archived is told, and to whom.
struct Reading {
    const presence::Realm& realm;
    const std::string own;
    const presence::Room* room = nullptr;  ///< null: a talk of two
};

struct Told {
    std::string from, type, content, client_id;  ///< of an activity there is no client id
};

std::optional<Told> told_of(const ArchivedMessage& message, const Reading& reading) {
    if (presence::is_room_event(message)) {
        const auto event = reading.room ? presence::read_room_event(message) : std::nullopt;
        auto activity = event ? activity_of(*reading.room, *event, reading.own) : std::nullopt;
        if (!activity) return std::nullopt;
        return Told{thread_name(*reading.room), std::move(activity->type), std::move(activity->content), ""};
    }
    MsnpWords words = words_of(message.octets, message.text);
    const auto address = presence::Address::parse(message.sender);
    const std::string key = address ? reading.realm.key(*address) : message.sender;
    std::string from;
    if (reading.room && !(presence::is_alias(key) && reading.room->shows_account(key, reading.own))) {
        from = thread_name(*reading.room);
    } else {
        from = msnp_name_of(key, words.endpoint.empty() ? made_up_endpoint(key) : words.endpoint);
    }
    std::string client_id = words.client_id.empty() ? std::to_string(message.time_ms) : std::move(words.client_id);
    return Told{std::move(from), std::move(words.type), std::move(words.content), std::move(client_id)};
}

void append_message(std::string& out, const ArchivedMessage& message, const Reading& reading) {
    const auto told = told_of(message, reading);
    if (!told) return;
    const std::string when = msnp_time(message.time_ms);
    out += "<message>";
    append(out, "messageid", std::to_string(message.time_ms));
    append(out, "originalarrivaltime", when);
    append(out, "from", told->from);
    append(out, "messagetype", told->type);
    append(out, "content", told->content);
    if (!told->client_id.empty()) append(out, "clientmessageid", told->client_id);
    append(out, "composetime", when);
    out += "</message>";
}

void append_left_thread(std::string& out, const LeftRecord& left) {
    out += "<thread>";
    append(out, "lastjoinat", std::to_string(left.joined));
    append(out, "lastleaveat", std::to_string(left.left));
    append(out, "version", std::to_string(left.left));
    append(out, "topic", left.topic);
    out += "</thread>";
}

void append_thread(std::string& out, const presence::Room& room, const std::string& own, std::int64_t newest_ms) {
    out += "<thread>";
    append(out, "lastjoinat", std::to_string(room.joined_ms(own).value_or(newest_ms)));
    append(out, "version", std::to_string(std::max(room.changed_ms(), newest_ms)));
    append(out, "topic", topic_of(room));
    out += "</thread>";
}

/// What is known of his leaving the thread at that time; null: nothing, or he is in it again.
const LeftRecord* left_at(const LeftThreads& left, const presence::Service& service, const presence::Room& room, const std::string& own,
                          std::int64_t time_ms) {
    const auto found = left.find(room.id());
    if (found == left.end() || takes_part(service, room, own)) return nullptr;
    return static_cast<std::int64_t>(found->second.left) == time_ms ? &found->second : nullptr;
}

void append_end(std::string& out, std::string_view name, const std::string& token, bool more) {
    append(out, name, token);
    append(out, "hasmore", more ? "True" : "False");
}

}  // namespace

// -- tokens

std::string write_msnp_token(const MsnpToken& token, std::string_view account, std::string_view talk) {
    std::string bytes(1, kTokenFormat);
    bytes += number_bytes(token.low) + number_bytes(token.high) + number_bytes(token.floor);
    return base::hex_encode(bytes + sum_of(bytes, account, talk));
}

std::optional<MsnpToken> read_msnp_token(std::string_view text, std::string_view account, std::string_view talk) {
    const auto bytes = base::hex_decode(text);
    if (!bytes || bytes->size() != kTokenBytes || bytes->front() != kTokenFormat) return std::nullopt;
    const std::string_view all = *bytes;
    const std::string_view body = all.substr(0, kTokenBytes - kSum);
    if (all.substr(body.size()) != sum_of(body, account, talk)) return std::nullopt;
    return MsnpToken{number_in(body.substr(1)), number_in(body.substr(9)), number_in(body.substr(17))};
}

// -- questions

std::optional<std::string> MsnpHistory::talk_of(std::string_view id) const {
    const auto name = read_msnp_name(id);
    if (!name || (name->network != kMsnpSkype && name->network != kMsnpMail)) return std::nullopt;
    std::string_view user = without_live(name->user);
    if (const std::size_t at = user.find('@'); at != std::string_view::npos) {
        const std::string_view host = user.substr(at + 1);
        const bool ours = base::equal_ignoring_case(host, realm_.mail_domain());
        if (!ours) return talk_between(own_, presence::key_of_account(base::to_lower(user)));
        user = user.substr(0, at);
    }
    return talk_between(own_, presence::alias_key(base::to_lower(user)));
}

void MsnpHistory::recent(const base::xml::Element& request, Horizons horizons, LeftThreads left, Done done) {
    const auto walk = token_in(request, own_, "");
    if (!walk) return done(std::unexpected(walk.error()));
    std::vector<presence::RecentRoom> all = rooms();
    std::ranges::move(rooms_left(left), std::back_inserter(all));
    const auto answer = [own = own_, &realm = realm_, service = service_, walk = *walk, horizons = std::move(horizons),
                         left = std::move(left)](const presence::RecentPage& page) {
        std::string out = "<recentconversations-response><conversations>";
        for (const ArchivedMessage& newest : page.newest) {
            const bool in_room = presence::Rooms::is_room(newest.conversation);
            const presence::Room* room = in_room && service ? service->rooms().find(newest.conversation) : nullptr;
            const LeftRecord* gone = room ? left_at(left, *service, *room, own, newest.time_ms) : nullptr;
            if (in_room && !gone && !(room && hears(*service, *room, own))) continue;  // not any more
            out += "<conversation>";
            append(out, "id", room ? thread_name(*room) : id_of(newest.conversation, own));
            append(out, "version", std::to_string(newest.time_ms));
            const auto horizon = horizons.find(newest.conversation);
            if (horizon == horizons.end()) {
                out += "<properties />";
            } else {
                out += "<properties>";
                append(out, "consumptionhorizon", horizon->second);
                out += "</properties>";
            }
            out += "<options /><messages>";
            append_message(out, newest, {realm, own, room});
            out += "</messages>";
            if (gone) append_left_thread(out, *gone);
            else if (room) append_thread(out, *room, own, newest.time_ms);
            out += "</conversation>";
        }
        out += "</conversations>";
        const MsnpToken next = token_behind(walk, page.more, page.newest.empty() ? 0 : page.newest.back().id, page.high);
        append_end(out, "syncstate", write_msnp_token(next, own, ""), page.more);
        return out + "</recentconversations-response>";
    };
    if (!talks_) return done(answer({}));
    presence::RecentQuery query{own_, walk->high, walk->low, walk->floor, start_in(request), page_in(request), std::move(all)};
    talks_->recent(std::move(query), [answer, done = std::move(done)](base::Result<presence::RecentPage> page) mutable {
        done(page ? base::Result<std::string>(answer(*page)) : std::unexpected(page.error()));
    });
}

void MsnpHistory::messages(const base::xml::Element& request, Done done) {
    const std::string id = request.text_of("id");
    const presence::Room* room = service_ ? thread_of(*service_, id, own_) : nullptr;
    const std::string talk = room ? room->key() : talk_of(id).value_or("");
    const auto walk = token_in(request, own_, talk);
    if (!walk) return done(std::unexpected(walk.error()));
    const auto answer = [own = own_, &realm = realm_, service = service_, walk = *walk, id, talk](const presence::TalkPage& page) {
        const presence::Room* still = service ? thread_of(*service, id, own) : nullptr;
        const bool left = presence::Rooms::is_room(talk) && !(still && hears(*service, *still, own));  // meanwhile, or he needs a password
        std::string out = "<messagesbyconversation-response>";
        append(out, "id", id);
        out += "<messages>";
        for (const ArchivedMessage& message : page.messages) {
            if (!left) append_message(out, message, {realm, own, still});
        }
        out += "</messages>";
        const MsnpToken next = token_behind(walk, page.more, page.messages.empty() ? 0 : page.messages.back().id, page.newest);
        append_end(out, "messagessyncstate", write_msnp_token(next, own, talk), page.more);
        return out + "</messagesbyconversation-response>";
    };
    if (!talks_ || talk.empty()) return done(answer({}));
    const std::int64_t joined = room ? room->joined_ms(own_).value_or(0) : 0;
    presence::TalkQuery query{talk, walk->low, walk->floor, std::max(start_in(request), joined), page_in(request)};
    talks_->talk(std::move(query), [answer, done = std::move(done)](base::Result<presence::TalkPage> page) mutable {
        done(page ? base::Result<std::string>(answer(*page)) : std::unexpected(page.error()));
    });
}

std::vector<presence::RecentRoom> MsnpHistory::rooms() const {
    std::vector<presence::RecentRoom> rooms;
    if (!service_) return rooms;
    for (const presence::Room* room : service_->rooms().of(own_)) {
        if (!hears(*service_, *room, own_)) continue;
        rooms.push_back({room->key(), room->joined_ms(own_).value_or(0), [shown = shown_to(*room, own_)](const ArchivedMessage& row) {
            if (!presence::is_room_event(row)) return true;
            const auto event = presence::read_room_event(row);
            return event && shown(*event);
        }});
    }
    return rooms;
}

std::vector<presence::RecentRoom> MsnpHistory::rooms_left(const LeftThreads& left) const {
    std::vector<presence::RecentRoom> rooms;
    for (const auto& [id, when] : left) {
        const presence::Room* room = service_ ? service_->rooms().find_by_id(id) : nullptr;
        if (!room || takes_part(*service_, *room, own_)) continue;
        rooms.push_back({room->key(), static_cast<std::int64_t>(when.joined), {}, static_cast<std::int64_t>(when.left)});
    }
    return rooms;
}

std::string talk_between(const std::string& a, const std::string& b) {
    if (a == b) return a;
    return std::min(a, b) + "\n" + std::max(a, b);
}

std::string msnp_time(std::int64_t ms) {
    const std::int64_t fraction = ((ms % 1000) + 1000) % 1000;
    const auto seconds = static_cast<std::time_t>((ms - fraction) / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(fraction));
    return text.data();
}

std::string made_up_endpoint(std::string_view key) {
    return presence::guid_of(base::sha256("endpoint of " + std::string(key)).substr(0, presence::kGuidBytes));
}

}  // namespace doors
