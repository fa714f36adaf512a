// presence/principal.cc: identities, interned.
// SPDX-License-Identifier: Apache-2.0
#include "presence/principal.h"

namespace presence {

void intrusive_ptr_release(Principal* p) {
    if (--p->references_ > 0) return;
    const auto gone = p->table_.by_key_.take(*p);
}

PrincipalRef PrincipalTable::intern(const std::string& key, const std::string& url) {
    if (Principal* known = by_key_.find(key)) return PrincipalRef(known);
    std::unique_ptr<Principal> fresh(new Principal(*this, key, url));  // the owning table; its constructor is private
    return PrincipalRef(&by_key_.add(std::move(fresh)));
}

}  // namespace presence
