// base/log.h: one event, one line, key=value.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace base {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One `key=value` of a log line.
struct LogField {
    std::string_view key;
    std::string value;
};

/// Writes events to stderr, one line each: `2026-11-21T01:02:03.004Z info event key=value key="two words"`,
/// or one JSON object each. Values are escaped, so nothing from outside can break a line or forge one.
/// Thread-safe; pass it by reference to whoever needs to speak.
class Log {
public:
    explicit Log(LogLevel least = LogLevel::info, LogFormat format = LogFormat::text);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void set_level(LogLevel least);
    /// Whether a line of this level is written: asked before one is put together that is costly.
    [[nodiscard]] bool writes(LogLevel level) const;
    void debug(std::string_view event, std::initializer_list<LogField> fields = {});
    void info(std::string_view event, std::initializer_list<LogField> fields = {});
    void warning(std::string_view event, std::initializer_list<LogField> fields = {});
    void error(std::string_view event, std::initializer_list<LogField> fields = {});
    void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
};

}  // namespace base
