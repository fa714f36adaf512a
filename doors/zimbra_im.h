// doors/zimbra_im.h: the IM requests of the Zimbra door.
// SPDX-License-Identifier: Apache-2.0
// Spec: zimbra-im 3
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doors/zimbra_asker.h"
#include "doors/zimbra_envelope.h"
#include "doors/zimbra_persona.h"

namespace doors {

class ZimbraRooms;

/// Thread: loop.
class ZimbraIm {
public:
    /// Both are borrowed.
    explicit ZimbraIm(ZimbraHouse& house);
    ~ZimbraIm();

    [[nodiscard]] static bool knows(std::string_view request);
    /// `request` is one that it knows, and lives as long as `reply`. A session is logged in to IM by any of them.
    void serve(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);

private:
    using Handler = void (ZimbraIm::*)(const ZimbraAsker&, const ZimbraElement&, ZimbraReply);
    static Handler handler_of(std::string_view request);

    void get_roster(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void subscribe(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void authorize(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void set_presence(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void send_message(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void get_chat(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void modify_chat(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void set_idle(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void gateway_list(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void gateway_register(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void get_privacy(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void set_privacy(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void join_room(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void get_configuration(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void list_services(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);
    void list_rooms(const ZimbraAsker& asker, const ZimbraElement& request, ZimbraReply reply);

    /// The account of an address as clients write it: Service::contact_account.
    [[nodiscard]] std::expected<std::string, ZimbraFault> account(const std::string& address) const;
    [[nodiscard]] std::expected<ZimbraPersona::Said, ZimbraFault> said(const ZimbraElement& message) const;

    ZimbraHouse& house_;
    std::unique_ptr<ZimbraRooms> rooms_;
};

}  // namespace doors
