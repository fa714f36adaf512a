// base/xml.cc: the reader, on libxml2's SAX2 interface, and the writer, by hand.
// SPDX-License-Identifier: Apache-2.0
// Spec: XML 1.0 (fifth edition), Namespaces in XML 1.0
#include "base/xml.h"

#include "base/text.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <deque>
#include <new>
#include <optional>
#include <span>
#include <utility>

namespace base::xml {
namespace {

constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Every element and attribute keeps a copy of its namespace, so one long URI would be paid for many times.
constexpr std::size_t kNamespaceBytes = 256;
// Declarations in scope at once. libxml2 looks through all of them for each name.
constexpr int kNamespaces = 64;
// Of a libxml2 message, which may quote names of any length.
constexpr std::size_t kMessageBytes = 160;
constexpr std::string_view kManyAttributes = "too many attributes";
constexpr std::string_view kNoMemory = "out of memory";

// ---- Reading -------------------------------------------------------------------------------------------------

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

/// Bytes of the first character, 0 if it is none.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (valid_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

std::size_t valid_prefix(std::string_view text) {
    std::size_t offset = 0;
    while (offset < text.size()) {
        const std::size_t length = character_length(text.substr(offset));
        if (length == 0) break;
        offset += length;
    }
    return offset;
}

/// The document without BOM, in UTF-8; `converted` holds it if it was not. libxml2 is told to believe no declaration,
/// so that its decoders and iconv never see hostile bytes.
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
    if (!valid_utf8(document)) return malformed_at(document, valid_prefix(document), "not valid UTF-8");
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
    static void on_start(void* self, const xmlChar* local, const xmlChar* prefix, const xmlChar* ns, int declarations,
                         const xmlChar** declared, int attributes, int defaulted, const xmlChar** values) noexcept;
    static void on_end(void* self, const xmlChar* local, const xmlChar* prefix, const xmlChar* ns) noexcept;
    static void on_text(void* self, const xmlChar* text, int length) noexcept;
    static void on_doctype(void* self, const xmlChar* name, const xmlChar* id, const xmlChar* system) noexcept;
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
    // Without a DOCTYPE there are no entities to substitute but the five; NOENT makes them arrive as themselves in
    // attributes too.
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC;
    static const xmlSAXHandler kHandler = handler();
    auto* const sax = const_cast<xmlSAXHandler*>(&kHandler);  // libxml2 copies it
    context_.reset(xmlCreateIOParserCtxt(sax, this, on_read, nullptr, this, XML_CHAR_ENCODING_NONE));
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
    // libxml2 gathers a whole start tag, comparing each attribute with all before it, and calls on_start only then.
    // But it asks for 4000 bytes at a time, so here one can see a tag growing beyond the bound. (maxatts: five
    // pointers for each attribute, and its room at least doubles; nsNr: two for each declaration.)
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
    if (open_.size() >= static_cast<std::size_t>(bounds_.depth)) return stop(Errc::too_large, "nested too deeply");
    if (++elements_ > bounds_.elements) return stop(Errc::too_large, "too many elements");
    if (declared.size() / 2 + values.size() / 5 > static_cast<std::size_t>(bounds_.attributes)) {
        return stop(Errc::too_large, kManyAttributes);
    }
    if (context_->nsNr > 2 * kNamespaces) return stop(Errc::too_large, "too many namespaces");
    for (std::size_t i = 1; i < declared.size(); i += 2) {
        if (view(declared[i]).size() > kNamespaceBytes) return stop(Errc::too_large, "the name of a namespace is too long");
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
    if (what.size() > kMessageBytes) what = what.substr(0, valid_prefix(what.substr(0, kMessageBytes)));
    const auto* const input = context_ ? context_->input : nullptr;
    error_.emplace(code, std::string());
    try {
        error_->text = place(input ? input->line : 1, input ? input->col : 1, what);
    } catch (const std::bad_alloc&) {
        error_->text = "XML";  // short enough to need no memory
    }
}

// ---- Writing -------------------------------------------------------------------------------------------------

enum class Place { text, attribute, cdata };

/// What an ASCII character becomes; nullopt when it stays.
std::optional<std::string_view> escaped(char c, Place place) {
    if (c == '\t' || c == '\n') {
        if (place != Place::attribute) return std::nullopt;  // a reader would make it a blank
        return c == '\t' ? "&#9;" : "&#10;";
    }
    if (c >= 0 && c < ' ' && c != '\r') return kReplacement;
    if (place == Place::cdata) return std::nullopt;
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\r': return "&#13;";  // a bare one would arrive as LF
        default: return std::nullopt;
    }
}

void append(std::string& out, std::string_view text, Place place) {
    const bool valid = valid_utf8(text);
    std::size_t done = 0;
    const auto replace = [&](std::size_t at, std::size_t length, std::string_view by) {
        out.append(text, done, at - done).append(by);
        done = at + length;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] & 0x80) == 0) {
            if (const auto by = escaped(text[i], place)) replace(i, 1, *by);
        } else if (!valid || text[i] == '\xEF') {
            const std::size_t length = character_length(text.substr(i));
            const std::string_view character = text.substr(i, length);
            if (length == 0) {
                replace(i, 1, kReplacement);
            } else if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") {
                replace(i, length, kReplacement);
            }
            i += std::max<std::size_t>(length, 1) - 1;
        }
    }
    out.append(text, done);
}

/// Writes elements, and knows which namespaces are declared round the place it is at.
class Writer {
public:
    Writer(std::string& out, const std::vector<Prefix>& known) : out_(out), known_(known) {}

    void write(const Element& element);

private:
    std::string_view prefix(std::string_view ns);
    void write_name(std::string_view ns, std::string_view local);

    struct Declared {
        std::string_view ns;
        std::string prefix;
    };
    std::string& out_;
    const std::vector<Prefix>& known_;
    std::deque<Declared> declared_;  // by this element and those above it
    int next_ = 0;
};

/// The prefix to write for a namespace, declared already or from now on; "" for none.
std::string_view Writer::prefix(std::string_view ns) {
    if (ns.empty()) return {};
    if (ns == kXmlNamespace) return "xml";
    for (const Prefix& one : known_) {
        if (!one.prefix.empty() && same_namespace(one.ns, ns)) return one.prefix;
    }
    for (const Declared& one : declared_) {
        if (one.ns == ns) return one.prefix;
    }
    Declared& added = declared_.emplace_back(ns);
    do {
        added.prefix = "x" + std::to_string(next_++);
    } while (std::ranges::find(known_, added.prefix, &Prefix::prefix) != known_.end());
    return added.prefix;
}

void Writer::write_name(std::string_view ns, std::string_view local) {
    const std::string_view before = prefix(ns);
    if (!before.empty()) out_.append(before).append(":");
    out_.append(local);
}

void Writer::write(const Element& element) {
    if (element.is_text()) return append(out_, element.text, Place::text);
    const std::size_t outer = declared_.size();
    prefix(element.ns);
    for (const Attribute& attribute : element.attributes) prefix(attribute.ns);
    out_ += '<';
    write_name(element.ns, element.local);
    for (std::size_t i = outer; i < declared_.size(); ++i) {
        out_.append(" xmlns:").append(declared_[i].prefix).append("=\"");
        append(out_, declared_[i].ns, Place::attribute);
        out_ += '"';
    }
    for (const Attribute& attribute : element.attributes) {
        out_ += ' ';
        write_name(attribute.ns, attribute.local);
        out_ += "=\"";
        append(out_, attribute.value, Place::attribute);
        out_ += '"';
    }
    if (element.children.empty()) {
        out_ += "/>";
    } else {
        out_ += '>';
        for (const Element& child : element.children) write(child);
        out_ += "</";
        write_name(element.ns, element.local);
        out_ += '>';
    }
    while (declared_.size() > outer) declared_.pop_back();
}

}  // namespace

std::string Element::all_text() const {
    std::string all = text;
    for (const Element& child : children) all += child.is_text() ? child.text : child.all_text();
    return all;
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
    static const bool ready = (xmlInitParser(), true);
    static_cast<void>(ready);
    return Reader(*utf8, bounds).run();
}

void append_escaped(std::string& out, std::string_view text) { append(out, text, Place::text); }

void append_cdata(std::string& out, std::string_view text) {
    for (;;) {
        const auto end = text.find("]]>");
        out += "<![CDATA[";
        append(out, text.substr(0, end == text.npos ? end : end + 2), Place::cdata);
        out += "]]>";
        if (end == text.npos) return;
        text.remove_prefix(end + 2);
    }
}

void append_element(std::string& out, const Element& element, const std::vector<Prefix>& known) {
    Writer(out, known).write(element);
}

}  // namespace base::xml
