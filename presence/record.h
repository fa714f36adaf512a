// presence/record.h: what survives a restart, as compact versioned records.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 7; cluster.md 2, 3
//
// A value is a version byte and then the fields in the order of each struct's fields(): numbers as LEB128, texts as
// length and bytes. A later version only appends numbers at the end, which are 0 in what an earlier one wrote. Times are those of presence/store_time, in milliseconds: a
// lease keeps its wall-clock end over a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "presence/ids.h"
#include "presence/ports.h"
#include "presence/prop.h"

namespace presence {

/// Kinds in the order in which they must be loaded: what refers to something comes after it.
inline constexpr std::string_view kRecordKinds = "cinatpsvmlqyr";

/// `c`, key = "clock": how the store's time line, the calendar and the time since boot stood to each other, once; all
/// in milliseconds. See presence/store_time.
struct ClockRecord {
    static constexpr char kKind = 'c';
    std::string boot;  ///< Clock::boot()
    std::uint64_t boot_time = 0, line = 0, wall = 0;
    template <class C>
    void fields(C& c) { c(boot), c(boot_time), c(line), c(wall); }
};
/// `i`, key = name of the counter: no id up to this was left unreserved.
struct CounterRecord {
    static constexpr char kKind = 'i';
    std::uint64_t reserved = 0;
    template <class C>
    void fields(C& c) { c(reserved); }
};
/// `n`, key = node key.
struct NodeRecord {
    static constexpr char kKind = 'n';
    std::string path, owner_key, owner_url, maker_key, maker_url;
    template <class C>
    void fields(C& c) { c(path), c(owner_key), c(owner_url), c(maker_key), c(maker_url); }
};
/// One entry of an `a` record.
struct AceRecord {
    std::string key, url;
    std::uint64_t credentials = 0, grant = 0, deny = 0;
    template <class C>
    void fields(C& c) { c(key), c(url), c(credentials), c(grant), c(deny); }
};
/// `a`, key = node key.
struct AclRecord {
    static constexpr char kKind = 'a';
    std::vector<AceRecord> entries;
    template <class C>
    void fields(C& c) { c(entries); }
};
/// A property's value: 0 text, 1 markup, 2 status.
struct ValueRecord {
    std::uint64_t type = 0;
    std::string text;
    template <class C>
    void fields(C& c) { c(type), c(text); }
};
/// `p`, key = node key, NUL, namespace, NUL, local name. `lease_end` 0: not leased.
struct PropRecord {
    static constexpr char kKind = 'p';
    std::string node, ns, local;
    ValueRecord value, fallback;
    std::uint64_t lease_end = 0;
    template <class C>
    void fields(C& c) { c(node), c(ns), c(local), c(value), c(fallback), c(lease_end); }
};
/// `t`, key = node key: the node's status and what it shows without a view.
struct StateRecord {
    static constexpr char kKind = 't';
    std::string status, fallback;
    template <class C>
    void fields(C& c) { c(status), c(fallback); }
};
/// `s`, key = decimal id; in the shard of its node.
struct SubscriptionRecord {
    static constexpr char kKind = 's';
    std::uint64_t id = 0, type = 0, proof = 0, login = 0, lease_end = 0;
    std::string_view node, watcher_key, watcher_url, callback, authority, source;  ///< into what it was made of
    template <class C>
    void fields(C& c) {
        c(id), c(type), c(proof), c(login), c(lease_end);
        c(node), c(watcher_key), c(watcher_url), c(callback), c(authority), c(source);
    }
};
/// The beginning of a SubscriptionRecord. What `place` holds is the same for all subscriptions of one watcher with one
/// call-back, so a start reads it once.
struct SubscriptionHead {
    static constexpr char kKind = SubscriptionRecord::kKind;
    std::uint64_t id = 0, type = 0, proof = 0, login = 0, lease_end = 0;
    std::string_view node, place;  ///< into the record
    [[nodiscard]] SubscriptionId subscription() const { return SubscriptionId(static_cast<std::uint32_t>(id)); }
};
/// Errc::internal when the bytes are no such record's.
[[nodiscard]] base::Result<SubscriptionHead> read_head(const Record& record);
/// `v`, key = node key, NUL, decimal view-id.
struct ViewRecord {
    static constexpr char kKind = 'v';
    std::uint64_t id = 0, login = 0, lease_end = 0;
    std::string node, value, fallback, source;
    template <class C>
    void fields(C& c) { c(id), c(login), c(lease_end), c(node), c(value), c(fallback), c(source); }
};

/// A name in a list.
struct NameRecord {
    std::string name;
    template <class C>
    void fields(C& c) { c(name); }
};
/// `l`, key = node key, NUL, account: a contact of that node's principal. `place` orders his list.
struct ListedContactRecord {
    static constexpr char kKind = 'l';
    std::uint64_t place = 0, blocked = 0;
    std::string id;  ///< 16 bytes
    std::string nickname;
    std::vector<NameRecord> groups;
    std::uint64_t asking = 0;  ///< 0 in what an earlier version stored
    template <class C>
    void fields(C& c) {
        c(place), c(blocked), c(id), c(nickname), c(groups);
        c.appended(asking);
    }
};
/// `q`, key = node key, NUL, account: that account asked to see the principal's presence. `time` is presence/store_time's.
struct AskRecord {
    static constexpr char kKind = 'q';
    std::uint64_t time = 0;
    template <class C>
    void fields(C& c) { c(time); }
};
/// One item of a `y` record.
struct PrivacyItemRecord {
    std::uint64_t allow = 0, order = 0;
    std::string account;
    template <class C>
    void fields(C& c) { c(allow), c(order), c(account); }
};
/// `y`, key = node key, NUL, name of the list: a privacy list of that node's principal.
struct PrivacyRecord {
    static constexpr char kKind = 'y';
    std::uint64_t is_default = 0;
    std::vector<PrivacyItemRecord> items;
    template <class C>
    void fields(C& c) { c(is_default), c(items); }
};

/// Writes and reads the fields of a record.
class RecordWriter {
public:
    explicit RecordWriter(std::string& out) : out_(out) {}
    void operator()(std::uint64_t number);
    void operator()(std::string_view text);
    /// What an earlier version did not write.
    void appended(std::uint64_t number) { (*this)(number); }
    void appended(const std::string& text) { (*this)(text); }
    template <class T>
    void operator()(std::vector<T>& list) {
        (*this)(static_cast<std::uint64_t>(list.size()));
        for (T& item : list) item.fields(*this);
    }
    template <class T>
        requires requires(T& t, RecordWriter& w) { t.fields(w); }
    void operator()(T& part) { part.fields(*this); }

private:
    std::string& out_;
};
class RecordReader {
public:
    explicit RecordReader(std::string_view bytes) : rest_(bytes) {}
    void operator()(std::uint64_t& number);
    void operator()(std::string& text);
    /// Into the bytes that are read.
    void operator()(std::string_view& text);
    void appended(std::uint64_t& number) {
        if (!rest_.empty()) (*this)(number);
    }
    void appended(std::string& text) {
        if (!rest_.empty()) (*this)(text);
    }
    template <class T>
    void operator()(std::vector<T>& list) {
        std::uint64_t size = 0;
        (*this)(size);
        if (size > rest_.size()) sound_ = false;  // each item takes a byte at least
        for (std::uint64_t i = 0; sound_ && i < size; ++i) list.emplace_back().fields(*this);
    }
    template <class T>
        requires requires(T& t, RecordReader& r) { t.fields(r); }
    void operator()(T& part) { part.fields(*this); }
    [[nodiscard]] bool sound() const { return sound_; }
    /// What is not read yet.
    [[nodiscard]] std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
    bool sound_ = true;
};

inline constexpr char kRecordVersion = 1;

/// A put of `content` under `key`, in the shard of the node `node_key`.
template <class T>
[[nodiscard]] Record put_record(std::string_view node_key, std::string key, T content) {
    Record record{Record::Act::put, shard_of(node_key), T::kKind, std::move(key), std::string(1, kRecordVersion)};
    constexpr std::size_t kMostTake = 256;
    record.value.reserve(kMostTake);
    RecordWriter writer(record.value);
    content.fields(writer);
    return record;
}
template <class T>
[[nodiscard]] Record erase_record(std::string_view node_key, std::string key) {
    return Record{Record::Act::erase, shard_of(node_key), T::kKind, std::move(key), ""};
}
/// Takes away the record of a subscription to the node `node_key`.
[[nodiscard]] inline Record subscription_erasure(std::string_view node_key, SubscriptionId id) {
    return erase_record<SubscriptionRecord>(node_key, std::to_string(std::to_underlying(id)));
}
/// Errc::internal when the bytes are not the value of such a record, in a version we know.
template <class T>
[[nodiscard]] base::Result<T> read_value(std::string_view bytes) {
    T content;
    RecordReader reader(bytes.substr(std::min<std::size_t>(1, bytes.size())));
    if (!bytes.empty() && bytes.front() == kRecordVersion) content.fields(reader);
    if (bytes.empty() || bytes.front() != kRecordVersion || !reader.sound()) {
        return base::fail(base::Errc::internal, std::string("a stored record of kind ") + T::kKind + " is broken");
    }
    return content;
}
template <class T>
[[nodiscard]] base::Result<T> read_record(const Record& record) {
    return read_value<T>(record.value);
}

/// The key of a `p` record.
[[nodiscard]] std::string prop_key(std::string_view node_key, const PropName& name);
[[nodiscard]] ValueRecord to_record(const PropValue& value);
[[nodiscard]] PropValue from_record(const ValueRecord& record);

}  // namespace presence
