// server/negotiate_auth.cc: Negotiate: Kerberos, for the people of our own realm.
// SPDX-License-Identifier: Apache-2.0
#include "server/negotiate_auth.h"

#include <utility>

#include "base/text.h"

namespace server {

using base::Errc;

namespace {

/// Behind the last @; "" where there is none.
std::string_view realm_of(std::string_view principal) {
    const std::size_t at = principal.rfind('@');
    return at == std::string_view::npos ? std::string_view() : principal.substr(at + 1);
}

}  // namespace

std::optional<std::string> account_of_principal(std::string_view who, std::string_view whom) {
    const std::string_view realm = realm_of(who);
    if (realm.empty() || realm != realm_of(whom)) return std::nullopt;
    // Which also has none of the characters that a principal's text may have behind a backslash.
    const std::string_view name = who.substr(0, who.size() - realm.size() - 1);
    if (!is_account_name(name)) return std::nullopt;
    return base::to_lower(name);
}

class NegotiateAuth::Talk final : public Handshake {
public:
    explicit Talk(const GssCredential& ours) : ours_(ours) {}

    Step step(std::string_view token) override {
        auto answer = gss_.step(ours_, token);
        Step step;
        if (!answer) return refused(std::move(step), std::move(answer.error().text));
        step.token = std::move(answer->token);
        if (!answer->done) return step;
        step.user = answer->who;
        const auto account = account_of_principal(answer->who, answer->whom);
        if (!account) return refused(std::move(step), "no account has this name, or not in the realm of " + answer->whom);
        step.account = *account;
        return step;
    }

private:
    static Step refused(Step step, std::string why) {
        step.token.clear();
        step.refusal = base::Error{Errc::unproven, "the ticket proves nothing here (RFC 4559)"};
        step.why = std::move(why);
        return step;
    }

    const GssCredential& ours_;
    GssHandshake gss_;
};

base::Result<std::unique_ptr<NegotiateAuth>> NegotiateAuth::make(const std::string& keytab) {
    auto ours = GssCredential::kerberos(keytab);
    if (!ours) return std::unexpected(ours.error());
    return std::unique_ptr<NegotiateAuth>(new NegotiateAuth(std::move(*ours)));
}

std::unique_ptr<Handshake> NegotiateAuth::begin() { return std::make_unique<Talk>(ours_); }

}  // namespace server
