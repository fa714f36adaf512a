// tests/fuzz/address_fuzz.cc: URLs of nodes, request targets under a Host, and call-back URLs. First line: the URL or
// target; second line: Host.
// SPDX-License-Identifier: Apache-2.0
#include "presence/address.h"

#include <algorithm>

#include "server/callback_url.h"
#include "tests/fuzz/fuzz.h"

namespace {

bool plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

void check(const base::Result<presence::Address>& read) {
    if (!read) return;
    const presence::Realm realm("im.example.com", "example.com", {"127.0.0.1:8080"});
    fuzz::must(read->path().find("/../") == std::string::npos, "a path climbs nowhere");
    // HTTP/1.0 may come without Host; such a node is ours, and its URL is written under a spelling of ours.
    const std::string authority = read->authority().empty() ? realm.domain() : read->authority();
    const std::string url = presence::Address(authority, read->path()).url();
    fuzz::must(plain(url), "a URL holds no blank or control character");
    if (url.size() > presence::Address::kMaxUrlBytes) return;  // escaped, it may be three times as long
    const auto again = presence::Address::parse(url);
    fuzz::must(again.has_value(), "our own URL can be read");
    fuzz::must(realm.key(*again) == realm.key(*read), "and means the same node");
    fuzz::must(again->url() == url, "and is written the same again");
}

void check(const base::Result<server::CallbackUrl>& read) {
    if (!read) return;
    fuzz::must(plain(read->path) && plain(read->authority()), "nothing in it can break a request");
    fuzz::must(read->port != 0 && read->path.starts_with('/'), "it can be connected to and asked");
    const auto again = server::parse_callback_url((read->tls ? "https://" : "http://") + read->authority() + read->path);
    // A path that had to be begun for it may make it one byte too long.
    fuzz::must(again ? again->endpoint() == read->endpoint() : read->path.size() > 700, "and leads to the same place");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::string_view rest = fuzz::text_of(bytes, size);
    const std::string_view url = fuzz::cut_line(rest);
    check(presence::Address::parse(url));
    check(presence::Address::from_target(url, fuzz::cut_line(rest)));
    check(server::parse_callback_url(url));
    return 0;
}
