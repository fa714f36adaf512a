// tests/fuzz/zimbra_fuzz.cc: requests to the Zimbra door as they are posted, in XML and JSON, and the markup in them.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_envelope.h"

#include "base/text.h"
#include "doors/safe_html.h"
#include "doors/zimbra_context.h"
#include "tests/fuzz/fuzz.h"

namespace {

using doors::ZimbraDialect;
using doors::ZimbraElement;

constexpr base::xml::Bounds kBounds{.bytes = 1 << 16, .depth = 24, .elements = 200, .attributes = 16};
constexpr base::xml::Bounds kWide{.bytes = 1 << 24, .depth = 128, .elements = 100'000, .attributes = 1 << 16};
constexpr base::json::Bounds kWideJson{.bytes = 1 << 24, .depth = 128};

/// Whatever is told is well-formed, in each spelling.
void check_answer(const ZimbraElement* context, const ZimbraElement& content, bool is_fault) {
    for (const auto dialect : {ZimbraDialect::soap12, ZimbraDialect::soap11, ZimbraDialect::json}) {
        const auto answer = doors::zimbra_answer(dialect, context ? std::optional(*context) : std::nullopt, content, is_fault);
        fuzz::must(answer.status == (is_fault ? 500 : 200), "a fault is a 500");
        if (dialect == ZimbraDialect::json) fuzz::must(base::json::parse(answer.body, kWideJson).has_value(), "what we answer is JSON");
        else fuzz::must(base::xml::parse(answer.body, kWide).has_value(), "what we answer is well-formed");
    }
}

void check_fault(const doors::ZimbraFault& fault) {
    fuzz::must(!fault.code.empty() && !fault.text.empty(), "a fault says what and why");
    for (const auto dialect : {ZimbraDialect::soap12, ZimbraDialect::soap11, ZimbraDialect::json}) {
        check_answer(nullptr, doors::zimbra_fault_element(dialect, fault, "trace"), true);
    }
}

/// An answer that quotes a text wherever one may stand.
void check_quoted(const std::string& text) {
    ZimbraElement n("n");
    n.set("type", "message").set("from", text).set("seq", std::int64_t{1});
    n.add_text("body", text).set("html", false);
    ZimbraElement context("context", std::string(doors::kZimbra));
    context.add(ZimbraElement("notify")).add(ZimbraElement("im")).add(std::move(n));
    check_answer(&context, ZimbraElement("NoOpResponse", std::string(doors::kZimbraMail)), false);
}

void check_markup(const std::string& text) {
    const auto safe = doors::make_safe_html(text, {4096, 16});
    if (!safe || !*safe) return;
    const std::string html = base::to_lower((*safe)->html);
    for (const char* bad : {"<script", "<style", "<iframe", "<img", "<form", "<svg", " on", "=\"javascript:", "=\"data:"}) {
        const std::size_t at = html.find(bad);
        const bool in_tag = at != std::string::npos && html.rfind('<', at) != std::string::npos &&
                            (html.rfind('>', at) == std::string::npos || html.rfind('>', at) < html.rfind('<', at));
        fuzz::must(!(in_tag && html[at] != ' '), "nothing that does something is kept");
    }
    const auto again = doors::make_safe_html((*safe)->html, {1 << 20, 64});
    fuzz::must(again && *again && (*again)->html.size() >= (*safe)->html.size() / 2, "what is safe is well-formed");
}

void visit(const ZimbraElement& element, int& budget) {
    if (--budget < 0) return;
    (void)doors::zimbra_truth(element, "isIdle");
    check_quoted(element.content());
    check_markup(element.markup.empty() ? element.content() : element.markup);
    for (const ZimbraElement& child : element.children) visit(child, budget);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    base::Request request;
    request.method = "POST";
    request.body = fuzz::text_of(bytes, size);
    const auto call = doors::read_zimbra(request.body, kBounds);
    if (!call) {
        check_fault(call.error().fault);
        return 0;
    }
    request.headers.push_back({"Cookie", call->request.content()});
    const auto context = doors::read_zimbra_context(call->context, request);
    if (!context) check_fault(context.error());
    else fuzz::must(context->seen >= -1, "what was seen is a number");
    int budget = 50;
    visit(call->request, budget);
    if (!call->request.name.empty()) check_fault(doors::zimbra_invalid(call->request.name));
    return 0;
}
