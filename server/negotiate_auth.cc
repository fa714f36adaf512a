// server/negotiate_auth.cc: Negotiate: Kerberos, for the people of our realms.
// SPDX-License-Identifier: Apache-2.0
#include "server/negotiate_auth.h"

#include <algorithm>
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

std::optional<std::string> account_of_principal(std::string_view who, std::string_view whom,
                                                const std::vector<std::string>& realms) {
    const std::string_view realm = realm_of(who);
    const bool ours = realms.empty() ? realm == realm_of(whom) : std::ranges::find(realms, realm) != realms.end();
    if (realm.empty() || !ours) return std::nullopt;
    // Which also has none of the characters that a principal's text may have behind a backslash.
    const std::string_view name = who.substr(0, who.size() - realm.size() - 1);
    if (!is_account_name(name)) return std::nullopt;
    return base::to_lower(name);
}

class NegotiateAuth::Talk final : public Handshake {
public:
    Talk(const GssCredential& ours, const std::vector<std::string>& realms) : ours_(ours), realms_(realms) {}

    Step step(std::string_view token) override {
        auto answer = gss_.step(ours_, token);
        Step step;
        if (!answer) return refused(std::move(step), std::move(answer.error().text));
        step.token = std::move(answer->token);
        if (!answer->done) return step;
        step.user = answer->who;
        const auto account = account_of_principal(answer->who, answer->whom, realms_);
        if (!account) {
            return refused(std::move(step), realms_.empty() ? "no account has this name, or not in the realm of " + answer->whom
                                                            : "no account has this name, or not in auth.kerberos_realms");
        }
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
    const std::vector<std::string>& realms_;
    GssHandshake gss_;
};

base::Result<std::unique_ptr<NegotiateAuth>> NegotiateAuth::make(const std::string& keytab,
                                                                 std::vector<std::string> realms) {
    auto ours = GssCredential::kerberos(keytab);
    if (!ours) return std::unexpected(ours.error());
    return std::unique_ptr<NegotiateAuth>(new NegotiateAuth(std::move(*ours), std::move(realms)));
}

std::unique_ptr<Handshake> NegotiateAuth::begin() { return std::make_unique<Talk>(ours_, realms_); }

}  // namespace server
