// server/part_settings.cc: from options to settings, and nothing else.
// SPDX-License-Identifier: Apache-2.0
#include "server/part_settings.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "base/text.h"
#include "server/make_schemes.h"
#include "server/version.h"

namespace server {
namespace {

// Ids of a daemon that remembers nothing must not be those it gave before it was restarted: they start at the
// seconds of the calendar, 16 for each.
std::uint32_t first_id(const base::Clock& clock) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
    return static_cast<std::uint32_t>(seconds * 16 % presence::kMaxWireId) + 1;
}

}  // namespace

presence::Settings make_presence_settings(const Config& config, const base::Clock& clock) {
    presence::Settings s;
    s.subscription = {config.lease_subscription_min, config.lease_subscription_default, config.lease_subscription_max};
    s.state = {config.lease_presence_min, config.lease_presence_default, config.lease_presence_max};
    s.linger = config.lease_linger;
    s.settle = config.lease_settle;
    s.jitter_percent = config.lease_jitter_percent;
    for (const std::string& prefix : config.nodes_auto_create) s.auto_create.push_back(base::to_lower(prefix));
    s.nodes_per_principal = static_cast<std::size_t>(config.limit_nodes_per_principal);
    s.nodes_per_domain = static_cast<std::size_t>(config.limit_nodes_per_domain);
    s.subscriptions_per_principal = static_cast<std::size_t>(config.limit_subscriptions_per_principal);
    s.call_backs.per_principal = {static_cast<std::size_t>(config.limit_foreign_call_backs),
                                  static_cast<std::size_t>(config.limit_new_foreign_call_backs)};
    s.call_backs.per_host = {static_cast<std::size_t>(config.limit_call_backs_per_host),
                             static_cast<std::size_t>(config.limit_new_call_backs_per_host)};
    s.views_per_node = static_cast<std::size_t>(config.limit_views_per_principal);
    s.properties_per_node = static_cast<std::size_t>(config.limit_properties_per_node);
    s.acl_entries = static_cast<std::size_t>(config.limit_acl_entries);
    s.contacts_per_account = static_cast<std::size_t>(config.limit_contacts_per_account);
    s.asks_per_account = static_cast<std::size_t>(config.limit_asks_per_account);
    s.privacy_lists = static_cast<std::size_t>(config.limit_privacy_lists);
    s.privacy_items = static_cast<std::size_t>(config.limit_privacy_items);
    s.rooms.rooms = static_cast<std::size_t>(config.limit_rooms);
    s.rooms.per_principal = static_cast<std::size_t>(config.limit_rooms_per_principal);
    s.rooms.occupants = static_cast<std::size_t>(config.limit_room_occupants);
    s.rooms.members = static_cast<std::size_t>(config.limit_room_members);
    s.rooms.name_bytes = static_cast<std::size_t>(config.limit_room_name_bytes);
    s.rooms.text_bytes = static_cast<std::size_t>(config.limit_room_text_bytes);
    s.keep.offline = config.message_offline == "store" ? presence::Offline::store : presence::Offline::reject;
    s.keep.messages = static_cast<std::size_t>(config.limit_kept_messages);
    s.keep.bytes = static_cast<std::size_t>(config.limit_kept_bytes);
    s.keep.age = std::chrono::days(config.message_keep_days);
    for (const std::string& scheme : config.auth_schemes) {
        const bool digest = scheme.starts_with("digest");
        s.provable |= static_cast<presence::Credentials>(digest ? presence::Proof::digest : presence::Proof::ntlm);
    }
    s.archive = config.message_archive && config.store_path != ":memory:";
    s.first_id = first_id(clock);
    return s;
}

CourierSettings make_courier_settings(const Config& config, std::shared_ptr<const TlsTrust> trust) {
    CourierSettings s;
    s.trust = std::move(trust);
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    s.threads = config.push_threads > 0 ? config.push_threads : std::max(1, cores - 1);
    s.queue_per_endpoint = static_cast<std::size_t>(config.limit_queue_per_endpoint);
    s.connections_per_endpoint = static_cast<std::size_t>(config.push_connections_per_endpoint);
    s.slow = std::chrono::milliseconds(config.push_slow_ms);
    s.suspend_after = config.push_suspend_after;
    s.log_attempts = config.log_access;
    return s;
}

base::xml::Bounds make_bounds(const Config& config) {
    base::xml::Bounds b;
    b.bytes = static_cast<std::size_t>(config.limit_body_bytes);
    b.depth = static_cast<int>(config.limit_xml_depth);
    b.elements = static_cast<int>(config.limit_xml_elements);
    b.attributes = static_cast<int>(config.limit_xml_attributes);
    return b;
}

AdmissionBudgets make_budgets(const Config& config) {
    return {.in = std::chrono::milliseconds(config.limit_log_on_ms),
            .out = std::chrono::milliseconds(config.limit_push_wait_ms)};
}

AccountSettings make_account_settings(const Config& config) {
    return {config.auth_realm.empty() ? config.domain : config.auth_realm,
            {config.auth_nt_domain, config.mail_domain},
            offers(config, "ntlm"), config.auth_msnp_proof};
}

doors::BsimSettings make_bsim_settings(const Config& config) {
    doors::BsimSettings s;
    s.sessions = {config.bsim_session, static_cast<std::size_t>(config.limit_sessions),
                  static_cast<std::size_t>(config.limit_sessions_per_account)};
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.extensions = config.bsim_extensions;
    s.inlined = config.bsim_inline;
    s.utc = config.bsim_utc;
    return s;
}

doors::ZimbraSettings make_zimbra_settings(const Config& config) {
    doors::ZimbraSettings s;
    s.sessions = {config.zimbra_session, static_cast<std::size_t>(config.limit_sessions),
                  static_cast<std::size_t>(config.zimbra_sessions_per_account), doors::SessionRule::Ids::number};
    s.limits.chats = {static_cast<std::size_t>(config.limit_chats_per_account),
                      static_cast<std::size_t>(config.limit_messages_per_chat)};
    s.limits.queue = static_cast<std::size_t>(config.limit_queue_per_session);
    s.limits.html = {static_cast<std::size_t>(config.zimbra_html_bytes), config.zimbra_html_depth};
    s.limits.chat_life = config.zimbra_chat_idle;
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.batch = static_cast<std::size_t>(config.limit_soap_batch);
    s.token_life = config.zimbra_token;
    s.version = kVersion;
    return s;
}

doors::MsnpSettings make_msnp_settings(const Config& config) {
    doors::MsnpSettings s;
    s.packets.payload_bytes = static_cast<std::size_t>(config.limit_body_bytes);
    s.bounds = make_bounds(config);
    s.bounds.elements = static_cast<int>(config.limit_soap_elements);
    s.endpoints_per_account = static_cast<std::size_t>(config.limit_sessions_per_account);
    s.contacts_per_packet = static_cast<std::size_t>(config.msnp_contacts_per_packet);
    s.pace = {static_cast<std::size_t>(config.msnp_requests_per_s), static_cast<std::size_t>(config.msnp_requests_at_once)};
    s.transfer = config.msnp_transfer;
    return s;
}

}  // namespace server
