// doors/zimbra_envelope.h: a call in SOAP 1.2, SOAP 1.1 or JSON, and its answer or fault in the same.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 1.1, 1.2, 1.5, 1.7
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http.h"
#include "doors/zimbra_element.h"

namespace doors {

inline constexpr std::string_view kZimbra = "urn:zimbra";
inline constexpr std::string_view kZimbraIm = "urn:zimbraIM";
inline constexpr std::string_view kZimbraAccount = "urn:zimbraAccount";
inline constexpr std::string_view kZimbraMail = "urn:zimbraMail";

enum class ZimbraDialect : std::uint8_t { soap12, soap11, json };

/// Why a request was not done. The code is one of zimbra-im 1.7.
struct ZimbraFault {
    std::string code;
    std::string text;
    bool ours = false;  ///< Receiver: the server failed, else the sender did
    /// Arguments: name, type, value.
    struct Argument {
        std::string name, type, value;
    };
    std::vector<Argument> arguments{};
};
[[nodiscard]] ZimbraFault zimbra_invalid(std::string what);
[[nodiscard]] ZimbraFault zimbra_missing_attribute(std::string_view name);
[[nodiscard]] ZimbraFault zimbra_missing_element(std::string_view name);
/// service.FAILURE, or service.TEMPORARILY_UNAVAILABLE of what a bound refused.
[[nodiscard]] ZimbraFault zimbra_fault_of(const base::Error& error);

/// A truth value as clients write it; nullopt when it is not said.
[[nodiscard]] std::expected<std::optional<bool>, ZimbraFault> zimbra_truth(const ZimbraElement& in, std::string_view name);

struct ZimbraCall {
    ZimbraDialect answer_in = ZimbraDialect::soap12;
    std::optional<ZimbraElement> context;
    ZimbraElement request;  ///< its name is "" when the Body is empty
};
struct ZimbraRefusal {
    ZimbraDialect answer_in = ZimbraDialect::soap12;
    ZimbraFault fault;
};

/// Decides by the first byte: `<` is XML, all else JSON.
[[nodiscard]] std::expected<ZimbraCall, ZimbraRefusal> read_zimbra(std::string_view body, const base::xml::Bounds& bounds);

/// The fault as the element that stands in a Body or in a BatchResponse. `trace` names the request in the log.
[[nodiscard]] ZimbraElement zimbra_fault_element(ZimbraDialect dialect, const ZimbraFault& fault, const std::string& trace);
/// Without `context`: the fault was met before there was one. 500 where `content` is a fault.
[[nodiscard]] base::Response zimbra_answer(ZimbraDialect dialect, std::optional<ZimbraElement> context, ZimbraElement content,
                                           bool is_fault);

}  // namespace doors
