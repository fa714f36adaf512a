// tests/fuzz/soap_fuzz.cc: SOAP calls as they are posted, and the text in them. First line: Content-Type; second line:
// SOAPAction; the rest is the body.
// SPDX-License-Identifier: Apache-2.0
#include "doors/soap.h"

#include "base/text.h"
#include "doors/form_text.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr base::xml::Bounds kBounds{.bytes = 1 << 16, .depth = 16, .elements = 100, .attributes = 16};
constexpr base::xml::Bounds kWide{.bytes = 1 << 24, .depth = 128, .elements = 100'000, .attributes = 1 << 16};

const base::xml::Element& only_child(const base::xml::Element& of) {
    fuzz::must(of.children.size() == 1 && !of.children.front().is_text(), "nothing stands between elements");
    return of.children.front();
}

/// What the Body of an answer of ours holds.
base::xml::Element content_of(const base::Response& answer) {
    for (const base::HttpHeader& h : answer.headers) {
        fuzz::must((h.name + h.value).find_first_of("\r\n") == std::string::npos, "no header breaks out");
    }
    const auto envelope = base::xml::parse(answer.body, kWide);
    fuzz::must(envelope.has_value(), "what we answer is well-formed");
    return only_child(only_child(*envelope));
}

/// The text as XML can hold it.
std::string held(const std::string& text) {
    std::string element = "<r>";
    base::xml::append_escaped(element, text);
    const auto read = base::xml::parse(element + "</r>", kWide);
    fuzz::must(read.has_value(), "any text can be written");
    return read->all_text();
}

void check_fault(const doors::SoapFault& fault) {
    fuzz::must(!fault.text.empty(), "a fault says why");
    const base::Response answer = doors::soap_fault(fault);
    fuzz::must(answer.status == 500, "a fault is a 500");
    const auto said = content_of(answer);
    fuzz::must(said.local == "Fault" && said.all_text().find(held(fault.text)) != std::string::npos, "and is told as it is");
}

void check_text(const std::string& text) {
    std::string content = "<r>";
    doors::append_content(content, text);
    content += "</r>";
    for (const auto version : {doors::SoapVersion::v11, doors::SoapVersion::v12}) {
        fuzz::must(content_of(doors::soap_answer(version, content)).all_text() == text, "text comes back as it was");
    }
    const std::string decoded = doors::form_decode(text);
    fuzz::must(base::valid_utf8_prefix(decoded) == decoded.size(), "what was decoded is UTF-8");
    fuzz::must(doors::form_decode(doors::percent_encode_all(decoded)) == decoded, "and is the same once it was told");
    fuzz::must(held(decoded) == decoded, "XML can hold it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view rest = fuzz::text_of(bytes, size);
    base::Request request;
    request.method = "POST";
    request.headers.push_back({"Content-Type", std::string(fuzz::cut_line(rest))});
    request.headers.push_back({"SOAPAction", std::string(fuzz::cut_line(rest))});
    request.body = rest;
    const std::string action = doors::soap_action(request);
    fuzz::must(action.find_first_of("/\"") == std::string::npos, "an action is one name");
    const auto call = doors::read_soap(request, kBounds);
    if (!call) {
        check_fault(call.error());
        return 0;
    }
    fuzz::must(!call->method.local.empty() || action.empty(), "a call has a name when something names it");
    for (const auto& parameter : call->method.children) check_text(parameter.all_text());
    check_fault({call->version, doors::SoapFault::Whose::client, "no " + call->method.local});
    return 0;
}
