// server/passages_inside.h: what passages are made of: jobs, the servers that they are for, and connections to those.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 5, 6
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/http_client.h"
#include "server/passages.h"

namespace server {

class PassingBody;

/// A request, and who waits for its answer.
struct Passages::Job {
    std::string request;
    Carried done;
    base::Instant came{};
    Bodies bodies = Bodies::whole;
    bool deep = false;
    std::string target{};  // of a deep one
    std::string sender{};
};

/// An answer, and whom it is for.
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
    [[nodiscard]] bool deep_may_go(std::size_t most, const Bounds& bounds) const;
    void began(const Job& job);
    void ended(const Job& job);
    /// Whether neither its target nor its sender has as many under way as one may.
    [[nodiscard]] bool may_begin(const Job& job, const Bounds& bounds) const;
    struct Next {
        std::deque<Job>* queue = nullptr;  // null: there is none
        std::deque<Job>::iterator which{};
    };
    /// What has waited for longest, of what may go or came before `too_old`.
    [[nodiscard]] Next next(bool deep_too, base::Instant too_old, const Bounds& bounds);
    [[nodiscard]] Job pop(const Next& next);
    [[nodiscard]] bool idle() const;
};

/// One connection, and what is on it.
class Passages::Lane final : private HttpClient::User {
public:
    Lane(Passages& passages, Peer& peer, std::string authority);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    [[nodiscard]] bool busy() const { return job_.has_value(); }
    void begin(Job job);
    /// What came of the job, unless its answer has gone already; another may begin.
    [[nodiscard]] std::optional<Arrived> take();

    Peer& of;

private:
    static HttpPeer peer_of(Passages& passages, const std::string& authority);
    bool may_connect(const base::IpAddress&) override { return false; }  // the finder has looked
    bool next_request(std::string& into) override;
    void handed_back() override;
    void answered(int status) override;
    void body_came() override;
    void over(bool reusable) override;
    void failed(HttpClient::Failure why) override { told_ ? end_stream() : fail(HttpClient::name(why)); }
    void fail(std::string_view why);
    void released() override;

    /// What is held until it is there, as much of it as has come.
    void count();
    void uncount();
    /// The job is over for whoever asked; the lane is for as long as it takes.
    [[nodiscard]] Carried part_with_job();
    void give_up(std::string_view why);
    /// The answer goes on its way before its body is there.
    void begin_stream(std::uint64_t size);
    void end_stream();

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

}  // namespace server
