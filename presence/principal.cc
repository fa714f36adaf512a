// presence/principal.cc: identities, interned.
// SPDX-License-Identifier: Apache-2.0
#include "presence/principal.h"

namespace presence {

void intrusive_ptr_release(Principal* p) {
    if (--p->references_ > 0) return;
    auto node = p->table_.by_key_.extract(std::string_view(p->key_));  // the key dies with the principal
}

PrincipalRef PrincipalTable::intern(const std::string& key, const std::string& url) {
    if (const auto it = by_key_.find(key); it != by_key_.end()) return PrincipalRef(it->second.get());
    std::unique_ptr<Principal> fresh(new Principal(*this, key, url));  // the owning table; its constructor is private
    const PrincipalRef ref(fresh.get());
    by_key_.emplace(std::string_view(ref->key()), std::move(fresh));
    return ref;
}

}  // namespace presence
