// doors/msnp_desk.cc: the MSNP24 door.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_desk.h"

#include <utility>

namespace doors {

MsnpDesk::MsnpDesk(MsnpHouse house) : house_(std::move(house)) { house_.service.listen(static_cast<presence::ContactEvents&>(*this)); }

MsnpDesk::~MsnpDesk() { house_.service.unlisten(static_cast<presence::ContactEvents&>(*this)); }

std::unique_ptr<MsnpLine> MsnpDesk::open(MsnpOut& out, const MsnpPeer& peer) {
    return std::make_unique<MsnpLine>(house_, crowd_, failures_, out, peer);
}

void MsnpDesk::account_changed(const std::string& account) {
    const auto name = house_.service.name_of(account);
    if (!name) return;
    for (MsnpMember* member : crowd_.of(name->key)) member->end("Your password is another.");
}

void MsnpDesk::contact_put(const std::string& owner, const presence::ListedContact& contact, bool) {
    for (MsnpMember* member : crowd_.of(owner)) member->contact_put(contact);
}

void MsnpDesk::contact_removed(const std::string& owner, const presence::ListedContact& contact) {
    for (MsnpMember* member : crowd_.of(owner)) member->contact_removed(contact);
}

}  // namespace doors
