// server/passages.cc: a request in, a whole answer out.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#include "server/passages.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "presence/address.h"
#include "rvp/names.h"
#include "server/http_client.h"
#include "server/passing_body.h"

namespace server {

namespace {

constexpr std::size_t kMostPeers = 1000;  // with connections
constexpr std::size_t kShares = 4;        // of Bounds::whole

/// "" without one.
std::string_view field_of(std::string_view request, std::string_view name) {
    for (std::string_view head = request.substr(0, request.find("\r\n\r\n")); !head.empty();) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !base::equal_ignoring_case(line.substr(0, colon), name)) continue;
        return base::trim(line.substr(colon + 1));
    }
    return {};
}

/// Whether it is answered only once somebody has it: a notification, unless it says SingleHop (RVP 5.6).
bool is_deep(std::string_view request) {
    return request.starts_with("NOTIFY ") && !base::equal_ignoring_case(field_of(request, rvp::kAckType), "SingleHop");
}

/// However it is written.
std::string target_of(std::string_view request) {
    std::string target(request.substr(request.find(' ') + 1));
    target.resize(std::min(target.size(), target.find(' ')));
    const auto address = presence::Address::parse(target.starts_with('/') ? "http://x" + target : target);
    return base::to_lower(address ? address->path() : target);
}

std::string sender_of(std::string_view request) {
    const std::string_view from = field_of(request, rvp::kFromPrincipal);
    const auto address = presence::Address::parse(from);
    return base::to_lower(address ? address->url() : from);
}

}  // namespace

struct Passages::Job {
    std::string request;
    Carried done;
    base::Instant came{};
    Bodies bodies = Bodies::whole;
    bool deep = false;
    std::string target{};  // of a deep one
    std::string sender{};
};

struct Passages::Arrived {
    Carried done;
    base::Result<base::Response> outcome;
};

/// A server, what goes there, and what waits for that.
struct Passages::Peer {
    std::vector<std::unique_ptr<Lane>> lanes;
    std::deque<Job> waiting[2];  // what is answered at once, and what is deep
    Reach reach = Reach::unknown;
    std::size_t bytes = 0;    // of what waits
    std::size_t deep = 0;     // lanes that wait for the answer to such
    std::unordered_map<std::string, std::size_t> to;    // how many of them for each target
    std::unordered_map<std::string, std::size_t> from;  // and for each sender
    std::size_t streams = 0;  // lanes whose answer is handed on
    std::size_t whole = 0;    // bytes of answers that are held

    [[nodiscard]] std::size_t queued() const { return waiting[0].size() + waiting[1].size(); }
    /// Lanes that are not lent to who reads a long answer.
    [[nodiscard]] std::size_t asking() const { return lanes.size() - streams; }
    /// `most`: lanes that it may have. Whether one more of them may wait for somebody.
    [[nodiscard]] bool deep_may_go(std::size_t most, const Bounds& bounds) const {
        const std::size_t here = std::max(most, asking());
        return deep < here - std::min(bounds.prompt, here / 2);
    }
    void began(const Job& job) {
        if (!job.deep) return;
        ++deep;
        ++to[job.target];
        ++from[job.sender];
    }
    void ended(const Job& job) {
        if (!job.deep) return;
        --deep;
        if (--to[job.target] == 0) to.erase(job.target);
        if (--from[job.sender] == 0) from.erase(job.sender);
    }
    /// Whether neither its target nor its sender has as many under way as one may.
    [[nodiscard]] bool may_begin(const Job& job, const Bounds& bounds) const {
        const auto fewer = [](const auto& counts, const std::string& who, std::size_t most) {
            const auto found = counts.find(who);
            return found == counts.end() || found->second < most;
        };
        return !job.deep || (fewer(to, job.target, bounds.to_one) && fewer(from, job.sender, bounds.from_one));
    }
    struct Next {
        std::deque<Job>* queue = nullptr;  // null: there is none
        std::deque<Job>::iterator which{};
    };
    /// What has waited for longest, of what may go or came before `too_old`.
    [[nodiscard]] Next next(bool deep_too, base::Instant too_old, const Bounds& bounds) {
        auto& plain = waiting[0];
        auto& deep_ones = waiting[1];
        const auto may_go = [&](const Job& job) { return job.came < too_old || may_begin(job, bounds); };
        const auto first = deep_too ? std::ranges::find_if(deep_ones, may_go) : deep_ones.end();
        const bool has_deep = first != deep_ones.end();
        if (has_deep && (plain.empty() || first->came < plain.front().came)) return {&deep_ones, first};
        return plain.empty() ? Next{} : Next{&plain, plain.begin()};
    }
    [[nodiscard]] Job pop(const Next& next) {
        Job job = std::move(*next.which);
        next.queue->erase(next.which);
        bytes -= job.request.size();
        return job;
    }
    [[nodiscard]] bool idle() const;
};

/// One connection, and what is on it.
class Passages::Lane final : private HttpClient::User {
public:
    Lane(Passages& passages, Peer& peer, std::string authority)
        : of(peer), passages_(passages), authority_(std::move(authority)),
          client_(passages.loop_, passages.watch_, peer_of(passages, authority_), passages.settings_, passages.scratch_, *this) {
        ++passages_.lanes_;
    }
    ~Lane() {
        end_stream();
        uncount();
        --passages_.lanes_;
    }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    [[nodiscard]] bool busy() const { return job_.has_value(); }
    void begin(Job job) {
        job_ = std::move(job);
        of.began(*job_);
        ++jobs_;
        sent_ = false;
        told_ = false;
        client_.answer().stream_above(job_->bodies == Bodies::streamed ? kStreamAbove : UINT64_MAX);
        client_.wake();
    }
    /// What came of the job, unless its answer has gone already; another may begin.
    [[nodiscard]] std::optional<Arrived> take() {
        std::optional<Arrived> arrived;
        if (!told_) {
            of.ended(*job_);
            arrived = Arrived{std::move(job_->done), std::move(outcome_)};
        } else {
            --of.streams;
        }
        uncount();
        job_.reset();
        return arrived;
    }

    Peer& of;

private:
    static HttpPeer peer_of(Passages& passages, const std::string& authority) {
        HttpPeer peer;
        peer.host = presence::host_of(authority);  // whom a certificate must name
        peer.server = std::make_shared<FoundServer>(passages.finder_, authority);
        return peer;
    }
    bool may_connect(const base::IpAddress&) override { return false; }  // the finder has looked
    bool next_request(std::string& into) override {
        if (!job_ || std::exchange(sent_, true)) return false;
        into += job_->request;
        return true;
    }
    // Whether the other server has taken a NOTIFY nobody knows: it is not said twice (RFC 9110 9.2.2).
    void handed_back() override {
        if (!job_ || !job_->request.starts_with("NOTIFY ")) {
            sent_ = false;
            return;
        }
        fail("its connection was lost before the answer came");
        passages_.loop_.post([this, here = std::weak_ptr(here_), which = jobs_] {  // the client goes on connecting, and tells nobody
            if (!here.expired() && job_ && jobs_ == which) passages_.finished(*this);
        });
    }
    void answered(int status) override {
        status_ = status;
        if (const auto size = client_.answer().streamed()) begin_stream(*size);
    }
    void body_came() override {
        if (!told_) return count();
        if (!client_.answer().streamed()) return;  // and soon abandon() is called
        const std::string came = std::exchange(client_.answer().body(), {});
        const auto body = body_.lock();
        if (!body) return;  // and soon abandon() is called
        body->put(came);
        if (body->full()) client_.hold();
    }
    void over(bool) override {
        if (told_) return end_stream();
        AnswerParser& answer = client_.answer();
        if (!answer.whole()) return fail("its answer broke off, or is too long");
        base::Response response;
        response.status = status_;
        response.headers = std::move(answer.headers());
        response.body = std::move(answer.body());
        outcome_ = std::move(response);
    }
    void failed(HttpClient::Failure why) override { told_ ? end_stream() : fail(HttpClient::name(why)); }
    void fail(std::string_view why) {
        outcome_ = base::fail(base::Errc::precondition, "the server of " + authority_ + " could not be asked: " + std::string(why));
    }
    void released() override {
        if (job_) passages_.finished(*this);
    }

    /// What is held until it is there, as much of it as has come.
    void count() {
        const std::size_t size = client_.answer().body().size();
        passages_.whole_ += size - counted_;
        of.whole += size - std::exchange(counted_, size);
        const std::size_t most = passages_.bounds_.whole;
        if (passages_.whole_ > most || of.whole > most / kShares) give_up("too many long answers come at once");
    }
    void uncount() {
        passages_.whole_ -= counted_;
        of.whole -= std::exchange(counted_, 0);
    }
    // The job is over for whoever asked; the lane is for as long as it takes.
    Carried part_with_job() {
        of.ended(*job_);
        ++of.streams;
        passages_.lent_ = true;
        told_ = true;
        alive_ = std::make_shared<char>();  // of this answer alone
        return std::move(job_->done);
    }
    void give_up(std::string_view why) {
        Carried done = part_with_job();
        uncount();
        passages_.arrived({std::move(done), base::fail(base::Errc::busy, std::string(why) + " from the server of " + authority_)});
        passages_.loop_.post([alive = std::weak_ptr<char>(alive_), client = &client_] {
            if (!alive.expired()) client->abandon();
        });
    }

    // The answer goes on its way before its body is there.
    void begin_stream(std::uint64_t size) {
        if (of.streams >= passages_.bounds_.streams) return give_up("too many long answers are handed on");
        Carried done = part_with_job();
        const auto later = [this](void (HttpClient::*act)()) {
            return [&loop = passages_.loop_, alive = std::weak_ptr<char>(alive_), client = &client_, act] {
                loop.post([alive, client, act] {
                    if (!alive.expired()) (client->*act)();
                });
            };
        };
        auto body = std::make_shared<PassingBody>(size, later(&HttpClient::go_on), later(&HttpClient::abandon));
        body_ = body;
        base::Response response;
        response.status = status_;
        response.headers = std::move(client_.answer().headers());
        response.source = std::move(body);
        passages_.arrived({std::move(done), std::move(response)});
    }
    void end_stream() {
        alive_.reset();
        const auto body = body_.lock();
        body_.reset();
        if (!body) return;
        body->put(client_.answer().body());
        body->end();
    }

    Passages& passages_;
    const std::string authority_;
    std::optional<Job> job_;
    bool sent_ = false;
    bool told_ = false;  // its answer has gone, and the body follows
    int status_ = 0;
    std::weak_ptr<PassingBody> body_;
    std::shared_ptr<char> alive_;  // while body_ may ask something
    std::uint64_t jobs_ = 0;  // that were begun
    std::size_t counted_ = 0;  // bytes
    std::shared_ptr<char> here_ = std::make_shared<char>();
    base::Result<base::Response> outcome_ = base::fail(base::Errc::internal, "no answer");
    HttpClient client_;
};

bool Passages::Peer::idle() const {
    return queued() == 0 && std::ranges::none_of(lanes, [](const auto& lane) { return lane->busy(); });
}

Passages::Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings, const Bounds& bounds)
    : loop_(loop), finder_(finder), settings_(std::move(settings)), bounds_(bounds) {
    settings_.whole_answers = true;
}

Passages::~Passages() = default;

std::size_t Passages::most_lanes() const { return lanes_ < bounds_.in_all ? bounds_.lanes : std::min(bounds_.own, bounds_.lanes); }

/// One that is free or new; null: the job has to wait.
Passages::Lane* Passages::lane_for(Peer& peer, const std::string& authority, bool deep) {
    const std::size_t most = most_lanes();
    if (deep && !peer.deep_may_go(most, bounds_)) return nullptr;
    for (const auto& lane : peer.lanes) {
        if (!lane->busy()) return lane.get();
    }
    if (peer.asking() >= most) return nullptr;
    peer.lanes.push_back(std::make_unique<Lane>(*this, peer, authority));
    return peer.lanes.back().get();
}

void Passages::carry(const std::string& authority, std::string request, Carried done, Bodies bodies) {
    const bool crowded = lanes_ >= bounds_.in_all || (!peers_.contains(authority) && peers_.size() >= kMostPeers);
    if (crowded) forget_idle();
    if (!peers_.contains(authority) && peers_.size() >= kMostPeers) {
        return done(base::fail(base::Errc::busy, "requests for too many domains are under way"));
    }
    std::unique_ptr<Peer>& peer = peers_[authority];
    if (!peer) peer = std::make_unique<Peer>();
    const bool deep = is_deep(request);
    Job job{std::move(request), std::move(done), loop_.clock().now(), bodies, deep};
    if (deep) {
        job.target = target_of(job.request);
        job.sender = sender_of(job.request);
    }
    Lane* lane = peer->may_begin(job, bounds_) ? lane_for(*peer, authority, deep) : nullptr;
    if (lane) return lane->begin(std::move(job));
    if (peer->queued() >= kQueued || peer->bytes + job.request.size() > kQueuedBytes) {
        return job.done(base::fail(base::Errc::busy, "too many requests wait for the server of " + authority));
    }
    peer->bytes += job.request.size();
    peer->waiting[deep ? 1 : 0].push_back(std::move(job));
}

Passages::Reach Passages::reach(const std::string& authority) const {
    const auto peer = peers_.find(authority);
    return peer == peers_.end() ? Reach::unknown : peer->second->reach;
}

void Passages::arrived(Arrived one) {
    if (arrived_.empty()) {
        loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (alive.lock()) deliver();
        });
    }
    arrived_.push_back(std::move(one));
}

void Passages::finished(Lane& lane) {
    auto one = lane.take();
    lane.of.reach = !one || one->outcome ? Reach::reached : Reach::failed;  // of what is handed on as it comes there is none
    if (one) arrived(std::move(*one));
    lent_ = lent_ || !lane.of.waiting[1].empty();  // its target and its sender may go on, over lanes that are free
    if (auto next = next_of(lane.of, lane.of.deep_may_go(most_lanes(), bounds_))) lane.begin(std::move(*next));
}

/// What goes next; whoever asked for what has waited too long has given up by now.
std::optional<Passages::Job> Passages::next_of(Peer& peer, bool deep_too) {
    const base::Instant too_old = loop_.clock().now() - settings_.answer_time;
    for (;;) {
        const Peer::Next next = peer.next(deep_too, too_old, bounds_);
        if (!next.queue) return std::nullopt;
        Job job = peer.pop(next);
        if (job.came >= too_old) return job;
        too_late(std::move(job));
    }
}

void Passages::too_late(Job job) {
    arrived({std::move(job.done), base::fail(base::Errc::busy, "its server has answered nothing for too long")});
}

/// Not from inside a client: who hears of it may ask for more, and idle servers are forgotten then.
void Passages::deliver() {
    for (Arrived& one : std::exchange(arrived_, {})) one.done(std::move(one.outcome));
    if (!std::exchange(lent_, false)) return;
    for (auto& [authority, peer] : peers_) use_lanes(*peer, authority);
}

/// What waits goes over lanes that there may be.
void Passages::use_lanes(Peer& peer, const std::string& authority) {
    const base::Instant too_old = loop_.clock().now() - settings_.answer_time;
    for (;;) {
        const Peer::Next next = peer.next(peer.deep_may_go(most_lanes(), bounds_), too_old, bounds_);
        Lane* lane = next.queue ? lane_for(peer, authority, false) : nullptr;
        if (!lane) return;
        Job job = peer.pop(next);
        job.came < too_old ? too_late(std::move(job)) : lane->begin(std::move(job));
    }
}

void Passages::stop() {
    std::vector<Carried> owed;
    for (Arrived& one : std::exchange(arrived_, {})) owed.push_back(std::move(one.done));
    for (auto& [authority, peer] : peers_) {
        for (const auto& lane : peer->lanes) {
            if (!lane->busy()) continue;
            if (auto one = lane->take()) owed.push_back(std::move(one->done));
        }
        for (auto& queue : peer->waiting) {
            for (Job& job : std::exchange(queue, {})) owed.push_back(std::move(job.done));
        }
        peer->bytes = 0;
    }
    for (Carried& done : owed) done(base::fail(base::Errc::busy, "the server is stopping"));
}

void Passages::forget_idle() {
    std::erase_if(peers_, [](const auto& entry) { return entry.second->idle(); });
}

}  // namespace server
