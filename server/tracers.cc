// server/tracers.cc: one principal's requests and deliveries, as they happen.
// SPDX-License-Identifier: Apache-2.0
#include "server/tracers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "presence/address.h"
#include "rvp/credentials.h"
#include "rvp/headers.h"
#include "server/auth_params.h"
#include "server/request_ids.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

/// One who looks on. Its timer is that of the answer he waits for, or of his being forgotten.
class Tracers::Tracer final : private base::TimerHook {
public:
    Tracer(Tracers& all, std::uint64_t number, std::string key) : all_(all), number_(number), key_(std::move(key)) {
        wait(kForgotten);
    }
    ~Tracer() {
        if (waiting_) waiting_(fail(Errc::busy, "the daemon ends"));
    }

    [[nodiscard]] const std::string& key() const { return key_; }

    void tell(const Value& event) {
        if (events_.size() >= kQueue) {
            ++lost_;
            return;
        }
        events_.push_back(event);
        if (waiting_) give();
    }
    void lose(std::size_t count) { lost_ += count; }

    void next(CommandAnswer answer) {
        waiting_ = std::move(answer);
        if (!events_.empty() || lost_ > 0) return give();
        wait(kQuiet);
    }
    [[nodiscard]] bool is_waited_for() const { return static_cast<bool>(waiting_); }

private:
    void wait(std::chrono::seconds time) { all_.loop_.wheel().arm(*this, all_.loop_.clock().now() + time); }
    void on_due(base::Instant) override {
        if (waiting_) return give();
        all_.end(number_);  // and `this` with it
    }
    void give() {
        Value list = Value::array();
        for (Value& event : events_) list.append(std::move(event));
        events_.clear();
        if (lost_ > 0) list.append(Value::object().set("kind", "lost").set("count", std::exchange(lost_, 0)));
        wait(kForgotten);
        auto answer = std::move(waiting_);
        waiting_ = {};
        answer(std::move(list));
    }

    Tracers& all_;
    const std::uint64_t number_;
    const std::string key_;
    std::deque<Value> events_;
    std::size_t lost_ = 0;
    CommandAnswer waiting_;
};

namespace {

std::int64_t now_ms(const base::Loop& loop) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(loop.clock().wall().time_since_epoch()).count();
}

}  // namespace

std::string why_refused(const base::Response& response) {
    constexpr std::size_t kLongest = 200;
    if (response.status < 400) return "";
    std::string_view said = response.body;
    if (said.starts_with("<html>")) {  // as 401 is (RVP 6.3): its one paragraph
        said.remove_prefix(std::min(said.find("<p>"), said.size() - 3) + 3);
        said = said.substr(0, said.find("</p>"));
    }
    std::string why(said.substr(0, std::min(said.find('\n'), kLongest)));
    const std::size_t place = why.find("XML line ");
    const std::size_t quote = place == std::string::npos ? place : why.find(':', place);
    return quote == std::string::npos ? why : why.substr(0, quote);
}

std::string said_sender(const base::Request& request, const presence::Realm& realm) {
    if (const auto caller = rvp::caller_of(request, realm)) return caller->key;
    const auto credentials = request.header("Authorization");
    constexpr std::string_view kDigest = "Digest ";
    if (!credentials || credentials->size() < kDigest.size() ||
        !base::equal_ignoring_case(credentials->substr(0, kDigest.size()), kDigest)) {
        return "";
    }
    const auto params = read_auth_params(credentials->substr(kDigest.size()));
    for (const AuthParam& param : params ? *params : std::vector<AuthParam>()) {
        if (param.name != "username") continue;
        const std::string_view name = std::string_view(param.raw).substr(param.raw.find_last_of("\\/") + 1);
        return presence::alias_key(base::to_lower(name.substr(0, name.find('@'))));
    }
    return "";
}

Tracers::Tracers(base::Loop& loop, presence::Service& service, AttemptTap& attempts)
    : loop_(loop), service_(service), attempts_(attempts) {}

Tracers::~Tracers() {
    attempts_.listen(nullptr);
    service_.watch_ends(nullptr);
}

Tracers::Whose Tracers::whose(const presence::Subscription& subscription) {
    const presence::Node& node = subscription.node();
    return {subscription.id(), subscription.watcher()->key(), node.key(), node.path()};
}

std::optional<Tracers::Whose> Tracers::find(presence::SubscriptionId id) const {
    if (const presence::Subscription* subscription = service_.table().find(id)) return whose(*subscription);
    const auto ended = std::ranges::find(ended_, id, &Whose::id);
    return ended == ended_.end() ? std::nullopt : std::optional(*ended);
}

void Tracers::look_on() {
    attempts_.listen([this](const Attempt& attempt, std::size_t lost) { attempted(attempt, lost); });
    service_.watch_ends([this](const presence::Subscription& subscription) {
        if (ended_.size() == kEnded) ended_.pop_front();
        ended_.push_back(whose(subscription));
    });
}

void Tracers::run(const std::string& command, const Value& args, CommandAnswer answer) {
    return command == "trace" ? begin(args, std::move(answer)) : next(args, std::move(answer));
}

void Tracers::begin(const Value& args, CommandAnswer answer) {
    const Value* name = args.find("name");
    if (!name || !name->as_text()) return answer(fail(Errc::malformed, "trace needs name, a text"));
    const auto node = service_.name_of(*name->as_text());
    if (!node) return answer(std::unexpected(node.error()));
    // Whoever only watches others has no node.
    if (!service_.nodes().find(node->key) && service_.list_subscriptions(node->path)->empty()) {
        return answer(fail(Errc::not_found, "no node " + node->path));
    }
    if (tracers_.size() >= kMost) {
        return answer(fail(Errc::busy, std::to_string(kMost) + " tracers look on, which is the bound"));
    }
    const std::uint64_t number = ++last_;
    tracers_.emplace(number, std::make_unique<Tracer>(*this, number, node->key));
    if (tracers_.size() == 1) look_on();
    answer(Value::object().set("tracer", number).set("node", node->path));
}

void Tracers::next(const Value& args, CommandAnswer answer) {
    const Value* number = args.find("tracer");
    const auto wanted = number ? number->as_int() : std::nullopt;
    const auto found = wanted ? tracers_.find(static_cast<std::uint64_t>(*wanted)) : tracers_.end();
    if (found == tracers_.end()) return answer(fail(Errc::not_found, "no such tracer; it was not asked for some time"));
    if (found->second->is_waited_for()) return answer(fail(Errc::busy, "somebody waits for this tracer already"));
    found->second->next(std::move(answer));
}

void Tracers::end(std::uint64_t number) {
    tracers_.erase(number);
    if (!tracers_.empty()) return;
    attempts_.listen(nullptr);
    service_.watch_ends(nullptr);
    ended_.clear();
}

void Tracers::answered(const base::Request& request, const base::Response& response, std::chrono::nanoseconds took) {
    if (tracers_.empty()) return;
    const std::string by = said_sender(request, service_.realm());
    const auto node = rvp::target_node(request, service_.realm());
    std::optional<Value> event;
    for (const auto& [number, tracer] : tracers_) {
        if (tracer->key() != by && !(node && node->key == tracer->key())) continue;
        if (!event) {
            event = Value::object().set("time_ms", now_ms(loop_)).set("kind", "request").set("request", request_name(request.id));
            event->set("method", request.method).set("node", node ? node->path : request.target);
            event->set("by", by).set("from", request.peer.text()).set("status", response.status);
            event->set("why", why_refused(response));
            event->set("took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
        }
        tracer->tell(*event);
    }
}

void Tracers::attempted(const Attempt& attempt, std::size_t lost) {
    const std::optional<Whose> whose = find(attempt.subscription);
    std::optional<Value> event;
    for (const auto& [number, tracer] : tracers_) {
        tracer->lose(lost);
        if (!whose || (tracer->key() != whose->watcher && tracer->key() != whose->node)) continue;
        if (!event) {
            event = Value::object().set("time_ms", now_ms(loop_)).set("kind", "delivery").set("request", request_name(attempt.request));
            event->set("what", attempt.message ? "message" : "change").set("node", whose->path);
            event->set("to", whose->watcher).set("subscription", static_cast<std::uint32_t>(attempt.subscription));
            event->set("seq", attempt.number).set("endpoint", attempt.endpoint).set("status", attempt.status);
            event->set("failure", attempt.failure).set("took_ms", attempt.took.count());
        }
        tracer->tell(*event);
    }
}

}  // namespace server
