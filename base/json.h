// base/json.h: a JSON value, read within bounds and written on one line.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 8259
#pragma once

#include "base/result.h"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace base::json {

struct Member;

/// Null, true or false, a number, a text, an array, or an object whose members keep their order. A plain
/// value; copies are deep.
class Value {
public:
    // Defined below, where a Member is complete, of which they may be made.
    Value();            ///< null
    Value(bool value);  // NOLINT: implicit on purpose, as all of these
    template <class T>
    requires(std::integral<T> && !std::same_as<T, bool>) Value(T value);
    Value(double value);
    Value(std::string text);
    Value(std::string_view text);
    Value(const char* text);
    Value(std::vector<Value> items);

    [[nodiscard]] static Value array();
    [[nodiscard]] static Value object();

    [[nodiscard]] bool is_null() const;
    [[nodiscard]] std::optional<bool> as_bool() const;
    /// A number without fraction or exponent that fits.
    [[nodiscard]] std::optional<std::int64_t> as_int() const;
    /// Any number.
    [[nodiscard]] std::optional<double> as_double() const;
    /// Null when it is no text.
    [[nodiscard]] const std::string* as_text() const;
    /// Null when it is no array.
    [[nodiscard]] const std::vector<Value>* as_array() const;
    /// Null when it is no object.
    [[nodiscard]] const std::vector<Member>* as_object() const;

    /// The member of that name, the first if there are several; null when there is none, or this is no
    /// object.
    [[nodiscard]] const Value* find(std::string_view name) const;
    /// Of an object: replaces the member of that name, or adds one behind the others.
    Value& set(std::string_view name, Value value);
    /// Of an array: one more.
    Value& append(Value item);

    /// On one line, without blanks. Bytes that are not UTF-8 come out as U+FFFD, numbers that are none as
    /// null.
    [[nodiscard]] std::string dump() const;

    bool operator==(const Value&) const;

private:
    friend class Builder;
    void dump_to(std::string& out) const;

    std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Value>,
                 std::vector<Member>>
        value_;
};

struct Member {
    std::string name;
    Value value;
    bool operator==(const Member&) const = default;
};

inline Value::Value() = default;
inline Value::Value(bool value) : value_(value) {}
template <class T>
requires(std::integral<T> && !std::same_as<T, bool>) Value::Value(T value)
    : value_(static_cast<std::int64_t>(value)) {}
inline Value::Value(double value) : value_(value) {}
inline Value::Value(std::string text) : value_(std::move(text)) {}
inline Value::Value(std::string_view text) : value_(std::string(text)) {}
inline Value::Value(const char* text) : value_(std::string(text)) {}
inline Value::Value(std::vector<Value> items) : value_(std::move(items)) {}

inline Value Value::array() { return Value(std::vector<Value>{}); }
inline bool Value::is_null() const { return std::holds_alternative<std::monostate>(value_); }
inline const std::string* Value::as_text() const { return std::get_if<std::string>(&value_); }
inline const std::vector<Value>* Value::as_array() const { return std::get_if<std::vector<Value>>(&value_); }
inline const std::vector<Member>* Value::as_object() const { return std::get_if<std::vector<Member>>(&value_); }

/// What a text may cost.
struct Bounds {
    std::size_t bytes = 64 * 1024;
    std::size_t depth = 16;  ///< of arrays and objects inside each other
};

/// Errc::too_large: more bytes or deeper than `bounds`; malformed: not JSON, or not UTF-8. A whole number
/// that fits no int64 becomes a double. Members of one name are all kept.
[[nodiscard]] Result<Value> parse(std::string_view text, const Bounds& bounds = {});

}  // namespace base::json
