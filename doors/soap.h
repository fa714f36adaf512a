// doors/soap.h: SOAP 1.1 and 1.2: a call in, an answer or a fault out.
// SPDX-License-Identifier: Apache-2.0
// Spec: SOAP 1.1 4; SOAP 1.2 part 1 5; bsim 1, 2, 7
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/xml.h"

namespace doors {

constexpr std::string_view kEnvelope11 = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kEnvelope12 = "http://www.w3.org/2003/05/soap-envelope";

enum class SoapVersion { v11, v12 };

/// A call: the first child of the Body, or an element that the SOAPAction names when there is none.
struct SoapCall {
    SoapVersion version = SoapVersion::v11;
    base::xml::Element method;
};

struct SoapFault {
    enum class Whose { client, server, version_mismatch, must_understand };
    SoapVersion version = SoapVersion::v11;
    Whose whose = Whose::server;
    std::string text;
};

/// Reads the body of a POST: UTF-8, or UTF-16 with a byte order mark. The envelope's namespace decides the version.
[[nodiscard]] std::expected<SoapCall, SoapFault> read_soap(const base::Request& request, const base::xml::Bounds& bounds);

/// 200, with `content` (ready XML) in the Body: `<?xml …?>` and the envelope, without a blank between elements.
[[nodiscard]] base::Response soap_answer(SoapVersion version, std::string_view content);
/// 500. Of the text, what XML cannot hold becomes U+FFFD: it may quote a header.
[[nodiscard]] base::Response soap_fault(const SoapFault& fault);

/// The last part of the SOAPAction header, or of the content type's action; "" when there is none.
[[nodiscard]] std::string soap_action(const base::Request& request);

/// Appends text that XML can hold with & < > escaped, and with a character reference for CR; for element content alone.
void append_content(std::string& out, std::string_view text);

}  // namespace doors
