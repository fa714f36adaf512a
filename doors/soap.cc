// doors/soap.cc: SOAP 1.1 and 1.2: a call in, an answer or a fault out.
// SPDX-License-Identifier: Apache-2.0
#include "doors/soap.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "base/utf16.h"

namespace doors {
namespace {

std::unexpected<SoapFault> fault(SoapVersion version, SoapFault::Whose whose, std::string text) {
    return std::unexpected(SoapFault{version, whose, std::move(text)});
}

// The declaration named an encoding that is gone now.
std::string_view without_declaration(std::string_view document) {
    if (!document.starts_with("<?xml")) return document;
    const std::size_t end = document.find("?>");
    return end == std::string_view::npos ? document : document.substr(end + 2);
}

// The document as UTF-8, in `converted` if it was not; nullopt: it is no UTF-16, though its first two bytes say so.
std::optional<std::string_view> utf8_document(std::string_view body, std::string& converted) {
    if (body.starts_with("\xEF\xBB\xBF")) return body.substr(3);
    const bool big = body.starts_with("\xFE\xFF"), little = body.starts_with("\xFF\xFE");
    if (!big && !little) return body;
    auto text = base::utf8_of_utf16(body.substr(2), big ? base::ByteOrder::big : base::ByteOrder::little);
    if (!text) return std::nullopt;
    converted = std::move(*text);
    return without_declaration(converted);
}

bool is_marked(const base::xml::Element& block, std::string_view envelope) {
    return std::ranges::any_of(block.attributes, [envelope](const base::xml::Attribute& a) {
        return a.local == "mustUnderstand" && a.ns == envelope && (a.value == "1" || a.value == "true");
    });
}

std::string_view envelope_of(SoapVersion version) { return version == SoapVersion::v11 ? kEnvelope11 : kEnvelope12; }

base::Response respond(SoapVersion version, int status, std::string_view content) {
    base::Response response;
    response.status = status;
    response.with("Content-Type", version == SoapVersion::v11 ? "text/xml; charset=utf-8" : "application/soap+xml; charset=utf-8");
    response.with("Cache-Control", "private, max-age=0");
    std::string& body = response.body;
    body.reserve(content.size() + 400);
    body += R"(<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap=")";
    body += envelope_of(version);
    body += R"(" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>)";
    body += content;
    body += "</soap:Body></soap:Envelope>";
    return response;
}

std::string_view code_of(const SoapFault& fault) {
    const bool first = fault.version == SoapVersion::v11;
    switch (fault.whose) {
        case SoapFault::Whose::client: return first ? "soap:Client" : "soap:Sender";
        case SoapFault::Whose::version_mismatch: return "soap:VersionMismatch";
        case SoapFault::Whose::must_understand: return "soap:MustUnderstand";
        case SoapFault::Whose::server: break;
    }
    return first ? "soap:Server" : "soap:Receiver";
}

}  // namespace

void append_content(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '\r': out += "&#13;"; break;
            default: out += c;
        }
    }
}

std::string soap_action(const base::Request& request) {
    std::string_view action = request.header("SOAPAction").value_or("");
    if (action.empty()) {
        const std::string_view type = request.header("Content-Type").value_or("");
        const std::size_t at = base::to_lower(type).find("action=");
        if (at != std::string_view::npos) action = type.substr(at + 7, type.find(';', at) - at - 7);
    }
    if (action.starts_with('"')) action.remove_prefix(1);
    if (const std::size_t quote = action.find('"'); quote != std::string_view::npos) action = action.substr(0, quote);
    return std::string(base::trim(action.substr(action.rfind('/') + 1)));
}

std::expected<SoapCall, SoapFault> read_soap(const base::Request& request, const base::xml::Bounds& bounds) {
    using enum SoapFault::Whose;
    const bool says_12 = request.header("Content-Type").value_or("").starts_with("application/soap+xml");
    SoapCall call{says_12 ? SoapVersion::v12 : SoapVersion::v11, {}};
    const auto unreadable = [&call](const std::string& why) {
        return fault(call.version, client, "Server was unable to read request. ---> " + why);
    };
    std::string converted;
    const auto document = utf8_document(request.body, converted);
    if (!document) return unreadable("the body begins as UTF-16 and is none");
    auto envelope = base::xml::parse(*document, bounds);
    if (!envelope) return unreadable(envelope.error().text);
    if (envelope->local != "Envelope") return unreadable("the document is no SOAP envelope but " + envelope->local);
    if (envelope->ns != kEnvelope11 && envelope->ns != kEnvelope12) {
        return fault(call.version, version_mismatch, "The envelope's namespace is neither that of SOAP 1.1 nor of SOAP 1.2.");
    }
    call.version = envelope->ns == kEnvelope11 ? SoapVersion::v11 : SoapVersion::v12;
    if (const auto* header = envelope->child(envelope->ns, "Header")) {
        for (const auto& block : header->children) {
            if (!is_marked(block, envelope->ns)) continue;
            return fault(call.version, SoapFault::Whose::must_understand, "SOAP header " + block.local + " was not understood.");
        }
    }
    const auto body = std::ranges::find_if(envelope->children, [&](const base::xml::Element& e) {
        return e.local == "Body" && base::xml::same_namespace(e.ns, envelope->ns);
    });
    if (body == envelope->children.end()) return unreadable("the envelope has no Body");
    const auto first = std::ranges::find_if(body->children, [](const base::xml::Element& e) { return !e.is_text(); });
    if (first != body->children.end()) {
        call.method = std::move(*first);
    } else {
        call.method.local = soap_action(request);
    }
    return call;
}

base::Response soap_answer(SoapVersion version, std::string_view content) { return respond(version, 200, content); }

base::Response soap_fault(const SoapFault& fault) {
    std::string content = "<soap:Fault>";
    if (fault.version == SoapVersion::v11) {
        content += "<faultcode>" + std::string(code_of(fault)) + "</faultcode><faultstring>";
        base::xml::append_escaped(content, fault.text);
        content += "</faultstring><detail /></soap:Fault>";
    } else {
        content += "<soap:Code><soap:Value>" + std::string(code_of(fault)) + R"(</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">)";
        base::xml::append_escaped(content, fault.text);
        content += "</soap:Text></soap:Reason><soap:Detail /></soap:Fault>";
    }
    return respond(fault.version, 500, content);
}

}  // namespace doors
