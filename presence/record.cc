// presence/record.cc: compact records, both ways.
// SPDX-License-Identifier: Apache-2.0
#include "presence/record.h"

#include <algorithm>
#include <array>

namespace presence {
namespace {

constexpr std::size_t kMostBytes = 10;  // of a number of 64 bits, seven in each

}  // namespace

void RecordWriter::operator()(std::uint64_t number) {
    std::array<char, kMostBytes> bytes;
    std::size_t size = 0;
    for (; number >= 0x80; number >>= 7) bytes[size++] = static_cast<char>(number | 0x80);
    bytes[size++] = static_cast<char>(number);
    out_.append(bytes.data(), size);
}

void RecordWriter::operator()(std::string_view text) {
    (*this)(static_cast<std::uint64_t>(text.size()));
    out_ += text;
}

void RecordReader::operator()(std::uint64_t& number) {
    number = 0;
    for (int shift = 0; sound_; shift += 7) {
        if (rest_.empty() || shift > 63) {
            sound_ = false;
            return;
        }
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        number |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return;
    }
}

void RecordReader::operator()(std::string& text) {
    std::string_view inside;
    (*this)(inside);
    if (sound_) text = inside;
}

void RecordReader::operator()(std::string_view& text) {
    std::uint64_t size = 0;
    (*this)(size);
    if (!sound_ || size > rest_.size()) {
        sound_ = false;
        return;
    }
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
}

base::Result<SubscriptionHead> read_head(const Record& record) {
    const std::string_view bytes = record.value;
    SubscriptionHead head;
    RecordReader reader(bytes.substr(std::min<std::size_t>(1, bytes.size())));
    reader(head.id), reader(head.type), reader(head.proof), reader(head.login), reader(head.lease_end);
    reader(head.node);
    head.place = reader.rest();
    if (!bytes.empty() && bytes.front() == kRecordVersion && reader.sound()) return head;
    return base::fail(base::Errc::internal, "a stored record of kind s is broken");
}

std::string prop_key(std::string_view node_key, const PropName& name) {
    std::string key(node_key);
    return key.append(1, '\0').append(name.ns()).append(1, '\0').append(name.local());
}

ValueRecord to_record(const PropValue& value) {
    if (const auto* text = std::get_if<Text>(&value)) return {0, text->text};
    if (const auto* markup = std::get_if<Markup>(&value)) return {1, markup->xml};
    return {2, std::get<Status>(value).name()};
}

PropValue from_record(const ValueRecord& record) {
    if (record.type == 1) return Markup{record.text};
    if (record.type == 2) return Status(record.text);
    return Text{record.text};
}

}  // namespace presence
