// base/log.cc: builds the line and hands it to spdlog's stderr sink.
// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <iterator>

#include "base/text.h"

namespace base {
namespace {

using Line = fmt::memory_buffer;

void append(Line& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "error";
}

void append_time(Line& line, spdlog::log_clock::time_point when) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(when);
    const auto s = std::chrono::floor<std::chrono::seconds>(ms);
    fmt::format_to(std::back_inserter(line), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                   fmt::gmtime(spdlog::log_clock::to_time_t(s)), (ms - s).count());
}

/// Characters that a terminal or a log reader may take for commands or line ends: C0, DEL, C1, and the line and
/// paragraph separators.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    if (character.size() == 2) return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
    return character == "\u2028" || character == "\u2029";
}

/// Splits `text` into characters: `plain` gets each valid one that is no control, `other` the rest (one control
/// character, or one byte that is no UTF-8).
template <class Plain, class Other>
void each_character(std::string_view text, Plain plain, Other other) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
        if (length == 0 || is_control(character)) {
            other(character, length != 0);
        } else {
            plain(character);
        }
        text.remove_prefix(character.size());
    }
}

bool needs_quotes(std::string_view value) {
    bool strange = value.empty() || value.find_first_of(" =\"") != std::string_view::npos;
    each_character(value, [](std::string_view) {}, [&](std::string_view, bool) { strange = true; });
    return strange;
}

void append_text_value(Line& line, std::string_view value) {
    if (!needs_quotes(value)) return append(line, value);
    line.push_back('"');
    each_character(
        value,
        [&](std::string_view character) {
            if (character == "\"" || character == "\\") line.push_back('\\');
            append(line, character);
        },
        [&](std::string_view character, bool) {
            if (character == "\n") return append(line, "\\n");
            for (const char c : character) {
                fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
            }
        });
    line.push_back('"');
}

void append_json_string(Line& line, std::string_view value) {
    line.push_back('"');
    each_character(
        value,
        [&](std::string_view character) {
            if (character == "\"" || character == "\\") line.push_back('\\');
            append(line, character);
        },
        [&](std::string_view character, bool valid) {
            if (!valid) return append(line, "\\ufffd");  // JSON has no way to say a stray byte
            if (character == "\n") return append(line, "\\n");
            if (character.size() == 3) return append(line, character == "\u2028" ? "\\u2028" : "\\u2029");
            // One byte, or C2 80 to C2 9F: the last byte is the code point.
            fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned char>(character.back()));
        });
    line.push_back('"');
}

void render_text(Line& line, spdlog::log_clock::time_point when, LogLevel level, std::string_view event,
                 std::initializer_list<LogField> fields) {
    append_time(line, when);
    line.push_back(' ');
    append(line, name_of(level));
    line.push_back(' ');
    append_text_value(line, event);
    for (const LogField& field : fields) {
        line.push_back(' ');
        append_text_value(line, field.key);
        line.push_back('=');
        append_text_value(line, field.value);
    }
}

void render_json(Line& line, spdlog::log_clock::time_point when, LogLevel level, std::string_view event,
                 std::initializer_list<LogField> fields) {
    append(line, "{\"time\":\"");
    append_time(line, when);
    append(line, "\",\"level\":");
    append_json_string(line, name_of(level));
    append(line, ",\"event\":");
    append_json_string(line, event);
    for (const LogField& field : fields) {
        line.push_back(',');
        append_json_string(line, field.key);
        line.push_back(':');
        append_json_string(line, field.value);
    }
    line.push_back('}');
}

}  // namespace

namespace {

/// Whether stderr leads to the journal, which then wants to be told how important a line is (sd-daemon(3)). Somebody
/// may have pointed it elsewhere since, so the variable alone does not count.
bool stderr_is_journal() {
    const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): nothing here sets it
    struct stat is{};
    if (!stream || ::fstat(STDERR_FILENO, &is) != 0) return false;
    return fmt::format("{}:{}", is.st_dev, is.st_ino) == stream;
}

/// As syslog numbers them.
char priority(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return '7';
        case LogLevel::info: return '6';
        case LogLevel::warning: return '4';
        case LogLevel::error: return '3';
    }
    return '3';
}

}  // namespace

struct Log::Sink {
    Sink(LogLevel least, LogFormat f)
        : format(f), journal(stderr_is_journal()), logger("rvpd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        // The line is complete when spdlog gets it.
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
        logger.set_level(spdlog_level(least));
    }
    const LogFormat format;
    const bool journal;
    spdlog::logger logger;
};

Log::Log(LogLevel least, LogFormat format) : sink_(std::make_unique<Sink>(least, format)) {}
Log::~Log() = default;

void Log::set_level(LogLevel least) { sink_->logger.set_level(spdlog_level(least)); }

bool Log::writes(LogLevel level) const { return sink_->logger.should_log(spdlog_level(level)); }

void Log::debug(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::debug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::info, event, fields);
}
void Log::warning(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::warning, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<LogField> fields) {
    write(LogLevel::error, event, fields);
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!sink_->logger.should_log(spdlog_level(level))) return;
    const auto when = spdlog::log_clock::now();
    Line line;
    if (sink_->journal) fmt::format_to(std::back_inserter(line), "<{}>", priority(level));
    const auto render = sink_->format == LogFormat::json ? render_json : render_text;
    render(line, when, level, event, fields);
    sink_->logger.log(when, spdlog::source_loc{}, spdlog_level(level),
                      spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace base
