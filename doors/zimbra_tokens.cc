// doors/zimbra_tokens.cc: what a client shows instead of its password.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_tokens.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace doors {
namespace {

constexpr std::string_view kTokenVersion = "0";
constexpr std::size_t kMostTokenBytes = 4096;
constexpr std::size_t kMostGivenBack = 100'000;

std::int64_t count(base::Instant when) { return when.time_since_epoch().count(); }

}  // namespace

ZimbraTokens::ZimbraTokens(const base::Clock& clock, Gate& gate)
    : clock_(clock), gate_(gate), key_(base::random_bytes(base::kSha256Bytes)) {}

// 0_MAC_CONTENT, both in hex: until when, the account's stamp, salt, the account.
std::string ZimbraTokens::issue(const Proved& whom, std::chrono::milliseconds life) {
    const std::string content = std::to_string(count(clock_.now() + life)) + " " + std::to_string(whom.stamp) + " " +
                                base::hex_encode(base::random_bytes(8)) + " " + whom.account;
    return std::string(kTokenVersion) + "_" + base::hex_encode(base::hmac_sha256(key_, content)) + "_" + base::hex_encode(content);
}

std::optional<ZimbraTokens::Content> ZimbraTokens::read(std::string_view token) const {
    if (token.size() > kMostTokenBytes) return std::nullopt;
    const auto parts = base::split(token, '_');
    if (parts.size() != 3 || parts[0] != kTokenVersion) return std::nullopt;
    const auto mac = base::hex_decode(parts[1]);
    const auto content = base::hex_decode(parts[2]);
    if (!mac || !content || !base::same_secret(*mac, base::hmac_sha256(key_, *content))) return std::nullopt;
    std::string_view rest = *content;
    const auto word = [&rest] {
        const std::string_view first = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), first.size() + 1));
        return first;
    };
    Content read;
    read.until = base::Instant(std::chrono::milliseconds(base::parse_number(word(), INT64_MAX).value_or(0)));
    read.whom.stamp = base::parse_number(word()).value_or(0);
    (void)word();
    read.whom.account = rest;
    read.seal = *mac;
    return read;
}

ZimbraTokens::Found ZimbraTokens::look(std::string_view token) const {
    Found found;
    auto content = read(token);
    if (!content) return found;
    found.left = content->until - clock_.now();
    found.whom = std::move(content->whom);
    const bool good = found.left > std::chrono::milliseconds(0) && !given_back_.contains(content->seal) && found.whom.stamp != 0 &&
                      gate_.stamp(found.whom.account) == found.whom.stamp;
    found.what = good ? Found::What::good : Found::What::expired;
    return found;
}

void ZimbraTokens::give_back(std::string_view token) {
    const auto content = read(token);
    if (!content) return;
    const base::Instant now = clock_.now();
    if (given_back_.size() >= kMostGivenBack) std::erase_if(given_back_, [now](const auto& one) { return one.second <= now; });
    if (given_back_.size() < kMostGivenBack) given_back_.emplace(content->seal, content->until);
}

}  // namespace doors
