// tests/scenes/match.cc: expected text with names and wildcards against what came.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/match.h"

#include "base/text.h"

#include <optional>
#include <vector>

namespace scenes {

namespace {

struct Piece {
    enum class Kind { literal, anything, catch_digits, catch_anything } kind = Kind::literal;
    std::string text;  ///< the literal, or the name to catch under
};

const std::string& value_of(int line, std::string_view name, const Names& names) {
    const auto found = names.find(name);
    if (found == names.end())
        throw Failure{line, "{" + std::string(name) + "} stands for nothing yet"};
    return found->second;
}

/// What `{inside}` means; nullopt when these braces stand for themselves.
std::optional<Piece> read_braces(int line, std::string_view inside, const Names& names) {
    if (inside == "*") return Piece{Piece::Kind::anything, ""};
    if (is_name(inside)) return Piece{Piece::Kind::literal, value_of(line, inside, names)};
    if (inside.ends_with(":=*") && is_name(inside.substr(0, inside.size() - 3))) {
        return Piece{Piece::Kind::catch_anything, std::string(inside.substr(0, inside.size() - 3))};
    }
    if (inside.ends_with(":=") && is_name(inside.substr(0, inside.size() - 2))) {
        return Piece{Piece::Kind::catch_digits, std::string(inside.substr(0, inside.size() - 2))};
    }
    return std::nullopt;
}

std::vector<Piece> read_pattern(int line, std::string_view text, const Names& names) {
    std::vector<Piece> pieces{{}};
    while (!text.empty()) {
        const std::size_t close = text.front() == '{' ? text.find('}') : text.npos;
        auto piece =
            close == text.npos ? std::nullopt : read_braces(line, text.substr(1, close - 1), names);
        if (!piece) {
            piece = Piece{Piece::Kind::literal, std::string(1, text.front())};
            text.remove_prefix(1);
        } else {
            text.remove_prefix(close + 1);
        }
        if (piece->kind == Piece::Kind::literal && pieces.back().kind == Piece::Kind::literal) {
            pieces.back().text += piece->text;
        } else {
            pieces.push_back(std::move(*piece));
        }
    }
    return pieces;
}

bool match_from(const std::vector<Piece>& pieces, std::size_t at, std::string_view came,
                Names& caught) {
    if (at == pieces.size()) return came.empty();
    const Piece& piece = pieces[at];
    if (piece.kind == Piece::Kind::literal) {
        return came.starts_with(piece.text) &&
               match_from(pieces, at + 1, came.substr(piece.text.size()), caught);
    }
    if (piece.kind == Piece::Kind::catch_digits) {
        const std::size_t length = std::min(came.find_first_not_of("0123456789"), came.size());
        if (length == 0) return false;
        caught[piece.text] = came.substr(0, length);
        return match_from(pieces, at + 1, came.substr(length), caught);
    }
    for (std::size_t length = 0; length <= came.size(); ++length) {
        if (piece.kind == Piece::Kind::catch_anything) caught[piece.text] = came.substr(0, length);
        if (match_from(pieces, at + 1, came.substr(length), caught)) return true;
    }
    return false;
}

std::string indented(std::string_view text) {
    std::string out;
    for (const std::string_view line : base::split(text, '\n'))
        out += "\n      " + std::string(line);
    return out;
}

[[noreturn]] void fail(int line, const std::string& what, std::string_view expected,
                       const Message& came) {
    throw Failure{
        line, what + "\n    expected:" + indented(expected) + "\n    came:" + indented(came.whole)};
}

void check_header(const Line& expected, std::vector<base::HttpHeader>& left, const Message& came,
                  Names& names) {
    const std::size_t colon = expected.text.find(':');
    const std::string_view name = std::string_view(expected.text).substr(0, colon);
    const std::string_view value = base::trim(std::string_view(expected.text).substr(colon + 1));
    for (auto header = left.begin(); header != left.end(); ++header) {
        if (header->name != name) continue;
        if (value != "*" && !matches(expected.number, value, header->value, names)) continue;
        left.erase(header);  // a second line like this one needs a second header
        return;
    }
    fail(expected.number, "a header is missing or has another value",
         fill(expected.number, name, names) + ": " + std::string(value), came);
}

}  // namespace

std::string fill(int line, std::string_view text, const Names& names) {
    std::string out;
    while (!text.empty()) {
        const std::size_t close = text.front() == '{' ? text.find('}') : text.npos;
        if (close != text.npos && is_name(text.substr(1, close - 1))) {
            out += value_of(line, text.substr(1, close - 1), names);
            text.remove_prefix(close + 1);
        } else {
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return out;
}

bool matches(int line, std::string_view pattern, std::string_view came, Names& names) {
    Names caught;
    if (!match_from(read_pattern(line, pattern, names), 0, came, caught)) return false;
    for (auto& [name, value] : caught) names[name] = value;
    return true;
}

void check(const Expected& expected, const Message& came, Names& names) {
    if (!matches(expected.first.number, expected.first.text, came.first, names)) {
        fail(expected.first.number, "another first line", expected.first.text, came);
    }
    if (!came.complaint.empty()) fail(expected.first.number, came.complaint, "a sound frame", came);
    std::vector<base::HttpHeader> left = came.headers;
    for (const Line& header : expected.headers) check_header(header, left, came, names);
    for (const Line& name : expected.absent) {
        for (const base::HttpHeader& header : came.headers) {
            if (base::equal_ignoring_case(header.name, name.text)) {
                fail(name.number, "a header that must not be there", "no " + name.text, came);
            }
        }
    }
    if (expected.has_body && !matches(expected.body.number, expected.body.text, came.body, names)) {
        fail(expected.body.number, "another body", expected.body.text, came);
    }
}

}  // namespace scenes
