// tests/scenes/scene.cc: a dialogue with the whole daemon, as it stands in a *.scene file.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/scene.h"

#include "base/text.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace scenes {

namespace {

/// Takes `word` and the blanks behind it off the front; false when something else stands there.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    const std::string_view rest = text.substr(word.size());
    if (!rest.empty() && rest.front() != ' ') return false;
    text = base::trim(rest);
    return true;
}

/// `> text` or `>` without what introduced it, `mark` characters long.
std::string after(const Line& line, std::size_t mark) {
    const std::string_view text = std::string_view(line.text).substr(mark);
    if (text.empty()) return "";
    if (text.front() != ' ')
        throw Failure{line.number, "a blank must follow " + line.text.substr(0, mark)};
    return std::string(text.substr(1));
}

class Reader {
public:
    Reader(Scene& scene, std::string_view text) : scene_(scene), lines_(base::split(text, '\n')) {}

    void read() {
        while (at_ < lines_.size()) {
            line_ = static_cast<int>(at_) + 1;
            const std::string_view text = base::trim(lines_[at_]);
            if (text.empty() || text.front() == '#') {
                ++at_;
            } else if (std::string_view rest = text; take(rest, "config")) {
                if (!scene_.steps.empty())
                    throw Failure{line_, "config must stand before every other step"};
                scene_.config.push_back({line_, std::string(rest)});
                ++at_;
            } else {
                const int first = line_;
                scene_.steps.push_back({first, read_step(text)});
            }
        }
    }

private:
    Act read_step(std::string_view text) {
        if (text.front() == '>') return read_request();
        if (text.front() == '<') return Answer{read_expected("<")};
        if (const std::size_t mark = text.find_first_of("<>"); mark != text.npos && dialled_.contains(std::string(text.substr(0, mark)))) {
            if (text[mark] == '>') return PacketSent{read_packet(text.substr(0, mark + 1))};
            return PacketGot{read_packet(text.substr(0, mark + 1))};
        }
        if (const std::size_t mark = text.find('<');
            mark != text.npos && is_name(text.substr(0, mark))) {
            return Notified{std::string(text.substr(0, mark)),
                            read_expected(text.substr(0, mark + 1))};
        }
        ++at_;
        return read_directive(text);
    }

    Act read_directive(std::string_view text) {
        std::string_view rest = text;
        if (text == "hangup") return HangUp{};
        if (text == "closed") return Closed{};
        if (text == "no answer yet") return NoAnswerYet{};
        if (text == "lines lf") return EndLinesWith{"\n"};
        if (text == "lines crlf") return EndLinesWith{"\r\n"};
        if (text.front() == '@') return read_connection(text.substr(1));
        if (take(rest, "connection")) return read_connection(rest);
        if (take(rest, "raw")) return read_raw(rest);
        if (take(rest, "clock")) return Pass{read_time(rest)};
        if (take(rest, "calendar")) return SetCalendar{read_step_of_time(rest)};
        if (take(rest, "restart")) return read_restart(rest, false);
        if (take(rest, "reboot")) return read_restart(rest, true);
        if (take(rest, "sink")) return read_sink(rest);
        if (take(rest, "account")) return read_account(rest);
        if (take(rest, "no account")) return read_account(std::string(rest) + " ");
        if (take(rest, "dial")) return Dial{*dialled_.insert(name(rest)).first};
        if (take(rest, "ticket")) {
            scene_.accounts = true;
            return GetTicket{name(rest)};
        }
        if (const auto who = who_does(text, " closed"); !who.empty()) return DialClosed{who};
        if (const auto who = who_does(text, " hangup"); !who.empty()) return DialHangUp{who};
        if (take(rest, "close")) return CloseSink{name(rest)};
        if (take(rest, "reopen")) return ReopenSink{name(rest)};
        if (take(rest, "release")) return ReleaseSink{name(rest)};
        if (text.ends_with(" silent"))
            return Silent{name(base::trim(text.substr(0, text.size() - 7)))};
        throw Failure{line_, "no step of a scene: " + std::string(text)};
    }

    std::string name(std::string_view text) const {
        if (!is_name(text)) throw Failure{line_, "a name was expected, not: " + std::string(text)};
        return std::string(text);
    }

    /// Whoever was dialled, if it is he who does this; else "".
    std::string who_does(std::string_view text, std::string_view what) const {
        if (!text.ends_with(what)) return "";
        const std::string who(text.substr(0, text.size() - what.size()));
        return dialled_.contains(who) ? who : "";
    }

    Packet read_packet(std::string_view introduced_by) {
        const std::string mark(introduced_by);
        Packet packet;
        packet.name = mark.substr(0, mark.size() - 1);
        bool any = false, last_empty = false;
        for (Line& line : block(mark)) {
            line.text = after(line, mark.size());
            if (packet.first.number == 0) {
                packet.first = std::move(line);
                continue;
            }
            if (packet.payload_line == 0) packet.payload_line = line.number;
            if (any) packet.payload += "\r\n";
            packet.payload += line.text;
            any = true;
            last_empty = line.text.empty();
        }
        if (any && last_empty) packet.payload += "\r\n";
        return packet;
    }

    /// The lines from here on that start with `mark`, as they stand (a CR at the end is the editor's).
    std::vector<Line> block(std::string_view mark) {
        std::vector<Line> lines;
        while (at_ < lines_.size()) {
            std::string_view text = lines_[at_];
            if (text.ends_with('\r')) text.remove_suffix(1);
            if (!text.starts_with(mark)) break;
            if (!lines.empty() && text.starts_with(">> ")) break;
            lines.push_back({static_cast<int>(++at_), std::string(text)});
        }
        if (lines.empty()) throw Failure{line_, "a step starts at the margin"};
        return lines;
    }

    Request read_request() {
        Request request;
        request.wait = !std::string_view(lines_[at_]).starts_with(">>");
        bool in_body = false;
        bool first_of_body = true;
        for (Line& line : block(">")) {
            line.text = after(line, request.head.empty() && !request.wait ? 2 : 1);
            if (in_body) {
                if (!first_of_body) request.body += '\n';
                request.body += line.text;
                first_of_body = false;
            } else if (line.text.empty() && !request.head.empty()) {
                in_body = true;
            } else {
                request.head.push_back(std::move(line));
            }
        }
        return request;
    }

    Expected read_expected(std::string_view mark) {
        const std::string introduced_by(mark);
        Expected expected;
        for (Line& line : block(introduced_by)) {
            const bool is_first = expected.first.number == 0;
            if (expected.has_body) {
                expected.body.text += after(line, mark.size());
            } else if (!is_first && line.text.size() > mark.size() &&
                       line.text[mark.size()] == '!') {
                expected.absent.push_back(
                    {line.number,
                     std::string(base::trim(std::string_view(line.text).substr(mark.size() + 1)))});
            } else if (std::string text = after(line, mark.size()); is_first) {
                expected.first = {line.number, std::move(text)};
            } else if (text.empty()) {
                expected.has_body = true;
                expected.body.number = line.number + 1;
            } else {
                if (text.find(':') == text.npos)
                    throw Failure{line.number, "no `Name: value`: " + text};
                expected.headers.push_back({line.number, std::move(text)});
            }
        }
        return expected;
    }

    UseConnection read_connection(std::string_view text) const {
        const auto words = base::split(text, ' ');
        if (words.size() == 1) return {text == "new" ? "" : name(text), ""};
        if (words.size() == 3 && words[1] == "from" && words[0] != "new")
            return {name(words[0]), std::string(words[2])};
        throw Failure{line_, "meant was `connection NAME [from ADDRESS]` or `connection new`"};
    }

    Raw read_raw(std::string_view text) const {
        Raw raw;
        std::string_view rest;
        raw.bytes = unquote(line_, text, rest);
        rest = base::trim(rest);
        if (rest.empty()) return raw;
        const auto times =
            take(rest, "times") ? base::parse_number(rest, 100'000'000) : std::nullopt;
        if (!times) throw Failure{line_, "behind the quoted bytes only `times NUMBER` can stand"};
        raw.times = static_cast<std::size_t>(*times);
        return raw;
    }

    std::chrono::milliseconds read_time(std::string_view text) const {
        static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
            {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
        const std::size_t unit = text.find_first_not_of("+0123456789");
        for (const auto& [suffix, ms] : kUnits) {
            if (!text.starts_with('+') || unit == text.npos || text.substr(unit) != suffix)
                continue;
            const auto number = base::parse_number(text.substr(1, unit - 1), 1'000'000'000);
            if (number) return std::chrono::milliseconds(static_cast<std::int64_t>(*number) * ms);
        }
        throw Failure{line_, "meant was a time like `+3600s` (ms, s, m, h or d)"};
    }

    std::chrono::milliseconds read_step_of_time(std::string_view text) const {
        if (!text.starts_with('-')) return read_time(text);
        return -read_time("+" + std::string(text.substr(1)));
    }

    Restart read_restart(std::string_view text, bool machine) {
        scene_.restarts = true;
        return {text.empty() ? std::chrono::milliseconds(0) : read_time(text), machine};
    }

    SetAccount read_account(std::string_view text) const {
        const std::size_t blank = text.find(' ');
        if (blank == text.npos) throw Failure{line_, "meant was `account NAME PASSWORD` or `no account NAME`"};
        scene_.accounts = true;
        return {name(text.substr(0, blank)), std::string(text.substr(blank + 1))};
    }

    ChangeSink read_sink(std::string_view text) const {
        ChangeSink sink;
        const std::size_t blank = std::min(text.find(' '), text.size());
        sink.name = name(text.substr(0, blank));
        if (sink.name == "server") throw Failure{line_, "{server} is the daemon"};
        for (text = base::trim(text.substr(blank)); !text.empty(); text = base::trim(text)) {
            std::size_t end = std::min(text.find(' '), text.size());
            std::string word(text.substr(0, end));
            std::string_view rest = text.substr(end);
            if (text.starts_with("body=\"")) word = "body=" + unquote(line_, text.substr(5), rest);
            if (word.starts_with("at=")) {
                sink.at = word.substr(3);
            } else {
                sink.options.push_back(std::move(word));
            }
            text = rest;
        }
        return sink;
    }

    Scene& scene_;
    std::vector<std::string_view> lines_;
    std::set<std::string> dialled_;
    std::size_t at_ = 0;
    int line_ = 0;
};

}  // namespace

std::string unquote(int line, std::string_view quoted, std::string_view& rest) {
    static constexpr std::string_view kLetters = "rnt0\\\"";
    static constexpr std::string_view kMeanings{"\r\n\t\0\\\"", 6};
    static constexpr std::string_view kHex = "0123456789abcdef";
    std::string bytes;
    if (!quoted.starts_with('"')) throw Failure{line, "bytes stand in quotes"};
    for (std::size_t at = 1; at < quoted.size(); ++at) {
        if (quoted[at] == '"') {
            rest = quoted.substr(at + 1);
            return bytes;
        }
        if (quoted[at] != '\\') {
            bytes.push_back(quoted[at]);
            continue;
        }
        const char letter = ++at < quoted.size() ? quoted[at] : ' ';
        if (letter == 'x' && at + 2 < quoted.size()) {
            const std::string digits = base::to_lower(quoted.substr(at + 1, 2));
            const std::size_t high = kHex.find(digits[0]);
            const std::size_t low = kHex.find(digits[1]);
            if (high == kHex.npos || low == kHex.npos)
                throw Failure{line, "\\x needs two hexadecimal digits"};
            bytes.push_back(static_cast<char>(high * 16 + low));
            at += 2;
        } else if (const std::size_t which = kLetters.find(letter); which != kLetters.npos) {
            bytes.push_back(kMeanings[which]);
        } else {
            throw Failure{line, std::string("no escape: \\") + letter};
        }
    }
    throw Failure{line, "the closing quote is missing"};
}

bool is_name(std::string_view text) {
    constexpr std::size_t kMost = 20;  // a GUID in lower case is longer
    return !text.empty() && text.size() <= kMost && text.front() >= 'a' && text.front() <= 'z' &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

Scene read_scene(std::string name, std::string file, std::string_view text) {
    Scene scene{std::move(name), std::move(file), {}, {}};
    Reader(scene, text).read();
    return scene;
}

}  // namespace scenes
