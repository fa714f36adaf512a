// server/ntlm_auth.cc: NTLM, by the library, for accounts that have an NT hash.
// SPDX-License-Identifier: Apache-2.0
#include "server/ntlm_auth.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "server/ntlm_message.h"

namespace server {

using base::Errc;
using base::fail;

namespace {

constexpr std::size_t kMessageBytes = 8192;
// The proof and the smallest blob (MS-NLMP 2.2.2.7, 2.2.2.8).
constexpr std::size_t kVersion2Bytes = 44;
constexpr char kWrong[] = "the user or the password is wrong (RVP 6.2)";

std::string upper_hex(std::string_view bytes) {
    std::string hex = base::hex_encode(bytes);
    std::ranges::transform(hex, hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
    return hex;
}

/// One account in the key file, while this lives. The LM hash, which the library tries as well, is one that nobody knows.
class KeyLine {
public:
    KeyLine(int fd, const std::string& user, const std::string& nt_hash) : fd_(fd) {
        std::string secret = upper_hex(nt_hash);
        std::string line = user + ":0:" + upper_hex(base::random_bytes(base::kNtHashBytes)) + ":" + secret + ":\n";
        whole_ = ::pwrite(fd_, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size());
        base::wipe(secret);
        base::wipe(line);
    }
    ~KeyLine() { [[maybe_unused]] const int done = ::ftruncate(fd_, 0); }
    KeyLine(const KeyLine&) = delete;
    KeyLine& operator=(const KeyLine&) = delete;
    [[nodiscard]] bool whole() const { return whole_; }

private:
    int fd_;
    bool whole_ = false;
};

Handshake::Step refuse(Errc code, std::string text, std::string user = "", std::string why = "") {
    Handshake::Step step;
    step.user = std::move(user);
    step.refusal = base::Error{code, std::move(text)};
    step.why = std::move(why);
    return step;
}

}  // namespace

class NtlmAuth::Talk final : public Handshake {
public:
    explicit Talk(NtlmAuth& auth) : auth_(auth) {}

    Step step(std::string_view token) override {
        if (token.size() > kMessageBytes) return refuse(Errc::malformed, "NTLM: the message is too long");
        const auto type = ntlm_type(token);
        if (!type) return refuse(type.error().code, type.error().text);
        if (*type == NtlmType::negotiate) return greet(token);
        if (*type == NtlmType::authenticate && challenged_) return judge(token);
        return refuse(Errc::unproven, "NTLM begins with message 1, and goes on over the same connection (RVP 6.1)");
    }

private:
    /// Clients that do not wait to be asked begin anew whenever they like.
    Step greet(std::string_view token) {
        gss_ = GssHandshake();
        challenged_ = false;
        const auto answer = gss_.step(auth_.ours_, with_version(NtlmType::negotiate, token));
        if (!answer) return refuse(Errc::unproven, "NTLM: message 1 is not understood", "", answer.error().text);
        auto challenge = read_ntlm_challenge(answer->token);
        if (answer->done || !challenge) return refuse(Errc::unproven, "NTLM: message 1 is not understood");
        challenge_ = std::move(*challenge);
        challenged_ = true;
        Step step;
        step.token = answer->token;
        return step;
    }

    Step judge(std::string_view token) {
        challenged_ = false;
        const auto shown = read_ntlm_authenticate(token, challenge_.agreed);
        if (!shown) return refuse(shown.error().code, shown.error().text);
        const std::string user = spelling(*shown);
        if (shown->version1()) return prove_version1(*shown, user);
        if (shown->response.size() < kVersion2Bytes) {
            return refuse(Errc::unproven, kWrong, user, "no response that could prove anything");
        }
        return prove_version2(token, *shown, user);
    }

    /// The domain that some clients show is what the challenge said.
    [[nodiscard]] std::string spelling(const NtlmAuthenticate& shown) const {
        const bool none = shown.domain.empty() || base::equal_ignoring_case(shown.domain, challenge_.target);
        return none ? shown.user : shown.user + "@" + shown.domain;
    }

    Step prove_version1(const NtlmAuthenticate& shown, const std::string& user) const {
        if (auth_.version1_ == Version1::refused) {
            return refuse(Errc::unproven, "NTLM: only version 2 is accepted here (auth.ntlm_v1)", user, "version 1");
        }
        std::string challenge = challenge_.challenge;
        if (challenge_.agreed.extended) {
            challenge = base::md5(challenge + std::string(shown.lm_response.substr(0, challenge.size()))).substr(0, challenge.size());
        }
        Secret secret = auth_.accounts_.nt_hash(user);
        const bool right = base::same_secret(base::nt_response(secret.hash, challenge), shown.response);
        base::wipe(secret.hash);
        if (!right || secret.account.empty()) return refuse(Errc::unproven, kWrong, user, "the response is wrong");
        return proved(secret.account, user);
    }

    /// Nobody's hash is looked for in the same way as somebody's. What is no name of an account could be read as another
    /// line of the key file, or as two fields of one, so the library sees none of it.
    Step prove_version2(std::string_view token, const NtlmAuthenticate& shown, const std::string& user) {
        const bool plain = account_of(user, auth_.accounts_.settings().domains) && shown.user.find('\\') == std::string::npos;
        if (!plain) return refuse(Errc::unproven, kWrong, user, "no name of an account");
        Secret secret = auth_.accounts_.nt_hash(user);
        const KeyLine line(auth_.key_file_.get(), shown.user, secret.hash);
        base::wipe(secret.hash);
        if (!line.whole()) return refuse(Errc::unproven, kWrong, user, "the key file cannot be written");
        const auto answer = gss_.step(auth_.ours_, with_version(NtlmType::authenticate, token));
        if (!answer) return refuse(Errc::unproven, kWrong, user, answer.error().text);
        if (!answer->done || secret.account.empty()) return refuse(Errc::unproven, kWrong, user, "nobody was proved");
        return proved(secret.account, user);
    }

    static Step proved(const std::string& account, const std::string& user) {
        Step step;
        step.account = account;
        step.user = user;
        return step;
    }

    NtlmAuth& auth_;
    GssHandshake gss_;
    NtlmChallenge challenge_;
    bool challenged_ = false;
};

base::Result<std::unique_ptr<NtlmAuth>> NtlmAuth::make(const Accounts& accounts, const std::string& host, Version1 version1) {
    base::Fd key_file(::memfd_create("rvpd-ntlm", MFD_CLOEXEC));
    if (!key_file) return fail(Errc::internal, std::string("NTLM: no memory for the key file: ") + std::strerror(errno));
    auto ours = GssCredential::ntlm("/proc/self/fd/" + std::to_string(key_file.get()), host);
    if (!ours) return std::unexpected(ours.error());
    return std::unique_ptr<NtlmAuth>(new NtlmAuth(accounts, std::move(key_file), std::move(*ours), version1));
}

std::unique_ptr<Handshake> NtlmAuth::begin() { return std::make_unique<Talk>(*this); }

void NtlmAuth::set_environment() {
    ::setenv("LM_COMPAT_LEVEL", "3", 1);  // NOLINT(concurrency-mt-unsafe)
    ::unsetenv("NTLM_USER_FILE");         // NOLINT(concurrency-mt-unsafe)
}

}  // namespace server
