// base/xml.cc: XML in: a tree built from what libxml2's SAX2 interface calls back.
// SPDX-License-Identifier: Apache-2.0
// Spec: XML 1.0 (fifth edition), Namespaces in XML 1.0
#include "base/xml.h"

#include "base/text.h"
#include "base/xml_markup.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

namespace base::xml {
namespace {

// Every element and attribute keeps a copy of its namespace, so one long URI would be paid for many times.
constexpr std::size_t kNamespaceBytes = 256;
// Declarations in scope at once. libxml2 looks through all of them for each name.
constexpr int kNamespaces = 64;
// Of one tag or instruction. libxml2 keeps it in several copies before it calls back.
constexpr std::size_t kMarkupBytes = 64 * 1024;
// Of a libxml2 message, which may quote names of any length.
constexpr std::size_t kMessageBytes = 160;
constexpr std::string_view kManyAttributes = "too many attributes";
constexpr std::string_view kNoMemory = "out of memory";

std::string place(std::integral auto line, std::integral auto column, std::string_view what) {
    return "XML line " + std::to_string(line) + " column " + std::to_string(column) + ": " + std::string(what);
}

std::unexpected<Error> malformed_at(std::string_view document, std::size_t offset, std::string_view what) {
    const std::string_view before = document.substr(0, offset);
    const auto line = 1 + std::ranges::count(before, '\n');
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    return fail(Errc::malformed, place(line, column, what));
}

const char* chars(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

std::string_view view(const xmlChar* text) { return text == nullptr ? std::string_view() : chars(text); }

/// The encoding that an XML declaration names; "" without one. What is broken here libxml2 will find.
std::string_view declared_encoding(std::string_view document) {
    constexpr std::string_view kBlanks = " \t\r\n";
    if (!document.starts_with("<?xml") || document.size() < 6 || !kBlanks.contains(document[5])) return {};
    std::string_view rest = document.substr(5, document.find("?>") - 5);
    for (;;) {
        const auto equals = rest.find('=');
        if (equals == rest.npos) return {};
        const std::string_view name = trim(rest.substr(0, equals));
        rest = trim(rest.substr(equals + 1));
        if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return {};
        const auto end = rest.find(rest[0], 1);
        if (end == rest.npos) return {};
        if (name == "encoding") return rest.substr(1, end - 1);
        rest.remove_prefix(end + 1);
    }
}

/// The document without BOM, in UTF-8; `converted` holds it if it was not. libxml2 is told to believe no
/// declaration, so that its decoders and iconv never see hostile bytes.
Result<std::string_view> as_utf8(std::string_view document, std::string& converted) {
    if (document.starts_with("\xFE\xFF") || document.starts_with("\xFF\xFE")) {
        return malformed_at(document, 0, "UTF-16 and UTF-32 are not accepted, send UTF-8");
    }
    if (const auto nul = document.find('\0'); nul != document.npos) {
        return malformed_at(document, nul, "a NUL byte (UTF-16 and UTF-32 are not accepted)");
    }
    const bool marked = document.starts_with("\xEF\xBB\xBF");
    if (marked) document.remove_prefix(3);
    const std::string_view encoding = declared_encoding(document);
    const auto is = [&](std::string_view name) { return equal_ignoring_case(encoding, name); };
    const bool utf8 = encoding.empty() || is("UTF-8") || is("UTF8");
    if (!utf8 && marked) return malformed_at(document, 0, "the byte order mark and the declaration disagree");
    if (is("ISO-8859-1") || is("latin1")) {
        converted = latin1_to_utf8(document);
        return converted;
    }
    if (!utf8 && !is("US-ASCII") && !is("ASCII")) {
        return malformed_at(document, 0, "the encoding must be UTF-8, US-ASCII or ISO-8859-1");
    }
    if (!valid_utf8(document)) return malformed_at(document, valid_utf8_prefix(document), "not valid UTF-8");
    if (!utf8) {
        const auto high = std::ranges::find_if(document, [](char c) { return (c & 0x80) != 0; });
        const auto offset = static_cast<std::size_t>(high - document.begin());
        if (offset < document.size()) return malformed_at(document, offset, "not US-ASCII, as declared");
    }
    return document;
}

/// Feeds one document to libxml2 and builds the tree from what it calls back. No exception leaves a callback.
class Reader {
public:
    Reader(std::string_view document, const Bounds& bounds) : rest_(document), bounds_(bounds) {}
    Result<Element> run();

private:
    struct Free {
        void operator()(xmlParserCtxt* context) const {
            xmlFreeDoc(context->myDoc);
            xmlFreeParserCtxt(context);
        }
    };

    static xmlSAXHandler handler();
    static int on_read(void* self, char* buffer, int room) noexcept;
    static void on_start(void* self, const xmlChar* local, const xmlChar* prefix, const xmlChar* ns,
                         int declarations, const xmlChar** declared, int attributes, int defaulted,
                         const xmlChar** values) noexcept;
    static void on_end(void* self, const xmlChar* local, const xmlChar* prefix, const xmlChar* ns) noexcept;
    static void on_text(void* self, const xmlChar* text, int length) noexcept;
    static void on_doctype(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept;
    static void on_error(void* self, xmlError* error) noexcept;

    using Words = std::span<const xmlChar*>;
    void start(std::string_view ns, std::string_view local, Words declared, Words values);
    void stop(Errc code, std::string_view what) noexcept;
    void note(Errc code, std::string_view what) noexcept;

    std::string_view rest_;  // not yet handed to libxml2
    const Bounds& bounds_;
    std::unique_ptr<xmlParserCtxt, Free> context_;
    Element root_;
    std::vector<Element*> open_;  // only the last one's children change, so the others stay where they are
    int elements_ = 0;
    std::optional<Error> error_;
};

xmlSAXHandler Reader::handler() {
    xmlSAXHandler handler{};
    handler.initialized = XML_SAX2_MAGIC;
    handler.startElementNs = on_start;
    handler.endElementNs = on_end;
    handler.characters = handler.ignorableWhitespace = handler.cdataBlock = on_text;
    handler.internalSubset = on_doctype;
    handler.serror = on_error;
    return handler;
}

Result<Element> Reader::run() {
    // Without a DOCTYPE there are no entities but the five; NOENT lets "&amp;" be "&" in attributes too.
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC;
    xmlSAXHandler sax = handler();  // libxml2 copies it
    context_.reset(xmlCreateIOParserCtxt(&sax, this, on_read, nullptr, this, XML_CHAR_ENCODING_NONE));
    if (!context_) return fail(Errc::internal, "XML: no memory for a parser");
    xmlCtxtUseOptions(context_.get(), kOptions);
    xmlParseDocument(context_.get());
    if (error_) return std::unexpected(std::move(*error_));
    if (context_->wellFormed == 0 || root_.is_text()) return fail(Errc::malformed, "XML: not well-formed");
    return std::move(root_);
}

int Reader::on_read(void* self, char* buffer, int room) noexcept {
    auto& reader = *static_cast<Reader*>(self);
    const auto* const context = reader.context_.get();
    // libxml2 compares each attribute of a start tag with all before it, and calls on_start at its end. But it
    // asks for 4000 bytes at a time, so here one can see a tag growing beyond the bound. (maxatts: five pointers
    // for each attribute, and room at most doubled; nsNr: two for each declaration.)
    if (context != nullptr && (context->maxatts > 10 * (reader.bounds_.attributes + 10) ||
                               context->nsNr > 2 * (kNamespaces + reader.bounds_.attributes))) {
        reader.note(Errc::too_large, kManyAttributes);
    }
    if (reader.error_) return 0;  // an end of file stops libxml2 wherever it is
    const std::size_t count = std::min(reader.rest_.size(), static_cast<std::size_t>(room));
    std::memcpy(buffer, reader.rest_.data(), count);
    reader.rest_.remove_prefix(count);
    return static_cast<int>(count);
}

void Reader::on_start(void* self, const xmlChar* local, const xmlChar*, const xmlChar* ns, int declarations,
                      const xmlChar** declared, int attributes, int, const xmlChar** values) noexcept {
    auto& reader = *static_cast<Reader*>(self);
    try {
        reader.start(view(ns), view(local), {declared, static_cast<std::size_t>(2 * declarations)},
                     {values, static_cast<std::size_t>(5 * attributes)});
    } catch (const std::bad_alloc&) {
        reader.stop(Errc::internal, kNoMemory);
    }
}

void Reader::start(std::string_view ns, std::string_view local, Words declared, Words values) {
    if (error_) return stop(error_->code, {});
    const auto depth = static_cast<std::size_t>(bounds_.depth);
    if (open_.size() >= depth) return stop(Errc::too_large, "nested too deeply");
    if (++elements_ > bounds_.elements) return stop(Errc::too_large, "too many elements");
    if (declared.size() / 2 + values.size() / 5 > static_cast<std::size_t>(bounds_.attributes)) {
        return stop(Errc::too_large, kManyAttributes);
    }
    if (context_->nsNr > 2 * kNamespaces) return stop(Errc::too_large, "too many namespaces");
    for (std::size_t i = 1; i < declared.size(); i += 2) {
        const bool fits = view(declared[i]).size() <= kNamespaceBytes;
        if (!fits) return stop(Errc::too_large, "a namespace is too long");
    }
    Element& element = open_.empty() ? root_ : open_.back()->children.emplace_back();
    element.ns = ns;
    element.local = local;
    element.attributes.reserve(values.size() / 5);
    for (std::size_t i = 0; i < values.size(); i += 5) {  // local name, prefix, namespace, value, its end
        Attribute& attribute = element.attributes.emplace_back();
        attribute.ns = view(values[i + 2]);
        attribute.local = view(values[i]);
        attribute.value.assign(chars(values[i + 3]), chars(values[i + 4]));
    }
    open_.push_back(&element);
}

void Reader::on_end(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    auto& reader = *static_cast<Reader*>(self);
    if (!reader.open_.empty()) reader.open_.pop_back();
}

void Reader::on_text(void* self, const xmlChar* bytes, int length) noexcept {
    auto& reader = *static_cast<Reader*>(self);
    if (reader.error_ || reader.open_.empty() || length <= 0) return;
    try {
        auto& siblings = reader.open_.back()->children;
        if (siblings.empty() || !siblings.back().is_text()) siblings.emplace_back();
        siblings.back().text.append(chars(bytes), static_cast<std::size_t>(length));
    } catch (const std::bad_alloc&) {
        reader.stop(Errc::internal, kNoMemory);
    }
}

void Reader::on_doctype(void* self, const xmlChar*, const xmlChar*, const xmlChar*) noexcept {
    static_cast<Reader*>(self)->stop(Errc::malformed, "a DOCTYPE is not accepted");
}

void Reader::on_error(void* self, xmlError* error) noexcept {
    // Warnings, and a namespace that is no URI: nobody resolves it.
    if (error == nullptr || error->level == XML_ERR_WARNING || error->code == XML_WAR_NS_URI) return;
    const char* const message = error->message == nullptr ? "not well-formed" : error->message;
    auto& reader = *static_cast<Reader*>(self);
    reader.note(error->code == XML_ERR_NO_MEMORY ? Errc::internal : Errc::malformed, message);
}

/// Also ends the parse. Not from on_read and on_error: libxml2 still holds pointers into its buffer there.
void Reader::stop(Errc code, std::string_view what) noexcept {
    note(code, what);
    xmlStopParser(context_.get());
}

/// Keeps the first error, with the place that libxml2 has reached.
void Reader::note(Errc code, std::string_view what) noexcept {
    if (error_) return;
    what = trim(what.substr(0, what.find('\n')));
    if (what.size() > kMessageBytes) what = what.substr(0, valid_utf8_prefix(what.substr(0, kMessageBytes)));
    const auto* const input = context_ ? context_->input : nullptr;
    error_.emplace(code, std::string());
    try {
        error_->text = place(input ? input->line : 1, input ? input->col : 1, what);
    } catch (const std::bad_alloc&) {
        error_->text = "XML";  // short enough to need no memory
    }
}

}  // namespace

std::string Element::all_text() const {
    std::string all = text;
    for (const Element& child : children) all += child.is_text() ? child.text : child.all_text();
    return all;
}

std::string Element::text_of(std::string_view wanted) const {
    const Element* found = child(wanted);
    return found ? std::string(trim(found->all_text())) : "";
}

const Element* Element::child(std::string_view wanted_ns, std::string_view wanted) const {
    for (const Element& child : children) {
        if (!child.is_text() && child.local == wanted && same_namespace(child.ns, wanted_ns)) return &child;
    }
    return nullptr;
}

const Element* Element::child(std::string_view wanted) const {
    for (const Element& child : children) {
        if (!child.is_text() && child.local == wanted) return &child;
    }
    return nullptr;
}

const Element* Element::first_child() const {
    for (const Element& child : children) {
        if (!child.is_text()) return &child;
    }
    return nullptr;
}

bool same_namespace(std::string_view a, std::string_view b) {
    if (a.ends_with('/')) a.remove_suffix(1);
    if (b.ends_with('/')) b.remove_suffix(1);
    return equal_ignoring_case(a, b);
}

Result<Element> parse(std::string_view document, const Bounds& bounds) {
    if (document.size() > bounds.bytes) {
        return fail(Errc::too_large, "XML of " + std::to_string(document.size()) + " bytes; at most " +
                                         std::to_string(bounds.bytes) + " are accepted");
    }
    std::string converted;
    const auto utf8 = as_utf8(document, converted);
    if (!utf8) return std::unexpected(utf8.error());
    if (const auto bad = bad_markup(*utf8, kMarkupBytes)) {
        if (bad->endless) return malformed_at(*utf8, bad->offset, "a comment or CDATA section without end");
        auto refused = malformed_at(*utf8, bad->offset, "a tag or instruction of more than 64 KiB");
        refused.error().code = Errc::too_large;
        return refused;
    }
    static const bool ready = (xmlInitParser(), true);
    static_cast<void>(ready);
    return Reader(*utf8, bounds).run();
}

}  // namespace base::xml
