// base/json.cc: nlohmann::json reads and writes the small parts; the value is ours.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 8259
#include "base/json.h"

#include <nlohmann/json.hpp>

#include <cassert>
#include <limits>

namespace base::json {

/// Takes the reader's events and puts the value together. The reader itself does not recurse, and depth is
/// counted here, so that nesting costs a bounded stack when the value is copied, written or destroyed.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit Builder(std::size_t depth) : depth_(depth) {}

    bool null() override { return add(Value()); }
    bool boolean(bool value) override { return add(Value(value)); }
    bool number_integer(number_integer_t value) override { return add(Value(value)); }
    bool number_unsigned(number_unsigned_t value) override {
        constexpr auto kMost =
            static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max());
        return value > kMost ? add(Value(static_cast<double>(value))) : add(Value(value));
    }
    bool number_float(number_float_t value, const string_t&) override { return add(Value(value)); }
    bool string(string_t& value) override { return add(Value(std::move(value))); }
    bool binary(binary_t&) override { return false; }  // JSON text has none
    bool start_object(std::size_t) override { return open(Value::object()); }
    bool key(string_t& value) override {
        open_.back().name = std::move(value);
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Value::array()); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        error_ = Error{Errc::malformed, "no JSON at byte " + std::to_string(position)};
        return false;
    }

    [[nodiscard]] Result<Value> take(bool complete) {
        if (error_) return std::unexpected(*error_);
        if (!complete) return fail(Errc::malformed, "no JSON");
        return std::move(whole_);
    }

private:
    struct Open {
        Value value;
        std::string name;  // of the member whose value comes next
    };

    bool add(Value value) {
        if (open_.empty()) {
            whole_ = std::move(value);
        } else if (auto* members = std::get_if<std::vector<Member>>(&open_.back().value.value_)) {
            members->push_back({std::move(open_.back().name), std::move(value)});
        } else {
            open_.back().value.append(std::move(value));
        }
        return true;
    }
    bool open(Value value) {
        if (open_.size() == depth_) {
            error_ =
                Error{Errc::too_large, "JSON more than " + std::to_string(depth_) + " levels deep"};
            return false;
        }
        open_.push_back({std::move(value), {}});
        return true;
    }
    bool close() {
        Value value = std::move(open_.back().value);
        open_.pop_back();
        return add(std::move(value));
    }

    const std::size_t depth_;
    std::vector<Open> open_;
    Value whole_;
    std::optional<Error> error_;
};

namespace {

/// One that holds no other, as nlohmann writes it: escapes, digits enough to read the same double back.
void append_leaf(std::string& out, const nlohmann::json& leaf) {
    out += leaf.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Value Value::object() {
    Value value;
    value.value_ = std::vector<Member>{};
    return value;
}

std::optional<bool> Value::as_bool() const {
    const bool* value = std::get_if<bool>(&value_);
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Value::as_int() const {
    const auto* value = std::get_if<std::int64_t>(&value_);
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<double> Value::as_double() const {
    if (const auto whole = as_int()) return static_cast<double>(*whole);
    const double* value = std::get_if<double>(&value_);
    return value ? std::optional(*value) : std::nullopt;
}

const Value* Value::find(std::string_view name) const {
    const auto* members = as_object();
    if (!members) return nullptr;
    for (const Member& member : *members) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

Value& Value::set(std::string_view name, Value value) {
    auto* members = std::get_if<std::vector<Member>>(&value_);
    assert(members && "set() is for objects");
    for (Member& member : *members) {
        if (member.name != name) continue;
        member.value = std::move(value);
        return *this;
    }
    members->push_back({std::string(name), std::move(value)});
    return *this;
}

Value& Value::append(Value item) {
    auto* items = std::get_if<std::vector<Value>>(&value_);
    assert(items && "append() is for arrays");
    items->push_back(std::move(item));
    return *this;
}

bool Value::operator==(const Value& other) const {
    return value_ == other.value_;
}

std::string Value::dump() const {
    std::string out;
    dump_to(out);
    return out;
}

void Value::dump_to(std::string& out) const {
    if (const auto* items = as_array()) {
        char before = '[';
        for (const Value& item : *items) {
            out += std::exchange(before, ',');
            item.dump_to(out);
        }
        out += items->empty() ? "[]" : "]";
    } else if (const auto* members = as_object()) {
        char before = '{';
        for (const Member& member : *members) {
            out += std::exchange(before, ',');
            append_leaf(out, member.name);
            out += ':';
            member.value.dump_to(out);
        }
        out += members->empty() ? "{}" : "}";
    } else if (const auto* text = as_text()) {
        append_leaf(out, *text);
    } else if (const auto whole = as_int()) {
        out += std::to_string(*whole);
    } else if (const auto number = as_double()) {
        append_leaf(out, *number);
    } else if (const auto truth = as_bool()) {
        out += *truth ? "true" : "false";
    } else {
        out += "null";
    }
}

Result<Value> parse(std::string_view text, const Bounds& bounds) {
    if (text.size() > bounds.bytes) {
        return fail(Errc::too_large,
                    "JSON of more than " + std::to_string(bounds.bytes) + " bytes");
    }
    Builder builder(bounds.depth);
    const bool complete = nlohmann::json::sax_parse(text, &builder);
    return builder.take(complete);
}

}  // namespace base::json
