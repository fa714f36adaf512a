// presence/prop.h: a property's name, its value and a change to it.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.4, 5.5, 9.1.1-9.1.17
#pragma once

#include <array>
#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace presence {

inline constexpr const char* kDavNamespace = "DAV:";
inline constexpr const char* kRvpNamespace = "http://schemas.microsoft.com/rvp/";
inline constexpr const char* kAclNamespace = "http://schemas.microsoft.com/rvp/acl/";

/// {namespace, local name}; namespaces compare as written, the two of the house in their canonical spelling. A value.
/// Those that the house has a word for, which nearly all are, hold no texts, and copies of any other share its own: every
/// SUBSCRIBE copies five of them.
class PropName {
public:
    PropName() = default;
    PropName(std::string_view ns, std::string_view local);
    [[nodiscard]] std::string_view ns() const { return own_ ? std::string_view(own_->ns) : texts().ns; }
    [[nodiscard]] std::string_view local() const { return own_ ? std::string_view(own_->local) : texts().local; }

    /// Those that the house has a word for have numbers, from 1 to below this; the others have 0.
    static constexpr std::size_t kHouseNumbers = 8;
    [[nodiscard]] std::size_t house_number() const { return static_cast<std::size_t>(known_); }
    /// `number`: from 1, below kHouseNumbers.
    [[nodiscard]] static PropName of_house(std::size_t number) {
        assert(number > 0 && number < kHouseNumbers);
        PropName name;
        name.known_ = static_cast<Known>(number);
        return name;
    }

    bool operator==(const PropName& other) const {
        if (known_ != Known::none || other.known_ != Known::none) return known_ == other.known_;
        return local() == other.local() && ns() == other.ns();
    }
    std::strong_ordering operator<=>(const PropName& other) const {
        const auto by_ns = ns() <=> other.ns();
        return by_ns != 0 ? by_ns : local() <=> other.local();
    }

private:
    friend bool is_presence_prop(const PropName& name);
    enum class Known : std::uint8_t { none, state, displayname, email, mobile_state, mobile_description, status_text, show };
    struct Texts {
        std::string_view ns;
        std::string_view local;
    };
    struct OwnTexts {
        std::string ns;
        std::string local;
    };
    [[nodiscard]] const Texts& texts() const { return kTexts[house_number()]; }
    static const std::array<Texts, kHouseNumbers> kTexts;
    static_assert(static_cast<std::size_t>(Known::show) + 1 == kHouseNumbers);

    Known known_ = Known::none;
    std::shared_ptr<const OwnTexts> own_;  // null when it is known, and while it has no name
};

/// The properties every principal has (RVP 5.1.7.2).
[[nodiscard]] const PropName& prop_state();
[[nodiscard]] const PropName& prop_displayname();
[[nodiscard]] const PropName& prop_email();
[[nodiscard]] const PropName& prop_mobile_state();
[[nodiscard]] const PropName& prop_mobile_description();
/// What a person wrote beside his state, and a shade of it that RVP has no word for (`chat`, `xa`), as doors that know
/// such things set them (RFC 3921 2.2.2). No principal has them to begin with.
[[nodiscard]] const PropName& prop_status_text();
[[nodiscard]] const PropName& prop_show();
/// state, mobile-state and mobile-description, and the two above, are guarded by the right `presence`, all others by
/// `read` (design 6).
[[nodiscard]] bool is_presence_prop(const PropName& name);

/// A status by the name of its element (RVP 9.1.5-9.1.11, and `idle`); any other name is kept as it came.
class Status {
public:
    Status() = default;  ///< offline
    explicit Status(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool is_offline() const { return name_ == "offline"; }
    [[nodiscard]] bool is_idle() const { return name_ == "idle"; }
    [[nodiscard]] bool is_invisible() const { return name_ == "invisible"; }
    /// What others are told: one of the eight known names; `invisible` is offline, an unknown one online.
    [[nodiscard]] Status for_others() const;
    /// What the owner's own log-ons are told: as for_others, but `invisible` is told as such.
    [[nodiscard]] Status for_owner() const;
    bool operator==(const Status&) const = default;

private:
    std::string name_ = "offline";
};

/// Plain text of an element.
struct Text {
    std::string text;
    bool operator==(const Text&) const = default;
};
/// Ready XML content of an element: what a client stored, kept as it came, with its namespaces declared inside.
struct Markup {
    std::string xml;
    bool operator==(const Markup&) const = default;
};
using PropValue = std::variant<Text, Markup, Status>;

struct Prop {
    PropName name;
    PropValue value;
    bool operator==(const Prop&) const = default;
};
/// Set to a value, or removed.
struct PropChange {
    PropName name;
    std::optional<PropValue> value;
    bool operator==(const PropChange&) const = default;
};

}  // namespace presence
