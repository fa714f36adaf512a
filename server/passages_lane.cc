// server/passages_lane.cc: one request at a time, and its answer, whole or as it comes.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#include <utility>

#include "presence/address.h"
#include "server/passages_inside.h"
#include "server/passing_body.h"

namespace server {
namespace {

constexpr std::size_t kShares = 4;  // of Passages::Bounds::whole

}  // namespace

Passages::Lane::Lane(Passages& passages, Peer& peer, std::string authority)
    : of(peer), passages_(passages), authority_(std::move(authority)),
      client_(passages.loop_, passages.watch_, peer_of(passages, authority_), passages.settings_, passages.scratch_, *this) {
    ++passages_.lanes_;
}

Passages::Lane::~Lane() {
    end_stream();
    uncount();
    --passages_.lanes_;
}

void Passages::Lane::begin(Job job) {
    job_ = std::move(job);
    of.began(*job_);
    ++jobs_;
    sent_ = false;
    told_ = false;
    client_.answer().stream_above(job_->bodies == Bodies::streamed ? kStreamAbove : UINT64_MAX);
    client_.wake();
}

std::optional<Passages::Arrived> Passages::Lane::take() {
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

HttpPeer Passages::Lane::peer_of(Passages& passages, const std::string& authority) {
    HttpPeer peer;
    peer.host = presence::host_of(authority);  // whom a certificate must name
    peer.server = std::make_shared<FoundServer>(passages.finder_, authority);
    return peer;
}

bool Passages::Lane::next_request(std::string& into) {
    if (!job_ || std::exchange(sent_, true)) return false;
    into += job_->request;
    return true;
}

// Whether the other server has taken a NOTIFY nobody knows: it is not said twice (RFC 9110 9.2.2).
void Passages::Lane::handed_back() {
    if (!job_ || !job_->request.starts_with("NOTIFY ")) {
        sent_ = false;
        return;
    }
    fail("its connection was lost before the answer came");
    passages_.loop_.post([this, here = std::weak_ptr(here_), which = jobs_] {  // the client goes on connecting, and tells nobody
        if (!here.expired() && job_ && jobs_ == which) passages_.finished(*this);
    });
}

void Passages::Lane::answered(int status) {
    status_ = status;
    if (const auto size = client_.answer().streamed()) begin_stream(*size);
}

void Passages::Lane::body_came() {
    if (!told_) return count();
    if (!client_.answer().streamed()) return;  // and soon abandon() is called
    const std::string came = std::exchange(client_.answer().body(), {});
    const auto body = body_.lock();
    if (!body) return;  // and soon abandon() is called
    body->put(came);
    if (body->full()) client_.hold();
}

void Passages::Lane::over(bool) {
    if (told_) return end_stream();
    AnswerParser& answer = client_.answer();
    if (!answer.whole()) return fail("its answer broke off, or is too long");
    base::Response response;
    response.status = status_;
    response.headers = std::move(answer.headers());
    response.body = std::move(answer.body());
    outcome_ = std::move(response);
}

void Passages::Lane::fail(std::string_view why) {
    outcome_ = base::fail(base::Errc::precondition, "the server of " + authority_ + " could not be asked: " + std::string(why));
}

void Passages::Lane::released() {
    if (job_) passages_.finished(*this);
}

void Passages::Lane::count() {
    const std::size_t size = client_.answer().body().size();
    passages_.whole_ += size - counted_;
    of.whole += size - std::exchange(counted_, size);
    const std::size_t most = passages_.bounds_.whole;
    if (passages_.whole_ > most || of.whole > most / kShares) give_up("too many long answers come at once");
}

void Passages::Lane::uncount() {
    passages_.whole_ -= counted_;
    of.whole -= std::exchange(counted_, 0);
}

Passages::Carried Passages::Lane::part_with_job() {
    of.ended(*job_);
    ++of.streams;
    passages_.lent_ = true;
    told_ = true;
    alive_ = std::make_shared<char>();  // of this answer alone
    return std::move(job_->done);
}

void Passages::Lane::give_up(std::string_view why) {
    Carried done = part_with_job();
    uncount();
    passages_.arrived({std::move(done), base::fail(base::Errc::busy, std::string(why) + " from the server of " + authority_)});
    passages_.loop_.post([alive = std::weak_ptr<char>(alive_), client = &client_] {
        if (!alive.expired()) client->abandon();
    });
}

void Passages::Lane::begin_stream(std::uint64_t size) {
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

void Passages::Lane::end_stream() {
    alive_.reset();
    const auto body = body_.lock();
    body_.reset();
    if (!body) return;
    body->put(client_.answer().body());
    body->end();
}

}  // namespace server
