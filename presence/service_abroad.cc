// presence/service_abroad.cc: people whom other servers hold, for doors that know them by name alone.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 4.1, 4.1.1, 5.6
#include <utility>

#include "presence/service.h"

namespace presence {

using base::Errc;
using base::fail;

base::Result<NodeName> Service::person(const std::string& account) const {
    const std::string key = key_of_account(account);
    const bool ours = is_alias(key);
    if (ours || abroad(key)) return NodeName{key, ours ? key : std::string(key.substr(key.find('/'))), 0};
    return fail(Errc::not_found, "no server is known that holds " + account);
}

base::Result<NodeName> Service::person_called(std::string_view name) const {
    const auto account = contact_account(name);
    if (!account) return std::unexpected(account.error());
    return person(*account);
}

base::Result<NodeName> Service::account_here(const std::string& name) const {
    auto own = name_of(name);
    if (!own || !abroad_) return own;
    const std::string server = abroad_->holder(own->key);
    if (server.empty()) return own;
    return fail(Errc::denied, "the account is held by the server " + server + ": sign in there");
}

// His server acknowledges, as its users' does ours: what it has taken is archived here too.
void Service::notify_abroad(const Caller& caller, NotifyRequest request, Answer<Accepted> done) {
    const std::string key = request.node.key;
    if (auto* message = std::get_if<Message>(&request.payload)) complete(caller, realm_.url_of(key), *message);
    Keepsake what = outgoing(caller, request, {});
    if (what.archived && journal_.failing()) {
        return done(fail(Errc::no_space, "the store is failing, so nothing sent now would be safe; nobody was told"));
    }
    const Notification notification = what.notification;
    abroad_->notify(notification, key, [this, what = std::move(what), done = std::move(done)](base::Result<Accepted> how) mutable {
        if (!how) return done(std::move(how));
        delivered(std::move(what), [kept = *how, done = std::move(done)](base::Result<Accepted> safe) mutable {
            if (safe) safe = kept;
            done(std::move(safe));
        });
    });
}

}  // namespace presence
