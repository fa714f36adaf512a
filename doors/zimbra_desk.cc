// doors/zimbra_desk.cc: Zimbra IM over SOAP and JSON: who calls, in which session, and how he is answered.
// SPDX-License-Identifier: Apache-2.0
#include "doors/zimbra_desk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "doors/target.h"

namespace doors {

using base::Errc;

namespace {

constexpr std::chrono::seconds kSweep{60};
constexpr std::string_view kRoot = "/service/soap";

// By which the log knows it.
std::string trace_of(const base::Request& request) { return "rvpd-" + std::to_string(request.id); }

}  // namespace

struct ZimbraDesk::Row {
    std::string_view ns, name;
    Handler handler;
    bool open = false;  ///< to those who have not logged in
};

const ZimbraDesk::Row* ZimbraDesk::row_of(const ZimbraElement& request) {
    static const std::array<Row, 5> kRows = {{
        {kZimbraAccount, "AuthRequest", &ZimbraDesk::auth, true},
        {kZimbraAccount, "EndSessionRequest", &ZimbraDesk::end_session},
        {kZimbraAccount, "GetInfoRequest", &ZimbraDesk::get_info},
        {kZimbraMail, "NoOpRequest", &ZimbraDesk::no_op},
        {kZimbraIm, "", &ZimbraDesk::im},
    }};
    const auto is = [&request](const Row& row) {
        return row.ns == request.ns && (row.name.empty() ? ZimbraIm::knows(request.name) : row.name == request.name);
    };
    const auto found = std::ranges::find_if(kRows, is);
    return found == kRows.end() ? nullptr : &*found;
}

ZimbraDesk::ZimbraDesk(ZimbraHouse house, std::function<bool()> closed, ZimbraSettings settings)
    : house_(std::move(house)), too_many_(std::move(closed)), settings_(std::move(settings)), im_(house_),
      tokens_(house_.clock, house_.gate), sessions_(house_.wheel, house_.clock, settings_.sessions),
      change_(std::chrono::duration_cast<std::chrono::milliseconds>(house_.clock.wall().time_since_epoch()).count()) {
    house_.persona = [this](const std::string& key) {
        const auto found = people_.find(key);
        return found == people_.end() ? nullptr : found->second.persona.get();
    };
    change(settings_);
    house_.service.listen(static_cast<presence::RosterEvents&>(*this));
    house_.wheel.arm(*this, house_.clock.now() + kSweep);
}

ZimbraDesk::~ZimbraDesk() {
    close();
    house_.service.unlisten(static_cast<presence::RosterEvents&>(*this));
}

void ZimbraDesk::change(ZimbraSettings settings) {
    settings_ = std::move(settings);
    settings_.sessions.ids = SessionRule::Ids::number;
    settings_.limits.session_life = settings_.sessions.life;
    house_.limits = settings_.limits;
    sessions_.change(settings_.sessions);
}

bool ZimbraDesk::serves(std::string_view target) { return is_under(target, kRoot); }

// -- sessions

ZimbraDesk::State* ZimbraDesk::state_of(const std::string& id) const {
    Session* session = sessions_.find(id);
    return session ? static_cast<State*>(session->state.get()) : nullptr;
}

void ZimbraDesk::end_session(const std::string& id, bool asked) {
    Session* session = sessions_.find(id);
    if (!session) return;
    static_cast<State&>(*session->state).asked = asked;
    sessions_.end(*session);
}

void ZimbraDesk::left(State& state) {
    const auto person = people_.find(state.persona->key());
    if (person != people_.end()) std::erase(person->second.sessions, &state);
    state.queue->close();  // first: whoever hears that he leaves must not log on again in it
    state.persona->leave(*state.queue, state.asked);
}

void ZimbraDesk::on_due(base::Instant due) {
    house_.wheel.arm(*this, due + kSweep);
    std::erase_if(people_, [](const auto& one) {
        const auto& [persona, sessions] = one.second;
        return sessions.empty() && persona->is_idle() && persona.use_count() == 1;  // else a call of his is under way
    });
}

void ZimbraDesk::account_changed(const std::string& account) {
    const auto found = people_.find(presence::alias_key(account));
    if (found == people_.end() || house_.gate.stamp(account) == found->second.persona->proved().stamp) return;
    const auto persona = found->second.persona;
    std::vector<std::string> ids;
    for (const State* state : found->second.sessions) ids.push_back(state->id);
    for (const std::string& id : ids) end_session(id, true);
    persona->leave_rooms();  // also those that he entered without a session
    people_.erase(persona->key());
}

void ZimbraDesk::close() {
    closing_ = true;
    for (const auto& [key, person] : people_) {
        const auto sessions = person.sessions;
        for (State* state : sessions) state->queue->let_go(false);
    }
}

base::Response ZimbraDesk::too_large(const base::Request& request, const base::Error& error) const {
    const bool json = base::to_lower(request.header("Content-Type").value_or("")).find("json") != std::string::npos;
    const auto dialect = json ? ZimbraDialect::json : ZimbraDialect::soap12;
    return zimbra_answer(dialect, std::nullopt, zimbra_fault_element(dialect, zimbra_invalid(error.text), trace_of(request)), true);
}

// -- who calls

ZimbraDesk::Person& ZimbraDesk::person_of(Exchange& e, const Proved& whom, presence::NodeName own) {
    Person& person = people_[own.key];
    if (person.persona) {
        person.persona->proved_again(whom);
        return person;
    }
    presence::Caller caller;
    caller.key = own.key;
    caller.url = house_.service.realm().url_of(own.key);
    caller.proof = presence::Proof::digest;  // a password, as with Digest
    caller.source = e.peer;
    caller.connection = base::ConnectionId(UINT64_MAX);  // no connection's view is his
    person.persona = std::make_shared<ZimbraPersona>(house_, whom, std::move(own), std::move(caller));
    return person;
}

std::expected<void, ZimbraFault> ZimbraDesk::enter(Exchange& e, const Proved& whom) {
    auto own = house_.service.account_here(whom.account);
    if (!own) return std::unexpected(zimbra_fault_of(own.error()));
    e.persona = person_of(e, whom, std::move(*own)).persona;
    return e.context.wants_session ? open_session(e) : std::expected<void, ZimbraFault>();
}

// Whose session it is, is looked up with it: an id is no secret.
std::expected<void, ZimbraFault> ZimbraDesk::open_session(Exchange& e) {
    State* state = e.context.session.empty() ? nullptr : state_of(e.context.session);
    if (!state || state->persona != e.persona) {
        Person& person = people_.at(e.persona->key());
        while (!person.sessions.empty() && person.sessions.size() >= settings_.sessions.most_of_user) {
            const auto oldest = std::ranges::min_element(person.sessions, {}, &State::used);
            end_session(std::string((*oldest)->id), false);
        }
        const auto overflow = [this](ZimbraQueue& queue) {
            for (const auto& [key, one] : people_) {
                const auto its = std::ranges::find_if(one.sessions, [&queue](const State* s) { return s->queue.get() == &queue; });
                if (its != one.sessions.end()) return end_session(std::string((*its)->id), false);
            }
        };
        auto made = std::make_unique<State>(e.persona, std::make_shared<ZimbraQueue>(settings_.limits.queue, house_.post, overflow),
                                            [this](State& over) { left(over); });
        state = made.get();
        const auto session = sessions_.open(e.persona->proved().account, e.persona->proved().stamp, e.peer, std::move(made));
        if (!session) return std::unexpected(zimbra_fault_of(session.error()));
        state->id = (*session)->id;
        people_.at(e.persona->key()).sessions.push_back(state);
        e.new_session = true;
        e.context.seen = -1;
    }
    state->used = ++uses_;
    sessions_.touch(*sessions_.find(state->id));
    e.session = state->id;
    e.queue = state->queue;
    e.queue->acknowledge(e.context.seen);
    e.begin_act();
    return {};
}

std::expected<void, ZimbraFault> ZimbraDesk::identify(Exchange& e, bool logs_in) {
    if (logs_in) return {};
    const auto found = tokens_.look(e.context.token);
    using enum ZimbraTokens::Found::What;
    if (found.what == expired && !e.context.void_on_expired) {
        return std::unexpected(ZimbraFault{"service.AUTH_EXPIRED", "auth credentials have expired", false});
    }
    if (found.what != good) return {};
    e.left = found.left;
    return enter(e, found.whom);
}

// -- calls

void ZimbraDesk::serve(const base::Request& request, base::Responder responder) {
    if (request.method != "POST") {
        base::Response response;
        response.status = 405;
        response.with("Allow", "POST").with("Content-Type", "text/plain; charset=utf-8");
        response.body = "requests are posted here\n";
        return responder(std::move(response));
    }
    const auto e = std::make_shared<Exchange>();
    e->respond = std::move(responder);
    e->trace = trace_of(request);
    e->peer = request.peer;
    e->tls = request.tls;
    auto call = read_zimbra(request.body, settings_.bounds);
    if (!call) {
        e->dialect = call.error().answer_in;
        return refuse(*e, call.error().fault);
    }
    e->dialect = call->answer_in;
    auto context = read_zimbra_context(call->context, request);
    if (!context) return refuse(*e, context.error());
    e->context = std::move(*context);
    if (call->request.name.empty()) return refuse(*e, zimbra_invalid("the Body holds no request"));
    const bool logs_in = call->request.name == "AuthRequest" && call->request.ns == kZimbraAccount;
    if (logs_in && too_many_ && too_many_()) {
        base::Response busy;
        busy.status = 503;
        busy.with("Retry-After", "1");
        return e->respond(std::move(busy));
    }
    // Whoever was there before there were contexts waits for a session.
    if (logs_in && !e->context.said) e->context.wants_session = true;
    if (const auto known = identify(*e, logs_in); !known) return refuse(*e, known.error());
    if (e->persona && !e->context.act_for.empty()) {
        const auto named = house_.service.contact_account(e->context.act_for);
        const bool self = e->context.act_for_id ? e->context.act_for == zimbra_account_id(e->persona->key())
                                                : named && *named == e->persona->key();
        if (!self) return refuse(*e, {"service.PERM_DENIED", "permission denied: can not act for another account", false});
    }
    auto requests = requests_of(*e, std::move(call->request));
    if (!requests) {
        e->outcome = std::unexpected(requests.error());
        return finish(*e);
    }
    e->requests = std::move(*requests);
    run(e);
}

std::expected<std::vector<ZimbraElement>, ZimbraFault> ZimbraDesk::requests_of(Exchange& e, ZimbraElement request) const {
    std::vector<ZimbraElement> all;
    if (request.name != "BatchRequest" || request.ns != kZimbra) {
        all.push_back(std::move(request));
        return all;
    }
    e.batch = ZimbraElement("BatchResponse", std::string(kZimbra));
    if (const auto id = request.get("requestId")) e.batch->set("requestId", *id);
    const std::string on_error = request.get("onerror").value_or("continue");
    if (on_error != "continue" && on_error != "stop") return std::unexpected(zimbra_invalid("unknown value for onerror: " + on_error.substr(0, 32)));
    e.stops = on_error == "stop";
    if (request.children.size() > settings_.batch) {
        return std::unexpected(zimbra_invalid("a batch of more than " + std::to_string(settings_.batch) + " requests (limits.soap_batch)"));
    }
    return std::move(request.children);
}

// One after the other; some are answered at once, some later.
void ZimbraDesk::run(const ExchangeRef& e) {
    while (e->at < e->requests.size() && !(e->failed && e->stops)) {
        const std::size_t at = e->at;
        auto returned = std::make_shared<bool>(false);
        serve_one(e, e->requests[at], [this, alive = std::weak_ptr(alive_), e, at, returned](std::expected<ZimbraElement, ZimbraFault> how) {
            if (alive.expired()) return;
            take(*e, e->requests[at], std::move(how));
            ++e->at;
            if (*returned) run(e);
        });
        *returned = true;
        if (e->at == at) return;
    }
    if (!e->finished) finish(*e);
}

void ZimbraDesk::serve_one(const ExchangeRef& e, const ZimbraElement& request, ZimbraReply reply) {
    const Row* row = row_of(request);
    const std::string name = base::clipped(request.name, 64);
    if (!row) return reply(std::unexpected(ZimbraFault{"service.UNKNOWN_DOCUMENT", "unknown document: " + name, false}));
    if (!row->open && !e->persona) return reply(std::unexpected(ZimbraFault{"service.AUTH_REQUIRED", "no valid authtoken present", false}));
    (this->*row->handler)(e, request, std::move(reply));
}

void ZimbraDesk::take(Exchange& e, const ZimbraElement& request, std::expected<ZimbraElement, ZimbraFault> how) const {
    const auto id = request.get("requestId");
    if (how) {
        how->name = zimbra_response_name(request.name);
        how->ns = request.ns;
        if (id) how->set("requestId", *id);
    } else {
        e.failed = true;
    }
    if (!e.batch) {
        e.single_id = id;
        e.outcome = std::move(how);
        return;
    }
    ZimbraElement answer = how ? std::move(*how) : zimbra_fault_element(e.dialect, how.error(), e.trace);
    if (!how && id) answer.set("requestId", *id);
    answer.shape = ZimbraElement::Shape::repeated;
    e.batch->add(std::move(answer));
}

// -- answers

ZimbraElement ZimbraDesk::context_of(Exchange& e, ZimbraQueue::Blocks& blocks) {
    ZimbraElement context("context", std::string(kZimbra));
    if (!e.persona) return context;
    const bool there = e.queue && !e.queue->closed();
    if (there) {
        e.persona->look_at_gateways();
        e.queue->acknowledge(e.context.seen);
        blocks = e.queue->collect();
        for (const char* name : {"session", "sessionId"}) {
            context.add_text(name, e.session).set("id", e.session);
        }
    }
    change_ += blocks.empty() ? 0 : 1;
    context.add(ZimbraElement("change")).set("token", change_);
    if (there && e.new_session) {
        ZimbraElement& refresh = context.add(ZimbraElement("refresh"));
        refresh.add_text("version", settings_.version, ZimbraElement::Shape::member);
        refresh.add(ZimbraElement("mbx")).set("s", std::int64_t{0});
        refresh.add(ZimbraElement("folder")).set("id", "1").set("name", "USER_ROOT");
    }
    for (const auto& block : blocks) {
        ZimbraElement& notify = context.add(ZimbraElement("notify"));
        notify.set("seq", static_cast<std::int64_t>(block->seq));
        ZimbraElement& im = notify.add(ZimbraElement("im"));
        for (const ZimbraNews& news : block->news) im.add(*news.n);
    }
    return context;
}

void ZimbraDesk::finish(Exchange& e) {
    e.finished = true;
    ZimbraQueue::Blocks blocks;
    ZimbraElement context = context_of(e, blocks);
    ZimbraElement content;
    const bool is_fault = !e.outcome.has_value();
    if (is_fault) {
        content = zimbra_fault_element(e.dialect, e.outcome.error(), e.trace);
        if (e.single_id) content.set("requestId", *e.single_id);
    } else {
        content = e.batch ? std::move(*e.batch) : std::move(*e.outcome);
    }
    base::Response response = zimbra_answer(e.dialect, std::move(context), std::move(content), is_fault);
    if (e.cookie) response.with("Set-Cookie", *e.cookie);
    if (!blocks.empty()) {
        const auto settle = [queue = e.queue, blocks = std::move(blocks)](bool whole) { queue->written(blocks, whole); };
        response.written = base::Once<void(bool)>(settle, [settle] { settle(false); });
    }
    e.respond(std::move(response));
    e.end_act();
}

void ZimbraDesk::refuse(Exchange& e, const ZimbraFault& fault) const {
    e.respond(zimbra_answer(e.dialect, std::nullopt, zimbra_fault_element(e.dialect, fault, e.trace), true));
}

// -- rosters

void ZimbraDesk::roster_put(const std::string& owner, const presence::RosterEntry& entry) {
    if (auto* persona = house_.persona(owner)) persona->roster_put(entry);
}

void ZimbraDesk::roster_removed(const std::string& owner, const presence::RosterEntry& left) {
    if (auto* persona = house_.persona(owner)) persona->roster_removed(left);
}

void ZimbraDesk::asked(const std::string& owner, const presence::PresenceAsk& ask) {
    if (auto* persona = house_.persona(owner)) persona->asked(ask);
}

void ZimbraDesk::privacy_set(const std::string& owner, const presence::PrivacyList& list) {
    if (auto* persona = house_.persona(owner)) persona->privacy_set(list);
}

}  // namespace doors
