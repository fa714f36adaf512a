// server/digest_auth.cc: RFC 7616.
// SPDX-License-Identifier: Apache-2.0
#include "server/digest_auth.h"

#include "base/digest.h"
#include "base/text.h"
#include "presence/address.h"
#include "server/auth_params.h"

#include <algorithm>
#include <array>
#include <optional>

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kCountDigits = 8;

/// The parameters that matter.
struct Shown {
    std::string user, raw_user, realm, nonce, uri, response, qop, nc, cnonce;
    std::optional<Accounts::Hash> hash;  ///< nullopt: one that we do not know
    std::uint32_t count = 0;
};

/// `UTF-8''J%C3%A4rv` (RFC 5987).
std::optional<std::string> extended_value(std::string_view text) {
    constexpr std::string_view kCharset = "UTF-8'";
    if (!base::equal_ignoring_case(text.substr(0, kCharset.size()), kCharset)) return std::nullopt;
    const std::size_t quote = text.find('\'', kCharset.size());
    if (quote == std::string_view::npos) return std::nullopt;
    return base::percent_decode(text.substr(quote + 1));
}

std::optional<std::uint32_t> count_of(std::string_view nc) {
    std::uint32_t count = 0;
    if (nc.empty() || nc.size() > kCountDigits) return std::nullopt;
    for (const char c : nc) {
        const std::size_t digit = std::string_view("0123456789abcdef").find(base::to_lower(std::string_view(&c, 1)));
        if (digit == std::string_view::npos) return std::nullopt;
        count = count << 4 | static_cast<std::uint32_t>(digit);
    }
    return count == 0 ? std::nullopt : std::optional(count);
}

std::optional<Accounts::Hash> hash_of(std::string_view algorithm) {
    if (base::equal_ignoring_case(algorithm, "MD5")) return Accounts::Hash::md5;
    if (base::equal_ignoring_case(algorithm, "SHA-256")) return Accounts::Hash::sha256;
    return std::nullopt;
}

base::Result<Shown> read(std::string_view text) {
    const auto params = read_auth_params(text);
    if (!params) return std::unexpected(params.error());
    Shown shown;
    const std::array<std::pair<std::string_view, std::string*>, 8> wanted = {{
        {"username", &shown.user}, {"realm", &shown.realm}, {"nonce", &shown.nonce}, {"uri", &shown.uri},
        {"response", &shown.response}, {"qop", &shown.qop}, {"nc", &shown.nc}, {"cnonce", &shown.cnonce},
    }};
    const auto find = [&](std::string_view name) -> const AuthParam* {
        const auto found = std::ranges::find(*params, name, &AuthParam::name);
        return found == params->end() ? nullptr : &*found;
    };
    for (const auto& [name, into] : wanted) {
        const AuthParam* param = find(name);
        if (param) *into = param->value;
        const bool elsewhere = name == "username" && find("username*");
        if (!param && !elsewhere) return fail(Errc::malformed, "Authorization: Digest without " + std::string(name) + " (RFC 7616 3.4)");
    }
    if (const AuthParam* user = find("username")) shown.raw_user = user->raw;
    if (const AuthParam* user = find("username*")) {
        const auto decoded = extended_value(user->value);
        if (!decoded || find("username")) return fail(Errc::malformed, "Authorization: username* is broken (RFC 7616 3.4.4)");
        shown.user = shown.raw_user = *decoded;
    }
    if (shown.qop != "auth") return fail(Errc::malformed, "Authorization: qop must be auth (RFC 7616 3.4)");
    const auto count = count_of(shown.nc);
    if (!count) return fail(Errc::malformed, "Authorization: nc must be up to 8 hex digits, from 00000001 (RFC 7616 3.4)");
    shown.count = *count;
    const AuthParam* algorithm = find("algorithm");
    shown.hash = hash_of(algorithm ? algorithm->value : "MD5");
    return shown;
}

/// Whether both name the same thing: clients write the path alone, whatever stands in the request line.
bool same_target(const base::Request& request, const std::string& uri) {
    if (uri == request.target) return true;
    const std::string host(request.header("Host").value_or("localhost"));
    const auto meant = presence::Address::from_target(uri, host);
    const auto asked = presence::Address::from_target(request.target, host);
    return meant && asked && meant->path() == asked->path();
}

std::string hex_of(Accounts::Hash hash, std::string_view bytes) {
    return base::hex_encode(hash == Accounts::Hash::md5 ? base::md5(bytes) : base::sha256(bytes));
}

/// RFC 7616 3.4.1, with the texts as they were sent.
std::string expected(const Shown& shown, Accounts::Hash hash, const std::string& method, const std::string& ha1) {
    const std::string ha2 = hex_of(hash, method + ":" + shown.uri);
    std::string secret = base::hex_encode(ha1);
    std::string text = secret + ":" + shown.nonce + ":" + shown.nc + ":" + shown.cnonce + ":" + shown.qop + ":" + ha2;
    std::string response = hex_of(hash, text);
    base::wipe(secret);
    base::wipe(text);
    return response;
}

}  // namespace

std::string DigestAuth::challenge(Hash hash, Stale stale) {
    std::string text = R"(Digest qop="auth", realm=")" + accounts_.settings().realm + R"(", nonce=")" + nonces_.fresh() + '"';
    if (hash == Hash::sha256) text += ", algorithm=SHA-256";
    if (stale == Stale::yes) text += ", stale=true";
    return text;
}

base::Result<DigestAuth::Found> DigestAuth::judge(const base::Request& request, std::string_view text,
                                                  const std::vector<Hash>& offered) {
    const auto shown = read(text);
    if (!shown) return std::unexpected(shown.error());
    if (!same_target(request, shown->uri)) {
        return fail(Errc::malformed, "Authorization: its uri is not that of the request (RFC 7616 3.4.6)");
    }
    Found found;
    found.user = shown->user;
    if (!shown->hash || std::ranges::find(offered, *shown->hash) == offered.end()) return found;
    // As it was sent, or with its backslash meant as one: whoever wrote it hashed one of the two.
    const std::string response = base::to_lower(shown->response);
    for (const std::string& user : {shown->user, shown->raw_user}) {
        Secret secret = accounts_.ha1(user, *shown->hash);
        const bool right = base::same_secret(expected(*shown, *shown->hash, request.method, secret.hash), response);
        base::wipe(secret.hash);
        if (right && found.account.empty()) found.account = secret.account;
    }
    if (found.account.empty() || shown->realm != accounts_.settings().realm) return Found{"", Stale::no, shown->user};
    if (!nonces_.use(shown->nonce, shown->count)) return Found{"", Stale::yes, shown->user};
    return found;
}

}  // namespace server
