// server/passages.cc: a request in, a whole answer out.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#include "server/passages.h"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "presence/address.h"
#include "server/http_client.h"
#include "server/passing_body.h"

namespace server {

namespace {
constexpr std::size_t kMostPeers = 1000;  // with connections
}

struct Passages::Job {
    std::string request;
    Carried done;
    base::Instant came{};
    Bodies bodies = Bodies::whole;
};

struct Passages::Arrived {
    Carried done;
    base::Result<base::Response> outcome;
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
        --passages_.lanes_;
    }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    [[nodiscard]] bool busy() const { return job_.has_value(); }
    void begin(Job job) {
        job_ = std::move(job);
        ++jobs_;
        sent_ = false;
        told_ = false;
        client_.answer().stream_above(job_->bodies == Bodies::streamed ? kStreamAbove : UINT64_MAX);
        client_.wake();
    }
    /// What came of the job, unless its answer has gone already; another may begin.
    [[nodiscard]] std::optional<Arrived> take() {
        std::optional<Arrived> arrived;
        if (!told_) arrived = Arrived{std::move(job_->done), std::move(outcome_)};
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

    // The answer goes on its way before its body is there.
    void begin_stream(std::uint64_t size) {
        alive_ = std::make_shared<char>();  // of this answer alone
        const auto later = [this](void (HttpClient::*act)()) {
            return [&loop = passages_.loop_, alive = std::weak_ptr<char>(alive_), client = &client_, act] {
                loop.post([alive, client, act] {
                    if (!alive.expired()) (client->*act)();
                });
            };
        };
        auto body = std::make_shared<PassingBody>(size, later(&HttpClient::go_on), later(&HttpClient::abandon));
        body_ = body;
        told_ = true;
        base::Response response;
        response.status = status_;
        response.headers = std::move(client_.answer().headers());
        response.source = std::move(body);
        passages_.arrived({std::move(job_->done), std::move(response)});
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
    std::shared_ptr<char> here_ = std::make_shared<char>();
    base::Result<base::Response> outcome_ = base::fail(base::Errc::internal, "no answer");
    HttpClient client_;
};

struct Passages::Peer {
    std::vector<std::unique_ptr<Lane>> lanes;
    std::deque<Job> waiting;
    Reach reach = Reach::unknown;
    std::size_t bytes = 0;  // of these

    [[nodiscard]] Job pop() {
        Job job = std::move(waiting.front());
        waiting.pop_front();
        bytes -= job.request.size();
        return job;
    }
};

Passages::Passages(base::Loop& loop, PeerFinder& finder, CourierSettings settings, std::size_t lanes_in_all)
    : loop_(loop), finder_(finder), settings_(std::move(settings)), lanes_in_all_(lanes_in_all) {
    settings_.whole_answers = true;
}

Passages::~Passages() = default;

void Passages::carry(const std::string& authority, std::string request, Carried done, Bodies bodies) {
    const bool crowded = lanes_ >= lanes_in_all_ || (!peers_.contains(authority) && peers_.size() >= kMostPeers);
    if (crowded) forget_idle();
    if (!peers_.contains(authority) && peers_.size() >= kMostPeers) {
        return done(base::fail(base::Errc::busy, "requests for too many domains are under way"));
    }
    std::unique_ptr<Peer>& peer = peers_[authority];
    if (!peer) peer = std::make_unique<Peer>();
    Job job{std::move(request), std::move(done), loop_.clock().now(), bodies};
    for (const auto& lane : peer->lanes) {
        if (!lane->busy()) return lane->begin(std::move(job));
    }
    if (peer->lanes.empty() || (peer->lanes.size() < kLanes && lanes_ < lanes_in_all_)) {
        peer->lanes.push_back(std::make_unique<Lane>(*this, *peer, authority));
        return peer->lanes.back()->begin(std::move(job));
    }
    if (peer->waiting.size() >= kQueued || peer->bytes + job.request.size() > kQueuedBytes) {
        return job.done(base::fail(base::Errc::busy, "too many requests wait for the server of " + authority));
    }
    peer->bytes += job.request.size();
    peer->waiting.push_back(std::move(job));
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
    while (!lane.of.waiting.empty()) {
        Job next = lane.of.pop();
        if (loop_.clock().now() - next.came <= settings_.answer_time) return lane.begin(std::move(next));
        // Whoever asked has given up by now.
        arrived({std::move(next.done), base::fail(base::Errc::busy, "its server has answered nothing for too long")});
    }
}

/// Not from inside a client: who hears of it may ask for more, and idle servers are forgotten then.
void Passages::deliver() {
    for (Arrived& one : std::exchange(arrived_, {})) one.done(std::move(one.outcome));
}

void Passages::stop() {
    std::vector<Carried> owed;
    for (Arrived& one : std::exchange(arrived_, {})) owed.push_back(std::move(one.done));
    for (auto& [authority, peer] : peers_) {
        for (const auto& lane : peer->lanes) {
            if (!lane->busy()) continue;
            if (auto one = lane->take()) owed.push_back(std::move(one->done));
        }
        while (!peer->waiting.empty()) owed.push_back(peer->pop().done);
    }
    for (Carried& done : owed) done(base::fail(base::Errc::busy, "the server is stopping"));
}

void Passages::forget_idle() {
    std::erase_if(peers_, [](const auto& entry) {
        const Peer& peer = *entry.second;
        bool busy = !peer.waiting.empty();
        for (const auto& lane : peer.lanes) busy = busy || lane->busy();
        return !busy;
    });
}

}  // namespace server
