// server/option_manual.cc: the option table as mdoc, for rvpd.conf(5).
// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <string>

namespace server {
namespace {

constexpr std::size_t kLineBytes = 78;

/// What roff would read as its own: quotes end arguments, a backslash begins an escape.
std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '"') {
            out += "\\(dq";
        } else if (c == '\\') {
            out += "\\e";
        } else {
            out += c;
        }
    }
    return out;
}

/// Lines of at most kLineBytes; each sentence begins one, as mdoc wants it.
std::string wrapped(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    bool sentence_ended = false;
    while (!text.empty()) {
        const std::size_t end = text.find(' ');
        const std::string word = escaped(text.substr(0, end));
        text = end == std::string_view::npos ? "" : text.substr(end + 1);
        // A line that begins with a dot or a quote would be a roff request.
        const bool request = word.starts_with('.') || word.starts_with('\'');
        const bool full = column + 1 + word.size() > kLineBytes;
        if (column > 0 && (sentence_ended || (full && !request))) {
            out += '\n';
            column = 0;
        } else if (column > 0) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        sentence_ended = word.ends_with('.');
    }
    return out + "\n";
}

std::string choices(const Option& option) {
    std::string out;
    for (std::string_view choice : option.choices)
        out += (out.empty() ? "" : ", ") + std::string(choice);
    return out;
}

/// "seconds, 0 to 3600, default 5".
std::string facts(const Option& option) {
    std::string out(option.type);
    if (option.type == "number")
        out += option.unit.empty() ? "" : " of " + std::string(option.unit);
    if (option.type == "number" || option.type == "seconds") {
        out += ", " + std::to_string(option.least) + " to " + std::to_string(option.most);
    }
    // The table cannot say what follows from the environment; the text below does.
    if (option.shape == TextShape::socket_or_off) return out + ", default as below";
    if (option.choices.empty()) return out + ", default " + std::string(option.fallback);
    return out + (option.type == "list" ? " of " : ": ") + choices(option) + ", default " +
           std::string(option.fallback);
}

}  // namespace

std::string manual_options() {
    std::string out;
    std::string_view table = "-";
    for (const Option& option : option_table()) {
        const auto dot = option.name.find('.');
        const auto here =
            dot == std::string_view::npos ? std::string_view() : option.name.substr(0, dot);
        if (here != table) {
            if (table != "-") out += ".El\n";
            out += here.empty() ? ".Ss Top level\n" : ".Ss Table " + std::string(here) + "\n";
            out += ".Bl -tag -width Ds\n";
            table = here;
        }
        out += ".It Ic " + std::string(option.name) + "\n.Pq " + escaped(facts(option)) + "\n.br\n";
        out += wrapped(option.manual);
        if (option.readiness == Readiness::default_only) {
            out += "Not available yet: anything but the default is refused.\n";
        }
        if (option.reload == Reload::restart) out += "A change needs a restart.\n";
    }
    return out + ".El\n";
}

}  // namespace server
