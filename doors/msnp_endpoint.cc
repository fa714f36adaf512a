// doors/msnp_endpoint.cc: an account that is bound over one connection of MSNP24: its presence and its contacts.
// SPDX-License-Identifier: Apache-2.0
#include "doors/msnp_endpoint.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "doors/msnp_names.h"
#include "doors/rich_text.h"
#include "doors/states.h"
#include "doors/together.h"

namespace doors {

using base::Errc;
using base::equal_ignoring_case;
using base::fail;
using base::xml::Element;
using presence::ListedContact;

namespace {

constexpr std::chrono::minutes kLease{6};  // a connection that is silent for five is closed
constexpr std::chrono::seconds kRenewEvery{10};  // however much the client says
constexpr std::size_t kMostMood = 1024;    // bytes, as the Zimbra door takes

// All that contacts are ever told: a client's reader dies of any other word (msnp24 5).
std::string_view code_for_contacts(const presence::Status& seen) {
    const std::string_view code = msn_code(seen);
    if (code == "NLN" || code == "HDN") return code;
    return code == "BSY" || code == "PHN" ? "BSY" : "AWY";
}

std::string status_element(std::string_view code) {
    return R"(<s n="IM"><Status>)" + std::string(code) + "</Status></s>";
}

std::string_view attribute(const Element& element, std::string_view name) {
    const auto found = std::ranges::find_if(element.attributes, [name](const auto& a) { return equal_ignoring_case(a.local, name); });
    return found == element.attributes.end() ? std::string_view() : found->value;
}

/// What a service of `<user>` says under this name; nullopt: nothing.
std::optional<std::string> said(const Element& user, std::string_view service, std::string_view name) {
    for (const Element& s : user.children) {
        if (s.local != "s" || !equal_ignoring_case(attribute(s, "n"), service)) continue;
        if (const Element* found = s.child(name)) return std::string(base::trim(found->all_text()));
    }
    return std::nullopt;
}

/// What he writes beside his status: as markup, or plainly as older clients do.
std::optional<std::string> mood_of(const Element& user) {
    auto mood = said(user, "SKP", "Mood");
    if (mood) mood = plain_of_rich(*mood);
    else mood = said(user, "PE", "PSM");
    if (mood) mood = base::clipped(std::move(*mood), kMostMood);
    return mood;
}

/// Readers take the text of the element for markup.
std::string mood_element(const std::string& mood) {
    std::string element = R"(<s n="SKP"><Mood>)";
    base::xml::append_escaped(element, rich_of_plain(mood));
    return element + "</Mood></s>";
}

/// One `<c>` of `<ml>`.
struct Uploaded {
    std::string name;
    unsigned lists = 1;  ///< 1 forward, 2 allow, 4 block, 8 reverse, 16 pending
};
constexpr unsigned kForward = 1, kAllow = 2, kBlock = 4;

void collect(const Element& in, std::string_view domain, std::vector<Uploaded>& found) {
    for (const Element& child : in.children) {
        if (child.local != "c") {
            collect(child, child.local == "d" ? attribute(child, "n") : "", found);
            continue;
        }
        Uploaded one{std::string(attribute(child, "n")), 0};
        if (!domain.empty()) one.name += "@" + std::string(domain);
        for (const Element& s : child.children) {
            one.lists |= static_cast<unsigned>(base::parse_number(attribute(s, "l"), 255).value_or(0));
        }
        if (one.lists == 0) one.lists = static_cast<unsigned>(base::parse_number(attribute(child, "l"), 255).value_or(kForward));
        if (!one.name.empty()) found.push_back(std::move(one));
    }
}

/// Tells of nothing but troubles of ours: over an error clients end, though it were but about their own lists.
MsnpEndpoint::Done forgiving(MsnpEndpoint::Done done) {
    return [done = std::move(done)](const base::Result<void>& how) mutable {
        done(how || base::is_own_trouble(how.error().code) ? how : base::Result<void>());
    };
}

}  // namespace

std::size_t contacts_in(const Element& list) {
    std::vector<Uploaded> named;
    collect(list, "", named);
    return named.size();
}

MsnpEndpoint::MsnpEndpoint(MsnpHouse& house, MsnpCrowd& crowd, MsnpOut& out, presence::Caller caller, presence::NodeName own,
                           std::string endpoint, std::string context)
    : house_(house), crowd_(crowd), out_(out), own_(own.key), endpoint_(std::move(endpoint)), context_(std::move(context)),
      sign_in_(std::make_unique<SignIn>(house.service, house.boxes, house.clock, std::move(caller), std::move(own), kLease,
                                        static_cast<SignInEvents&>(*this))),
      since_(house.clock.now()), renewed_(since_), history_(house.talks, house.service.realm(), own_, &house.service),
      marks_(crowd.horizons().of(house.journal, own_)), seats_(house, sign_in_->caller(), "msnp/" + context_) {
    crowd_.join(own_, *this);
}

MsnpEndpoint::~MsnpEndpoint() {
    alive_.reset();
    crowd_.leave(own_, *this);
    seats_.leave_all();
    marks_.keep();
    sign_in_.reset();
    house_.boxes.settle_late(sent_, false);
}

void MsnpEndpoint::begin(Done done) {
    sign_in_->log_on([this, done = std::move(done)](const base::Result<void>& how) mutable {
        if (how) seat_soon();
        done(how);
    });
}

void MsnpEndpoint::keep_alive() {
    const base::Instant now = house_.clock.now();
    if (!sign_in_ || now - renewed_ < kRenewEvery) return;
    renewed_ = now;
    sign_in_->keep_alive();
}

void MsnpEndpoint::sign_off() {
    if (!sign_in_) return;
    seats_.leave_all();
    sign_in_->sign_off();
}

std::string MsnpEndpoint::own_alias() const { return std::string(presence::alias_of(own_)); }

std::string MsnpEndpoint::name() const { return msnp_name(own_alias(), endpoint_); }

void MsnpEndpoint::end(const std::string& why) {
    if (!sign_in_) return;
    alive_.reset();  // what is still under way has nobody to act for
    seats_.end();
    sign_in_.reset();
    house_.boxes.settle_late(std::exchange(sent_, {}), false);
    out_.send(msnp_packet("OUT", 0, "CON", MsnpWriter().end().body(why).take()));
    out_.close();
}

// -- presence

void MsnpEndpoint::set_presence(const Element& user, Done answered) {
    Done done = [this, alive = std::weak_ptr(alive_), answered = std::move(answered)](const base::Result<void>& how) mutable {
        if (alive.expired()) return;  // and whoever asked was told OUT, or is not there
        seat_soon();
        answered(how);
    };
    const auto code = said(user, "IM", "Status");
    auto state = code ? status_of_msn_code(*code) : std::nullopt;
    if (code && !state) return done(fail(Errc::malformed, "There is no such status."));
    Together both(std::move(done));
    if (const auto name = said(user, "PE", "FriendlyName"); name && !name->empty()) {
        const presence::Node* node = house_.service.nodes().find(own_);
        const bool sound = presence::check_names({own_, *name, std::nullopt, std::nullopt}).has_value();
        if (sound && (!node || node->displayname() != *name)) sign_in_->set_name(*name, forgiving(both.one()));
    }
    if (auto mood = mood_of(user)) held_mood_ = std::move(mood);
    if (state) own_code_ = code_for_contacts(*state);
    // Else who hides would show by it that he is there.
    std::optional<std::string> mood;
    if (is_seen(state)) mood = std::exchange(held_mood_, std::nullopt);
    if (mood) own_mood_ = *mood;
    if (state) {
        sign_in_->set_state(std::move(*state), std::nullopt, std::move(mood), both.one());
    } else if (mood) {
        sign_in_->set_text(*mood, both.one());
    }
    both.all_begun();
}

bool MsnpEndpoint::is_seen(const std::optional<presence::Status>& state) const {
    if (state) return !state->for_others().is_offline();
    const presence::Node* node = house_.service.nodes().find(own_);
    return node && !node->told.for_others().is_offline();
}

void MsnpEndpoint::own_state(const presence::Status& state) {
    seat_soon();
    const std::string_view code = code_for_contacts(state);
    if (code == own_code_ || code == "HDN" || own_code_.empty()) return;
    own_code_ = code;
    tell_himself();
}

void MsnpEndpoint::own_text(const std::string& text) {
    if (std::exchange(own_mood_, text) != text && !own_code_.empty() && own_code_ != "HDN") tell_himself();
}

void MsnpEndpoint::tell_himself() {
    notify("PUT", name(), "<user>" + status_element(own_code_) + mood_element(own_mood_) + "</user>");
}

void MsnpEndpoint::watch_buddies() {
    if (std::exchange(watching_, true) || !sign_in_) return;
    const auto* contacts = house_.service.contacts(own_);
    if (!contacts) return;
    for (const ListedContact& contact : contacts->all()) watch(contact);
}

void MsnpEndpoint::watch(const ListedContact& contact) {
    if (!watching_ || !sign_in_ || contact.blocked || contact.account == own_) return;
    if (const auto name = house_.service.person(contact.account)) sign_in_->watch(*name);
}

void MsnpEndpoint::contact_put(const ListedContact& contact) {
    if (!contact.blocked) return watch(contact);
    contact_removed(contact);
}

void MsnpEndpoint::contact_removed(const ListedContact& contact) {
    if (!sign_in_) return;
    sign_in_->unwatch(contact.account);
    other_changed(contact.account);
}

void MsnpEndpoint::other_changed(const std::string& account) {
    std::erase(changed_, account);
    changed_.push_back(account);
    pump_soon();
}

void MsnpEndpoint::tell_state(const std::string& account) {
    const Watched* watched = sign_in_->watched(account);
    const std::string key = presence::key_of_account(account);
    const std::string_view code = watched ? code_for_contacts(watched->state) : "HDN";
    if (code == "HDN") {
        // Under the endpoint that he was told: who hides and who goes look alike.
        const auto gone = told_.extract(account);
        if (!gone.empty()) notify("DEL", msnp_name_of(key, gone.mapped().endpoint), "<user>" + status_element("FLN") + "</user>");
        return;
    }
    std::string user = "<user>" + status_element(code);
    if (!watched->name.empty() && watched->name != presence::alias_of(key)) {
        user += R"(<s n="PE"><FriendlyName>)";
        base::xml::append_escaped(user, watched->name);
        user += "</FriendlyName></s>";
    }
    Told& told = told_[account];
    told.endpoint = crowd_.endpoint_of(key);
    // What is left out stays as it was told before.
    if (!watched->text.empty() || !told.mood.empty()) user += mood_element(watched->text);
    told.mood = watched->text;
    user += "</user>";
    notify("PUT", msnp_name_of(key, told.endpoint), user);
}

void MsnpEndpoint::notify(std::string_view kind, const std::string& from, const std::string& user) {
    MsnpWriter out;
    out.header("Context", context_).end();
    out.header("Routing", "1.0").header("To", msnp_name(own_alias())).header("From", from).end();
    out.header("Reliability", "1.0").end();
    out.header("Notification", "1.0").header("NotifNum", std::to_string(last_notice_++)).header("Uri", "/user");
    out.header("NotifType", "Partial").header("Content-Type", "application/user+xml");
    out.header("Content-Length", std::to_string(user.size())).end().body(user);
    out_.send(msnp_packet("NFY", 0, "MSGR\\" + std::string(kind), out.take()));
}

// -- contacts

void MsnpEndpoint::put_contacts(const Element& list, Done done) {
    std::vector<Uploaded> uploaded;
    collect(list, "", uploaded);
    const auto* contacts = house_.service.contacts(own_);
    const auto asks = house_.service.asks(own_);
    presence::ContactsPatch patch{sign_in_->own(), {}};
    std::vector<std::string> allowed;
    for (const Uploaded& one : uploaded) {
        const auto account = house_.service.contact_account(without_live(one.name));
        if (!account || *account == own_) continue;
        // This is all that a client of this door can answer with. Whom nobody asked for is allowed or not as ever.
        const bool waits = std::ranges::find(asks, *account, &presence::PresenceAsk::account) != asks.end();
        if (waits && (one.lists & (kAllow | kBlock)) == kAllow) allowed.push_back(*account);
        if ((one.lists & (kForward | kBlock)) == 0) continue;
        const auto known = contacts ? contacts->find(*account) : std::nullopt;
        const bool block = (one.lists & kBlock) != 0;
        // A client that has never heard of a block does not lift it.
        if (known && (!block || known->blocked)) continue;
        patch.contacts.push_back({*account, std::nullopt, std::nullopt, block ? std::optional(true) : std::nullopt});
    }
    patch.contacts = fitting(std::move(patch.contacts));
    Together all(std::move(done));
    for (const std::string& account : allowed) {
        house_.service.decide(sign_in_->own(), {.account = account, .lets_see = true},
                              answering<presence::RosterEntry>(forgiving(all.one())));
    }
    if (!patch.contacts.empty()) house_.service.put_contacts({std::move(patch)}, answering<void>(forgiving(all.one())));
    all.all_begun();
}

std::vector<presence::ContactPatch> MsnpEndpoint::fitting(std::vector<presence::ContactPatch> wanted) const {
    std::ranges::stable_partition(wanted, [](const presence::ContactPatch& one) { return one.blocked == true; });
    const auto* contacts = house_.service.contacts(own_);
    std::size_t left = house_.service.contacts_left(own_);
    std::unordered_set<std::string> seen;
    std::erase_if(wanted, [&](const presence::ContactPatch& one) {
        if (!seen.insert(one.account).second) return true;
        if (contacts && contacts->contains(one.account)) return false;
        return left == 0 || left-- == 0;
    });
    return wanted;
}

void MsnpEndpoint::remove_contacts(const Element& list, Done done) {
    std::vector<Uploaded> named;
    collect(list, "", named);
    const auto* contacts = house_.service.contacts(own_);
    std::vector<std::string> removed;
    presence::ContactsPatch unblocked{sign_in_->own(), {}};
    for (const Uploaded& one : named) {
        const auto account = house_.service.contact_account(without_live(one.name));
        if (!account || !contacts || !contacts->contains(*account)) continue;
        if ((one.lists & kForward) != 0) {
            removed.push_back(*account);
        } else if ((one.lists & kBlock) != 0 && contacts->blocks(*account)) {
            unblocked.contacts.push_back({*account, std::nullopt, std::nullopt, false});
        }
    }
    Together all(std::move(done));
    for (const std::string& account : removed) {
        house_.service.remove_contact(sign_in_->own(), account, answering<void>(forgiving(all.one())));
    }
    if (!unblocked.contacts.empty()) house_.service.put_contacts({std::move(unblocked)}, answering<void>(forgiving(all.one())));
    all.all_begun();
}

}  // namespace doors
