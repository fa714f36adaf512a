// doors/bsim_desk.cc: BSIMService: calls in, answers out.
// SPDX-License-Identifier: Apache-2.0
#include "doors/bsim_desk.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "doors/form_text.h"
#include "doors/target.h"

namespace doors {

using base::clipped;
using base::equal_ignoring_case;

namespace {

constexpr std::string_view kVersion = "v1.0.20080508";
constexpr std::string_view kOurType = "rvp";  // beside "msn": both mean this server
constexpr std::size_t kMostAccounts = 16;     // signed into one session

// Whether the word stands behind the question mark, with or without a value.
bool asks(const base::Request& request, std::string_view word) {
    const auto words = base::split(query_of(request.target), '&');
    return std::ranges::any_of(words, [word](std::string_view w) { return equal_ignoring_case(w.substr(0, w.find('=')), word); });
}

bool is_service(std::string_view path) {
    return equal_ignoring_case(path, kBsimPath) || equal_ignoring_case(path, "/imsoap/") || equal_ignoring_case(path, "/imsoap");
}

base::Response plain(int status, std::string text) {
    base::Response response;
    response.status = status;
    response.with("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(text) + "\n";
    return response;
}

bool may_be_soap(const base::Request& request) {
    const std::string type = base::to_lower(request.header("Content-Type").value_or(""));
    const std::string_view kind = base::trim(std::string_view(type).substr(0, type.find(';')));
    return kind.empty() || kind == "text/xml" || kind == "application/soap+xml" || kind == "application/xml";
}

// The parameter of one of these names, whatever their case and namespace, trimmed; "" when missing.
std::string parameter(const base::xml::Element& in, std::initializer_list<std::string_view> names) {
    for (const auto& child : in.children) {
        for (const std::string_view name : names) {
            if (equal_ignoring_case(child.local, name)) return std::string(base::trim(child.all_text()));
        }
    }
    return "";
}

const base::xml::Element* structure(const base::xml::Element& in, std::string_view name) {
    const auto found = std::ranges::find_if(in.children, [name](const auto& c) { return equal_ignoring_case(c.local, name); });
    return found == in.children.end() ? nullptr : &*found;
}

}  // namespace

/// What a session of this door is: its accounts.
class BsimDesk::State final : public SessionState {
public:
    State(BsimDesk& desk, std::string shown) : desk_(desk), shown_user(std::move(shown)) {}
    ~State() override {
        while (!accounts.empty()) remove(accounts.size() - 1);
    }
    struct Signed {
        std::uint64_t serial;
        std::unique_ptr<BsimAccount> account;
    };
    BsimAccount& add(std::unique_ptr<BsimAccount> account) {
        if (!account->key().empty()) desk_.signed_in_[account->key()].push_back(account.get());
        accounts.push_back({++last_serial_, std::move(account)});
        return *accounts.back().account;
    }
    void remove(std::size_t at) {
        const auto gone = std::move(accounts[at].account);
        accounts.erase(accounts.begin() + static_cast<std::ptrdiff_t>(at));
        const auto all = desk_.signed_in_.find(gone->key());
        if (all == desk_.signed_in_.end()) return;
        std::erase(all->second, gone.get());
        if (all->second.empty()) desk_.signed_in_.erase(all);
    }
    [[nodiscard]] Signed* by_serial(std::uint64_t serial) {
        const auto found = std::ranges::find(accounts, serial, &Signed::serial);
        return found == accounts.end() ? nullptr : &*found;
    }
    /// As the client spells it.
    [[nodiscard]] BsimAccount* called(std::string_view type, std::string_view account) {
        const auto found = std::ranges::find_if(accounts, [&](const Signed& s) {
            return equal_ignoring_case(s.account->type(), type) && equal_ignoring_case(s.account->account(), account);
        });
        return found == accounts.end() ? nullptr : found->account.get();
    }
    [[nodiscard]] BsimAccount* by_key(std::string_view key) {
        const auto found = std::ranges::find_if(accounts, [key](const Signed& s) { return s.account->key() == key && !s.account->over(); });
        return found == accounts.end() ? nullptr : found->account.get();
    }

private:
    BsimDesk& desk_;
    std::uint64_t last_serial_ = 0;

public:
    const std::string shown_user;
    std::vector<Signed> accounts;
};

/// One call under way.
struct BsimDesk::Call {
    const base::Request& request;
    const SoapCall soap;
    bool inlined;
    base::Responder respond;
    const BsimSignature* method = nullptr;
    Session* session = nullptr;

    [[nodiscard]] std::string text(std::initializer_list<std::string_view> names) const { return parameter(soap.method, names); }
    [[nodiscard]] State& state() const { return static_cast<State&>(*session->state); }
    void answer(std::string_view content) { respond(soap_answer(soap.version, content)); }
    void answer_empty() { answer(empty(method->name)); }
    void fault(SoapFault::Whose whose, std::string text) { respond(soap_fault({soap.version, whose, std::move(text)})); }
    void fault(const std::string& why) {
        fault(SoapFault::Whose::server, "Server was unable to process request. ---> " + why);
    }
    static std::string empty(std::string_view method) {
        return "<" + std::string(method) + R"(Response xmlns=")" + std::string(kBsimNamespace) + R"(" />)";
    }
};

BsimDesk::Handler BsimDesk::handler_of(const BsimSignature& method) {
    static constexpr std::array<std::pair<std::string_view, Handler>, 12> kHandlers = {{
        {"GetVersion", &BsimDesk::get_version},
        {"Login", &BsimDesk::login},
        {"LoginIM", &BsimDesk::login_im},
        {"KeepSessionAlive", &BsimDesk::keep_session_alive},
        {"ChangeStatus", &BsimDesk::change_status},
        {"SendMessage", &BsimDesk::send_message},
        {"Logout", &BsimDesk::logout},
        {"LogoutIM", &BsimDesk::logout_im},
        {"ChangeNickname", &BsimDesk::change_nickname},
        {"AddBuddy", &BsimDesk::add_buddy},
        {"DeleteBuddy", &BsimDesk::delete_buddy},
        {"AcceptBuddy", &BsimDesk::accept_buddy},
    }};
    return std::ranges::find(kHandlers, method.name, &std::pair<std::string_view, Handler>::first)->second;  // each is there
}

BsimDesk::BsimDesk(presence::Service& service, Mailboxes& boxes, base::TimerWheel& wheel, const base::Clock& clock,
                   Gate& gate, ComposeMessage compose, std::function<bool()> closed, const BsimSettings& settings)
    : house_{service, boxes, clock, gate, std::move(compose), settings.utc, settings.sessions.life},
      closed_(std::move(closed)), settings_(settings), sessions_(wheel, clock, settings.sessions) {
    service.listen(static_cast<presence::ContactEvents&>(*this));
    service.listen(static_cast<presence::RosterEvents&>(*this));
}

BsimDesk::~BsimDesk() {
    house_.service.unlisten(static_cast<presence::ContactEvents&>(*this));
    house_.service.unlisten(static_cast<presence::RosterEvents&>(*this));
}

void BsimDesk::change(const BsimSettings& settings) {
    settings_ = settings;
    house_.utc = settings.utc;
    house_.life = settings.sessions.life;
    sessions_.change(settings.sessions);
}

bool BsimDesk::serves(std::string_view target) { return is_under(target, "/imsoap", Letters::of_either_case); }

void BsimDesk::serve(const base::Request& request, base::Responder responder) {
    if (!is_service(path_of(request.target))) return responder(plain(404, "only " + std::string(kBsimPath) + " is here"));
    if (request.method == "POST") return post(request, std::move(responder));
    if (request.method == "GET" || request.method == "HEAD") return show(request, std::move(responder));
    base::Response response = plain(405, request.method + " is no method of this service");
    response.with("Allow", "GET, HEAD, POST");
    responder(std::move(response));
}

void BsimDesk::show(const base::Request& request, base::Responder responder) const {
    const bool inlined = settings_.inlined || asks(request, "inline");
    std::string location = (request.tls ? "https://" : "http://") + std::string(request.header("Host").value_or("localhost")) + std::string(kBsimPath);
    if (asks(request, "inline")) location += "?inline";
    base::Response response;
    response.status = 200;
    if (asks(request, "wsdl")) {
        response.with("Content-Type", "text/xml; charset=utf-8");
        response.body = bsim_wsdl(location, settings_.extensions, inlined);
    } else {
        response.with("Content-Type", "text/html; charset=utf-8");
        response.body = bsim_help(location, settings_.extensions);
    }
    responder(std::move(response));
}

void BsimDesk::post(const base::Request& request, base::Responder responder) {
    if (!may_be_soap(request)) {
        return responder(plain(415, "a call is text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2)"));
    }
    auto soap = read_soap(request, settings_.bounds);
    if (!soap) return responder(soap_fault(soap.error()));
    const bool inlined = settings_.inlined || asks(request, "inline");
    Call call{request, std::move(*soap), inlined, std::move(responder), nullptr, nullptr};
    const std::string& name = call.soap.method.local;
    const auto& known = bsim_methods();
    const auto method = std::ranges::find_if(known, [&](const BsimSignature& m) { return equal_ignoring_case(m.name, name); });
    if (method == known.end() || (method->extension && !settings_.extensions)) {
        return call.fault(SoapFault::Whose::client, "Server did not recognize the value of HTTP Header SOAPAction: " + clipped(name, 64) + ".");
    }
    call.method = &*method;
    run(handler_of(*method), call);
}

void BsimDesk::run(Handler handler, Call& call) {
    const auto& parameters = call.method->parameters;
    if (parameters.empty() || parameters.front() != "session") return (this->*handler)(call);
    const auto* shown = structure(call.soap.method, "session");
    call.session = shown ? sessions_.find(parameter(*shown, {"SessionId"})) : nullptr;
    const std::string user = shown ? parameter(*shown, {"UserId"}) : "";
    if (!call.session || (!user.empty() && !equal_ignoring_case(user, call.state().shown_user))) {
        return call.fault("Invalid session");
    }
    Session& session = *call.session;
    for (const auto& one : call.state().accounts) one.account->recheck();
    const bool void_now = house_.gate.stamp(session.user) != session.stamp;
    if (!void_now) {
        sessions_.touch(session);
        for (const auto& one : call.state().accounts) one.account->keep_alive();  // they last as long as the session
        return (this->*handler)(call);
    }
    // Whose password changed hears of it once, if his client still asks; until then all else is refused.
    if (call.state().accounts.empty()) {
        call.fault("Invalid session");
        return sessions_.end(session);
    }
    if (handler != &BsimDesk::keep_session_alive) return call.fault("Invalid session");
    keep_session_alive(call);
    sessions_.end(session);
}

// -- methods

void BsimDesk::get_version(Call& call) {
    call.answer(R"(<GetVersionResponse xmlns="http://www.imcomponents.com"><GetVersionResult>)" + std::string(kVersion) +
                "</GetVersionResult></GetVersionResponse>");
}

void BsimDesk::login(Call& call) {
    if (closed_ && closed_()) {
        base::Response busy = plain(503, "too many log on at once; come again");
        return call.respond(std::move(busy.with("Retry-After", "1")));
    }
    const std::string user = call.text({"userId"});
    const auto proved = house_.gate.prove(clipped(user, kMostName), clipped(call.text({"password"}), kMostPassword + 1));
    if (!proved) return call.fault("Invalid username/password");
    const auto session = sessions_.open(proved->account, proved->stamp, call.request.peer, std::make_unique<State>(*this, user));
    if (!session) return call.fault(session.error().text);
    std::string out = R"(<LoginResponse xmlns="http://www.imcomponents.com"><LoginResult><SessionId>)" + (*session)->id + "</SessionId><UserId>";
    append_content(out, user);
    out += "</UserId><LoginTime>" + bsim_time((*session)->since, house_.utc) + "</LoginTime><ClientIP>" + call.request.peer.text() +
           "</ClientIP></LoginResult></LoginResponse>";
    call.answer(out);
}

void BsimDesk::login_im(Call& call) {
    State& state = call.state();
    const std::string type = clipped(call.text({"imType", "IMType"}), 16);
    const std::string account = clipped(call.text({"account", "IMAccount"}), kMostName);
    const bool ours = equal_ignoring_case(type, "msn") || equal_ignoring_case(type, kOurType);
    const auto proved = house_.gate.prove(account, clipped(call.text({"password"}), kMostPassword + 1));
    const auto name = proved ? house_.service.account_here(proved->account) : base::Result<presence::NodeName>();
    if (state.accounts.size() >= kMostAccounts) return call.fault("as many accounts are signed in as one session may have");
    const auto refuse = [&](std::string why) {
        if (BsimAccount* there = state.called(type, account)) return there->complain(std::move(why));  // there is one IM of each
        state.add(std::make_unique<BsimAccount>(house_, type, account, std::move(why)));
    };
    if (!ours) {
        refuse("Unknown IM type: " + type);
    } else if (proved && !name && name.error().code == base::Errc::denied) {
        refuse("Signing in failed: " + name.error().text);
    } else if (!proved || !name) {
        refuse("Invalid account or password");
    } else if (BsimAccount* there = state.by_key(name->key)) {
        there->tell_again();
    } else {
        presence::Caller caller;
        caller.key = name->key;
        caller.url = house_.service.realm().url_of(name->key);
        caller.proof = presence::Proof::digest;  // a password, as with Digest
        caller.source = call.request.peer;
        caller.connection = base::ConnectionId(UINT64_MAX);  // no connection's view is his
        caller.request = call.request.id;
        BsimAccount& added = state.add(std::make_unique<BsimAccount>(house_, type, account, *proved, *name, std::move(caller)));
        // Whatever he asks for next finds him signed in. How it went is an event.
        return added.when_begun([answer = replying(call)]() mutable { answer({}); });
    }
    call.answer_empty();
}

void BsimDesk::keep_session_alive(Call& call) {
    State& state = call.state();
    std::string document = call.inlined ? R"(<Session id=")" + call.session->id + R"(" xmlns="">)"
                                        : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Session id=\"" + call.session->id + "\">";
    auto told = std::make_shared<std::vector<std::pair<std::uint64_t, BsimAccount::Collected>>>();
    for (const auto& [serial, account] : state.accounts) {
        told->emplace_back(serial, account->collect());
        append_events(document, account->type(), account->account(), told->back().second.events);
    }
    document += "</Session>";
    std::string out = R"(<KeepSessionAliveResponse xmlns="http://www.imcomponents.com"><KeepSessionAliveResult>)";
    if (call.inlined) out += document;
    else append_content(out, document);
    out += "</KeepSessionAliveResult></KeepSessionAliveResponse>";
    base::Response response = soap_answer(call.soap.version, out);
    const auto settle = [this, alive = std::weak_ptr(alive_), id = call.session->id, told](bool read) {
        if (alive.expired()) return;
        Session* session = sessions_.find(id);
        auto* present = session ? static_cast<State*>(session->state.get()) : nullptr;
        for (auto& [serial, collected] : *told) {
            State::Signed* signed_in = present ? present->by_serial(serial) : nullptr;
            if (!signed_in) {  // he left before it was known
                house_.boxes.settle_late(collected.letters, read);
                continue;
            }
            signed_in->account->settle(std::move(collected), read);
            if (read && signed_in->account->over()) present->remove(static_cast<std::size_t>(signed_in - present->accounts.data()));
        }
    };
    response.written = base::Once<void(bool)>(settle, [settle] { settle(false); });
    call.respond(std::move(response));
}

BsimAccount* BsimDesk::account_of(Call& call) const {
    const auto name = house_.service.name_of(clipped(call.text({"account", "IMAccount"}), kMostName));
    BsimAccount* account = name ? call.state().by_key(name->key) : nullptr;
    if (account && account->signed_in()) return account;
    call.fault("IM account not logged in");
    return nullptr;
}

BsimAccount::Done BsimDesk::replying(Call& call) const {
    return [version = call.soap.version, method = call.method->name,
            respond = std::move(call.respond)](const base::Result<void>& how) mutable {
        if (how) return respond(soap_answer(version, Call::empty(method)));
        respond(soap_fault({version, SoapFault::Whose::server, "Server was unable to process request. ---> " + std::string(base::public_text(how.error()))}));
    };
}

void BsimDesk::change_status(Call& call) {
    if (BsimAccount* account = account_of(call)) account->set_status(call.text({"Status"}), replying(call));
}

void BsimDesk::send_message(Call& call) {
    if (BsimAccount* account = account_of(call)) {
        account->send(clipped(call.text({"toAccount"}), kMostName), form_decode(call.text({"message"})), replying(call));
    }
}

void BsimDesk::logout(Call& call) {
    for (const auto& one : call.state().accounts) one.account->sign_off();
    const Session& session = *call.session;
    call.answer_empty();
    sessions_.end(session);
}

void BsimDesk::logout_im(Call& call) {
    if (BsimAccount* account = account_of(call)) {
        account->sign_off();
        call.answer_empty();
    }
}

void BsimDesk::change_nickname(Call& call) {
    if (BsimAccount* account = account_of(call)) account->set_nickname(call.text({"nickname"}), replying(call));
}

void BsimDesk::add_buddy(Call& call) {
    if (BsimAccount* account = account_of(call)) account->add_buddy(call.text({"buddyAccount"}), replying(call));
}

void BsimDesk::delete_buddy(Call& call) {
    if (BsimAccount* account = account_of(call)) account->delete_buddy(call.text({"buddyAccount"}), replying(call));
}

void BsimDesk::accept_buddy(Call& call) {
    BsimAccount* account = account_of(call);
    if (!account) return;
    const std::string accept = base::to_lower(call.text({"accept"}));
    account->accept_buddy(call.text({"buddyAccount"}), accept == "1" || accept == "true" || accept == "yes", replying(call));
}

void BsimDesk::account_changed(const std::string& account) {
    const auto found = signed_in_.find(presence::alias_key(account));
    if (found == signed_in_.end()) return;
    for (BsimAccount* one : found->second) one->recheck();
}

// -- contact lists

template <class F>
void BsimDesk::for_each_of(const std::string& key, F act) {
    const auto found = signed_in_.find(key);
    if (found == signed_in_.end()) return;
    const auto accounts = found->second;
    for (BsimAccount* account : accounts) act(*account);
}

void BsimDesk::contact_put(const std::string& owner, const presence::ListedContact& contact, bool is_new) {
    for_each_of(owner, [&](BsimAccount& account) { account.contact_put(owner, contact, is_new); });
}

void BsimDesk::contact_removed(const std::string& owner, const presence::ListedContact& contact) {
    for_each_of(owner, [&](BsimAccount& account) { account.contact_removed(owner, contact); });
}

void BsimDesk::asked(const std::string& owner, const presence::PresenceAsk& ask) {
    for_each_of(owner, [&](BsimAccount& account) { account.asked(ask.account); });
}

void BsimDesk::ask_over(const std::string& owner, const std::string& account) {
    for_each_of(owner, [&](BsimAccount& one) { one.ask_over(account); });
}

}  // namespace doors
