// doors/zimbra_envelope.cc: a call in SOAP 1.2, SOAP 1.1 or JSON, and its answer or fault in the same.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_envelope.h"

#include <algorithm>

#include "base/text.h"
#include "doors/soap.h"

namespace doors {
namespace {

using Shape = ZimbraElement::Shape;

constexpr std::string_view kJsonRoot = "urn:zimbraSoap";
constexpr std::size_t kPrologue = 4096;  // where a context is looked for that stands in broken XML
constexpr std::size_t kQuoted = 160;     // of a parser's complaint

ZimbraFault parse_error(const std::string& why) { return {"service.PARSE_ERROR", "parse error: " + base::clipped(why, kQuoted), false}; }

std::unexpected<ZimbraRefusal> refuse(ZimbraDialect dialect, ZimbraFault fault) {
    return std::unexpected(ZimbraRefusal{dialect, std::move(fault)});
}

// How the context wants to be answered.
ZimbraDialect wanted(ZimbraDialect asked, const std::optional<ZimbraElement>& context) {
    const auto* format = context ? context->child("format") : nullptr;
    const std::string type = format ? format->get("type").value_or("") : "";
    if (type == "js") return ZimbraDialect::json;
    if (type == "xml" && asked == ZimbraDialect::json) return ZimbraDialect::soap12;
    return asked;
}

// Of XML that cannot be read as a whole.
ZimbraDialect guessed(std::string_view body) {
    body = body.substr(0, kPrologue);
    const std::size_t at = body.find("format");
    const std::string_view tag = at == std::string_view::npos ? "" : body.substr(at, body.find('>', at) - at);
    return tag.contains("\"js\"") || tag.contains("'js'") ? ZimbraDialect::json : ZimbraDialect::soap12;
}

std::expected<ZimbraCall, ZimbraRefusal> read_xml(std::string_view body, const base::xml::Bounds& bounds) {
    const auto envelope = base::xml::parse(body, bounds);
    if (!envelope) {
        const auto& error = envelope.error();
        if (error.code == base::Errc::too_large) return refuse(guessed(body), zimbra_invalid(error.text));
        return refuse(guessed(body), parse_error(error.text));
    }
    ZimbraCall call;
    if (envelope->local != "Envelope" || (envelope->ns != kEnvelope11 && envelope->ns != kEnvelope12)) {
        return refuse(call.answer_in, zimbra_invalid("the document is no envelope of SOAP 1.1 or 1.2"));
    }
    if (envelope->ns == kEnvelope11) call.answer_in = ZimbraDialect::soap11;
    if (const auto* header = envelope->child("Header")) {
        if (const auto* context = header->child("context")) call.context = zimbra_from_xml(*context);
    }
    call.answer_in = wanted(call.answer_in, call.context);
    const auto* in = envelope->child("Body");
    if (const auto* request = in ? in->first_child() : nullptr) call.request = zimbra_from_xml(*request);
    return call;
}

std::expected<ZimbraCall, ZimbraRefusal> read_json(std::string_view body, const base::xml::Bounds& bounds) {
    constexpr auto kJson = ZimbraDialect::json;
    const auto document = base::json::parse(body, {bounds.bytes, static_cast<std::size_t>(bounds.depth)});
    if (!document) {
        const auto& error = document.error();
        return refuse(kJson, error.code == base::Errc::too_large ? zimbra_invalid(error.text) : parse_error(error.text));
    }
    if (!document->as_object()) return refuse(kJson, parse_error("the document is no object"));
    ZimbraCall call;
    call.answer_in = kJson;
    auto budget = static_cast<std::size_t>(bounds.elements);
    const auto many = [] { return refuse(kJson, zimbra_invalid("more elements than a body may have (limits.soap_elements)")); };
    if (const auto* header = document->find("Header")) {
        if (const auto* context = header->find("context")) {
            call.context = zimbra_from_json("context", *context, std::string(kZimbra), budget);
            if (!call.context) return many();
        }
    }
    call.answer_in = wanted(kJson, call.context);
    const auto* in = document->find("Body");
    const auto* members = in ? in->as_object() : nullptr;
    if (!members) return call;
    const auto first = std::ranges::find_if(*members, [](const auto& m) { return !m.name.starts_with('_'); });
    if (first == members->end()) return call;
    const auto* value = &first->value;
    if (const auto* all = value->as_array(); all && !all->empty()) value = &all->front();
    auto request = zimbra_from_json(first->name, *value, std::string(kJsonRoot), budget);
    if (!request) return many();
    call.request = std::move(*request);
    return call;
}

}  // namespace

ZimbraFault zimbra_invalid(std::string what) { return {"service.INVALID_REQUEST", "invalid request: " + std::move(what), false}; }
ZimbraFault zimbra_missing_attribute(std::string_view name) { return zimbra_invalid("missing required attribute: " + std::string(name)); }
ZimbraFault zimbra_missing_element(std::string_view name) { return zimbra_invalid("missing required element: " + std::string(name)); }

ZimbraFault zimbra_fault_of(const base::Error& error) {
    switch (error.code) {
        case base::Errc::busy: return {"service.TEMPORARILY_UNAVAILABLE", "temporarily unavailable: " + error.text, true};
        case base::Errc::malformed:
        case base::Errc::too_large: return zimbra_invalid(error.text);
        case base::Errc::denied: return {"service.PERM_DENIED", "permission denied: " + error.text, false};
        default: return {"service.FAILURE", "system failure: " + std::string(base::public_text(error)), true};
    }
}

std::expected<std::optional<bool>, ZimbraFault> zimbra_truth(const ZimbraElement& in, std::string_view name) {
    const auto said = in.get(name);
    if (!said || said->empty()) return std::nullopt;
    const std::string word = base::to_lower(base::trim(*said));
    if (word == "1" || word == "true") return true;
    if (word == "0" || word == "false") return false;
    return std::unexpected(zimbra_invalid(std::string(name) + " is neither true nor false"));
}

std::expected<ZimbraCall, ZimbraRefusal> read_zimbra(std::string_view body, const base::xml::Bounds& bounds) {
    if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
    body = base::trim(body);
    if (body.empty()) return refuse(ZimbraDialect::soap12, parse_error("the body is empty"));
    return body.front() == '<' ? read_xml(body, bounds) : read_json(body, bounds);
}

ZimbraElement zimbra_fault_element(ZimbraDialect dialect, const ZimbraFault& fault, const std::string& trace) {
    ZimbraElement error("Error", std::string(kZimbra));
    error.add_text("Code", fault.code, Shape::member);
    error.add_text("Trace", trace, Shape::member);
    for (const auto& [name, type, value] : fault.arguments) {
        error.add_text("a", value).set("n", name).set("t", type);
    }
    ZimbraElement out("soap:Fault");
    if (dialect == ZimbraDialect::soap11) {
        out.add_text("soap:faultcode", fault.ours ? "soap:Server" : "soap:Client");
        out.add_text("soap:faultstring", fault.text);
        out.add(ZimbraElement("soap:detail")).add(std::move(error));
        return out;
    }
    out.add(ZimbraElement("soap:Code")).add_text("soap:Value", fault.ours ? "soap:Receiver" : "soap:Sender", Shape::member);
    out.add(ZimbraElement("soap:Reason")).add_text("soap:Text", fault.text, Shape::member);
    out.add(ZimbraElement("soap:Detail")).add(std::move(error));
    return out;
}

base::Response zimbra_answer(ZimbraDialect dialect, std::optional<ZimbraElement> context, ZimbraElement content, bool is_fault) {
    base::Response response;
    response.status = is_fault ? 500 : 200;
    response.with("Content-Type", dialect == ZimbraDialect::json ? "text/javascript; charset=utf-8" : "text/xml; charset=utf-8");
    response.with("Cache-Control", "no-store, no-cache");
    if (dialect == ZimbraDialect::json) {
        ZimbraElement root;
        if (context) root.add(ZimbraElement("Header")).add(std::move(*context));
        ZimbraElement& in = root.add(ZimbraElement("Body"));
        in.add(std::move(content)).shape = Shape::unique;
        root.ns = kJsonRoot;
        response.body = root.json().dump();
        return response;
    }
    std::string& body = response.body;
    body = R"(<soap:Envelope xmlns:soap=")" + std::string(dialect == ZimbraDialect::soap11 ? kEnvelope11 : kEnvelope12) + R"(">)";
    if (context) body += "<soap:Header>" + context->xml() + "</soap:Header>";
    body += "<soap:Body>" + content.xml() + "</soap:Body></soap:Envelope>";
    return response;
}

}  // namespace doors
