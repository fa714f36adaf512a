// tests/scenes/proof.cc: what a client shows when it is challenged.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/proof.h"

#include "base/digest.h"
#include "base/text.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace scenes {
namespace {

/// The value of `name="…"`.
std::string quoted(const std::string& challenge, const std::string& name) {
    const std::size_t at = challenge.find(name + "=\"");
    if (at == std::string::npos) throw std::runtime_error("the challenge has no " + name + ": " + challenge);
    const std::size_t begin = at + name.size() + 2;
    return challenge.substr(begin, challenge.find('"', begin) - begin);
}

}  // namespace

void Prover::challenged(std::vector<std::string> values) {
    if (!values.empty()) challenges_ = std::move(values);
}

std::string Prover::credentials(const std::string& value, const std::string& method, const std::string& target) {
    const auto words = base::split(value, ' ');
    if (words.size() != 5 || words[1] != "as" || words[3] != "with") return value;
    const std::string user(words[2]);
    const std::string password(words[4]);
    if (words[0] == "Digest") return digest(false, user, password, method, target);
    if (words[0] == "Digest-SHA-256") return digest(true, user, password, method, target);
    throw std::runtime_error("a scheme that scenes cannot speak: " + std::string(words[0]));
}

std::string Prover::digest(bool sha256, const std::string& user, const std::string& password,
                           const std::string& method, const std::string& target) {
    const auto fits = [sha256](const std::string& c) {
        return c.starts_with("Digest ") && (c.find("algorithm=SHA-256") != std::string::npos) == sha256;
    };
    const auto challenge = std::ranges::find_if(challenges_, fits);
    if (challenge == challenges_.end()) throw std::runtime_error("no such challenge was met");
    const auto hash = [sha256](const std::string& text) {
        return base::hex_encode(sha256 ? base::sha256(text) : base::md5(text));
    };
    const std::string realm = quoted(*challenge, "realm");
    const std::string nonce = quoted(*challenge, "nonce");
    char nc[9];
    std::snprintf(nc, sizeof nc, "%08x", static_cast<unsigned>(++used_[nonce]));
    const std::string ha1 = hash(user + ":" + realm + ":" + password);
    const std::string ha2 = hash(method + ":" + target);
    const std::string response = hash(ha1 + ":" + nonce + ":" + nc + ":0a4f113b:auth:" + ha2);
    std::string escaped;
    for (const char c : user) escaped += (c == '\\' ? "\\" : "") + std::string(1, c);
    return "Digest username=\"" + escaped + "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" + target +
           "\", cnonce=\"0a4f113b\", nc=" + nc + ", qop=auth, response=\"" + response + "\"" +
           (sha256 ? ", algorithm=SHA-256" : "");
}

}  // namespace scenes
