// tests/scenes/player.cc: plays one scene against a fresh daemon.
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenes/player.h"

#include "base/text.h"
#include "tests/scenes/match.h"
#include "tests/scenes/proof.h"
#include "tests/scenes/sink.h"
#include "tests/scenes/stage.h"
#include "tests/scenes/wire.h"

#include <deque>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace scenes {

namespace {

constexpr std::chrono::milliseconds kMayStay{300};

/// A connection with what the daemon still owes on it.
struct Talk {
    struct Owed {
        int line = 0;
        bool to_head = false;
    };
    Connection connection;
    bool raw = false;  ///< raw bytes went over it, so what it owes is not known
    std::deque<Owed> owed;
};
using TalkPtr = std::shared_ptr<Talk>;

class Player {
public:
    Player(const Scene& scene, base::Log& log) : scene_(scene), stage_(scene, log) {
        names_["server"] = stage_.address();
        names_["msnp"] = stage_.msnp_address();
    }
    ~Player() { release_all(); }  // or the daemon would wait for them

    void play() {
        for (std::size_t i = 0; i < scene_.steps.size(); ++i) {
            line_ = scene_.steps[i].line;
            next_ = i + 1 < scene_.steps.size() ? &scene_.steps[i + 1].act : nullptr;
            try {
                std::visit([this](const auto& act) { this->act(act); }, scene_.steps[i].act);
            } catch (const std::runtime_error& e) {
                throw Failure{line_, e.what()};
            }
        }
        try {
            finish();
        } catch (const std::runtime_error& e) {
            throw Failure{line_, e.what()};
        }
    }

private:
    // What a client says.
    void act(const Request& request);
    void act(const Raw& raw);
    void act(const UseConnection& use) {
        used_ = use.name;
        last_.reset();
        if (!use.from.empty()) from_[use.name] = use.from;
    }
    void act(const HangUp&);
    void act(const EndLinesWith& lines) { line_end_ = lines.end; }
    // What the daemon must answer.
    void act(const Answer& answer);
    void act(const NoAnswerYet&);
    void act(const Closed&);
    // Sinks.
    void act(const ChangeSink& change);
    void act(const CloseSink& close) { sink(close.name).close(); }
    void act(const ReopenSink& reopen) { sink(reopen.name).reopen(); }
    void act(const ReleaseSink& release) { sink(release.name).release(); }
    void act(const Notified& notified);
    void act(const Silent& silent);
    // Clients of MSNP24.
    void act(const Dial& dial) { dials_.insert_or_assign(dial.name, std::make_unique<Connection>(names_["msnp"], "")); }
    void act(const PacketSent& sent);
    void act(const PacketGot& got);
    void act(const DialClosed& closed);
    void act(const DialHangUp& hang_up) {
        settle();
        dials_.erase(hang_up.name);
    }
    void act(const GetTicket& get) { names_["ticket"] = stage_.ticket(get.account); }
    Connection& dialled(const std::string& name);
    // Time.
    void act(const Pass& pass) {
        settle();  // what was said before happens before
        stage_.advance(pass.time);
        settle();
    }
    void act(const SetCalendar& set) {
        settle();
        stage_.set_calendar(set.by);
    }
    void act(const Restart& restart);
    // Accounts.
    void act(const SetAccount& account) {
        stage_.set_account(account.name, account.password);
        settle();
    }

    [[nodiscard]] std::string bytes_of(const Request& request, bool& to_head);
    TalkPtr open(const std::string& from);
    /// The connection that the next request goes over.
    TalkPtr for_request();
    /// The connection that is meant by what is no request.
    TalkPtr current();
    /// The connection whose answer comes next.
    TalkPtr answering();
    Sink& sink(const std::string& name);
    bool settle();
    void wait_taken(Talk& talk);
    bool anything_owed();
    bool anything_held();
    void release_all();
    void finish();

    const Scene& scene_;
    Names names_;
    Stage stage_;
    Prover prover_;
    std::map<std::string, std::unique_ptr<Sink>> sinks_;
    std::map<std::string, TalkPtr> named_;
    std::map<std::string, std::string> from_;
    std::map<std::string, std::unique_ptr<Connection>> dials_;
    std::deque<TalkPtr> waiting_;  ///< of `connection new`, with a `>>` unanswered
    TalkPtr last_;                 ///< the newest of `connection new`
    std::string used_;             ///< "" = new
    std::string line_end_ = "\r\n";
    const Act* next_ = nullptr;
    int line_ = 0;
};

std::string Player::bytes_of(const Request& request, bool& to_head) {
    constexpr std::string_view kAuthorization = "Authorization: ";
    const std::string body = fill(line_, request.body, names_);
    const auto words = base::split(request.head.front().text, ' ');
    std::string bytes;
    for (const Line& line : request.head) {
        std::string text = fill(line.number, line.text, names_);
        if (text.starts_with(kAuthorization) && words.size() > 1) {
            text = std::string(kAuthorization) +
                   prover_.credentials(text.substr(kAuthorization.size()), std::string(words[0]), std::string(words[1]));
        }
        if (text == "Content-Length: *") text = "Content-Length: " + std::to_string(body.size());
        bytes += text + line_end_;
    }
    to_head = bytes.starts_with("HEAD ");
    return bytes + line_end_ + body;
}

TalkPtr Player::open(const std::string& from) {
    return std::make_shared<Talk>(Talk{Connection(names_["server"], from), false, {}});
}

TalkPtr Player::for_request() {
    if (used_.empty()) return last_ = open("");
    TalkPtr& talk = named_[used_];
    if (!talk) talk = open(from_[used_]);
    return talk;
}

TalkPtr Player::current() {
    TalkPtr talk = used_.empty() ? last_ : named_[used_];
    if (!talk) throw std::runtime_error("nothing was said over this connection yet");
    return talk;
}

TalkPtr Player::answering() {
    const bool after_raw = last_ && last_->raw;
    return used_.empty() && !waiting_.empty() && !after_raw ? waiting_.front() : current();
}

void Player::act(const Request& request) {
    bool to_head = false;
    const std::string bytes = bytes_of(request, to_head);
    const TalkPtr talk = for_request();
    talk->connection.send(bytes);
    talk->owed.push_back({line_, to_head});
    if (!request.wait) {
        if (used_.empty()) waiting_.push_back(talk);
        return;
    }
    if (next_ != nullptr && std::holds_alternative<Answer>(*next_)) {
        if (used_.empty())
            waiting_.push_front(talk);  // the block behind it belongs to it, whoever else waits
        return;
    }
    while (!talk->owed.empty()) {  // older ones on a kept connection come first
        const Talk::Owed owed = talk->owed.front();
        if (owed.line != line_)
            throw Failure{line_, "an answer owed since line " + std::to_string(owed.line) +
                                     " has to be read before this request can be waited for"};
        const Message came = talk->connection.answer(owed.to_head);
        talk->owed.pop_front();
        if (!came.first.starts_with("HTTP/1.1 2"))
            throw Failure{line_, "no 2xx but\n" + came.whole};
        if (!came.complaint.empty()) throw Failure{line_, came.complaint + "\n" + came.whole};
    }
}

void Player::act(const Raw& raw) {
    if (used_.empty() && last_ && !last_->raw) last_.reset();
    const TalkPtr talk = used_.empty() && last_ ? last_ : for_request();
    talk->raw = true;
    const std::string once = fill(line_, raw.bytes, names_);
    std::string bytes;
    for (std::size_t i = 0; i < raw.times; ++i) bytes += once;
    talk->connection.send(bytes);
}

void Player::act(const HangUp&) {
    const TalkPtr talk = current();
    wait_taken(*talk);
    std::erase(waiting_, talk);
    if (used_.empty()) {
        last_.reset();
    } else {
        named_.erase(used_);
    }
}

void Player::act(const Answer& answer) {
    const TalkPtr talk = answering();
    if (talk->owed.empty() && !talk->raw)
        throw std::runtime_error("no answer is owed on this connection");
    const bool to_head = !talk->owed.empty() && talk->owed.front().to_head;
    const Message came = talk->connection.answer(to_head);
    if (!talk->owed.empty()) talk->owed.pop_front();
    std::erase(waiting_, talk);
    std::vector<std::string> challenges;
    for (const base::HttpHeader& h : came.headers) {
        if (base::equal_ignoring_case(h.name, "WWW-Authenticate")) challenges.push_back(h.value);
    }
    prover_.challenged(std::move(challenges));
    check(answer.expected, came, names_);
}

void Player::act(const NoAnswerYet&) {
    const TalkPtr talk = answering();
    settle();
    if (const std::string_view came = talk->connection.unread(); !came.empty()) {
        throw std::runtime_error("an answer has come already\n" + std::string(came));
    }
}

void Player::act(const Closed&) {
    Connection& connection = current()->connection;
    settle();
    if (connection.unread().empty()) connection.wait_closed();
    if (const std::string_view came = connection.unread(); !came.empty()) {
        throw std::runtime_error("the daemon said more instead of closing\n" + std::string(came));
    }
}

void Player::act(const ChangeSink& change) {
    std::unique_ptr<Sink>& sink = sinks_[change.name];
    if (sink && !change.at.empty()) throw std::runtime_error("an open sink cannot move");
    if (!sink) sink = std::make_unique<Sink>(change.at);
    names_[change.name] = sink->address();
    Manners manners = sink->manners();
    for (const std::string& option : change.options) {
        if (!manners.apply(option)) throw std::runtime_error("no option of a sink: " + option);
    }
    sink->change(manners);
}

void Player::act(const Notified& notified) {
    Sink& from = sink(notified.sink);
    const bool settled = settle();
    // What a settled daemon has not sent will not come; but one that is held, or has yet to answer
    // somebody, may.
    const bool may_come = !settled || anything_owed();
    const auto came = from.take(may_come ? kLimit : std::chrono::seconds(0));
    if (!came) throw std::runtime_error(notified.sink + " has got no notification");
    check(notified.expected, *came, names_);
}

Connection& Player::dialled(const std::string& name) {
    const auto found = dials_.find(name);
    if (found == dials_.end()) throw std::runtime_error(name + " is not connected");
    return *found->second;
}

void Player::act(const PacketSent& sent) {
    const std::string payload = fill(line_, sent.payload, names_);
    std::string first = fill(line_, sent.first.text, names_);
    if (first.ends_with(" *")) first.replace(first.size() - 1, 1, std::to_string(payload.size()));
    dialled(sent.name).send(first + "\r\n" + payload);
}

void Player::act(const PacketGot& got) {
    const std::string came = dialled(got.name).packet();
    const std::size_t end = came.find("\r\n");
    const std::string first = came.substr(0, end), payload = came.substr(end + 2);
    std::string pattern = got.first.text;
    if (pattern.ends_with(" *")) pattern.replace(pattern.size() - 1, 1, "{*}");
    if (!matches(got.first.number, pattern, first, names_)) throw Failure{got.first.number, got.name + " got\n" + came};
    if (got.payload_line == 0) return;
    if (!matches(got.payload_line, got.payload, payload, names_)) throw Failure{got.payload_line, got.name + " got\n" + came};
}

void Player::act(const DialClosed& closed) {
    Connection& connection = dialled(closed.name);
    settle();
    if (connection.unread().empty()) connection.wait_closed();
    if (const std::string_view came = connection.unread(); !came.empty()) {
        throw std::runtime_error("the daemon said more instead of closing\n" + std::string(came));
    }
    dials_.erase(closed.name);
}

void Player::act(const Silent& silent) {
    settle();
    if (const auto dial = dials_.find(silent.sink); dial != dials_.end()) {
        if (dial->second->unread().empty()) return;
        throw std::runtime_error(silent.sink + " has got\n" + std::string(dial->second->unread()));
    }
    if (const auto came = sink(silent.sink).take(std::chrono::seconds(0))) {
        throw std::runtime_error(silent.sink + " has got\n" + came->whole);
    }
}

void Player::act(const Restart& restart) {
    if (anything_owed()) throw std::runtime_error("every answer must be read before the daemon ends");
    if (!settle()) throw std::runtime_error("a sink holds the daemon, so it cannot end");
    named_.clear();
    dials_.clear();
    last_.reset();
    stage_.restart(restart);
    settle();
}

Sink& Player::sink(const std::string& name) {
    const auto found = sinks_.find(name);
    if (found == sinks_.end()) throw std::runtime_error("there is no sink " + name);
    return *found->second;
}

bool Player::settle() {
    for (const TalkPtr& talk : waiting_) wait_taken(*talk);
    for (const auto& [name, talk] : named_) {
        if (talk) wait_taken(*talk);
    }
    if (last_) wait_taken(*last_);
    for (const auto& [name, connection] : dials_) {
        const auto until = std::chrono::steady_clock::now() + kMayStay;
        while (!connection->taken() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    }
    return stage_.settle([this] { return anything_held(); });
}

void Player::wait_taken(Talk& talk) {
    // There is no event for "the daemon has read it"; bytes in its socket are looked for until there are
    // none. What was sent behind an unanswered request may rightly stay there, and raw bytes may be
    // refused unread.
    const bool may_stay = talk.raw || talk.owed.size() > 1;
    const auto until = std::chrono::steady_clock::now() + (may_stay ? kMayStay : kLimit);
    while (!talk.connection.taken() && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
}

bool Player::anything_owed() {
    if (!waiting_.empty()) return true;
    for (const auto& [name, talk] : named_) {
        if (talk && !talk->owed.empty()) return true;
    }
    return false;
}

bool Player::anything_held() {
    for (const auto& [name, sink] : sinks_) {
        if (sink->holding()) return true;
    }
    return false;
}

void Player::release_all() {
    for (const auto& [name, sink] : sinks_) sink->release();
}

void Player::finish() {
    for (const TalkPtr& talk : waiting_)
        throw Failure{talk->owed.front().line, "the scene never read the answer"};
    for (const auto& [name, talk] : named_) {
        if (talk && !talk->owed.empty())
            throw Failure{talk->owed.front().line, "the scene never read the answer"};
    }
    settle();
    for (const auto& [name, talk] : named_) {
        if (talk && !talk->raw && !talk->connection.unread().empty()) {
            throw Failure{line_, "over connection " + name + " came what nobody had asked for\n" +
                                     std::string(talk->connection.unread())};
        }
    }
    for (const auto& [name, connection] : dials_) {
        if (!connection->unread().empty()) {
            throw Failure{line_, name + " got what the scene did not read\n" + std::string(connection->unread())};
        }
    }
    for (const auto& [name, sink] : sinks_) {
        if (const auto came = sink->take(std::chrono::seconds(0))) {
            throw Failure{line_, name + " got what the scene did not read\n" + came->whole};
        }
    }
}

}  // namespace

std::optional<Failure> play(const Scene& scene, base::Log& log) {
    try {
        Player(scene, log).play();
    } catch (const Failure& failure) {
        return failure;
    } catch (const std::exception& e) {
        return Failure{1, e.what()};
    }
    return std::nullopt;
}

}  // namespace scenes
