// tests/doors/msnp_threads_life_test.cc: people who come, go, hide, talk, make threads and change them as it happens, at
// two doors, with a store that is slow or fails; each knows in the end what is so.
// SPDX-License-Identifier: Apache-2.0
// Spec: msnp24 7
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "doors/msnp_thread.h"
#include "tests/doors/msnp_world.h"

namespace {

using presence::Affiliation;
using presence::Room;

constexpr std::array<const char*, 4> kPeople{"alice", "bob", "carol", "cy"};
constexpr const char* kClub = "/instmsg/rooms/club";  // of another door

std::string life_key(const std::string& name) { return "/instmsg/aliases/" + name; }

class ThreadsLife : public tests::MsnpWorld {
public:
    explicit ThreadsLife(unsigned seed) : random_(seed) {
        auto settings = keeping();
        settings.archive = true;
        service.change(settings);
        presence::RoomEntry entry{kClub, "test/ann"};
        entry.open = true;
        entry.config = presence::RoomConfig{};
        entry.config->persistent = true;
        service.rooms().enter(who("ann"), std::move(entry), [](const auto& in) { EXPECT_TRUE(in); });
        finish();
    }

    void act() {
        const std::string name = kPeople.at(any(kPeople.size()));
        const std::string other = kPeople.at(any(kPeople.size()));
        const std::string key = some_room();
        switch (any(15)) {
            case 0: return come(name);
            case 1: return leave(name);
            case 2: return publish(name, "HDN");
            case 3: return publish(name, "NLN");
            case 4: return thread(name, "PUT", "", "<member><mri>8:" + other + "</mri></member><member><mri>8:" + name + "</mri><role>admin</role></member>");
            case 5: return thread(name, "PUT", id_of(key), "<member><mri>8:" + other + "</mri></member>");
            case 6: return thread(name, "PUT", id_of(key), "<member><mri>8:" + other + "</mri><role>" + (any(2) == 0 ? "user" : "admin") + "</role></member>");
            case 7: return thread(name, "DEL", id_of(key), "<member><mri>8:" + other + "</mri></member>");
            case 8: return thread(name, "DEL", id_of(key), "<member><mri>8:" + name + "</mri></member>");
            case 9: return speak(name, id_of(key));
            case 10: return enter_elsewhere(name, key);
            case 11: return service.rooms().leave(life_key(name), key, "test/" + name);
            case 12: return affiliate("ann", kClub, name, static_cast<Affiliation>(any(4)));  // of all but owner
            case 13: return service.rooms().invite(who("ann"), kClub, life_key(name), "", [](const auto&) {});
            default: break;
        }
        if (any(2) == 0) journal.fail_next(1);
        else finish();
    }

    /// All that was begun is through.
    void settle() {
        finish();
        for (auto& [name, clients] : clients_) {
            for (auto& client : clients) read(name, *client);
        }
    }

    void check() {
        settle();
        for (const std::string& key : rooms()) {
            const Room& room = *service.rooms().find(key);
            EXPECT_GE(room.owners(), 1U);
            for (const presence::Occupant& one : room.occupants()) {
                EXPECT_TRUE(room.may_stay(one.account));
                EXPECT_FALSE(one.seats.empty());
                const auto here = std::ranges::count_if(one.seats, [](const std::string& seat) { return seat.starts_with("msnp/"); });
                EXPECT_LE(static_cast<std::size_t>(here), clients_[std::string(presence::alias_of(one.account))].size()) << key;
            }
            for (const auto& [name, clients] : clients_) {
                const bool in = doors::takes_part(service, room, life_key(name));
                for (const auto& client : clients) check_view(*client, room, name, in);
            }
        }
    }

    void end() {
        for (const char* name : kPeople) {
            while (!clients_[name].empty()) leave(name);
        }
        finish();
        for (const std::string& key : rooms()) {
            for (const presence::Occupant& one : service.rooms().find(key)->occupants()) {
                for (const std::string& seat : one.seats) EXPECT_FALSE(seat.starts_with("msnp/")) << key;
            }
        }
    }

    std::size_t inside = 0, outside = 0;  ///< views of threads that were compared

private:
    struct Client {
        tests::MsnpClient wire;
        std::map<std::string, std::string> told;  // the last `<thread>`, by id
    };

    std::size_t any(std::size_t below) { return random_() % below; }

    std::vector<std::string> rooms() {
        std::set<std::string> keys;
        for (const char* name : {"ann", "alice", "bob", "carol", "cy"}) {
            for (const Room* room : service.rooms().of(life_key(name))) keys.insert(room->key());
        }
        return {keys.begin(), keys.end()};
    }
    std::string some_room() {
        const auto all = rooms();
        return all.empty() || any(3) == 0 ? kClub : all.at(any(all.size()));
    }
    std::string id_of(const std::string& key) {
        const Room* room = service.rooms().find(key);
        return room ? doors::thread_name(*room) : "19:00000000000000000000000000000000@thread.skype";
    }
    /// One that has nothing to wait for; null: he has none.
    Client* client_of(const std::string& name) {
        auto& all = clients_[name];
        return all.empty() ? nullptr : all.at(any(all.size())).get();
    }
    void come(const std::string& name) {
        auto& all = clients_[name];
        if (all.size() >= 2) return;
        finish();
        all.push_back(std::make_unique<Client>());
        open(all.back()->wire);
        prove(all.back()->wire, name, "pw");
        say(all.back()->wire, "BND", 3, "CON\\MSGR", "\r\n<msgr><ver>2</ver></msgr>");
        say(all.back()->wire, "PUT", 4, "MSGR\\PRESENCE", published("<s n=\"IM\"><Status>NLN</Status></s>"));
    }
    void leave(const std::string& name) {
        auto& all = clients_[name];
        if (all.empty()) return;
        if (any(2) == 0) begin(all.back()->wire, "OUT", 5, "CON", "");
        all.pop_back();
        finish();
    }
    void publish(const std::string& name, const std::string& status) {
        if (Client* client = client_of(name)) begin(client->wire, "PUT", 6, "MSGR\\PRESENCE", published("<s n=\"IM\"><Status>" + status + "</Status></s>"));
    }
    void thread(const std::string& name, const std::string& command, const std::string& id, const std::string& members) {
        if (Client* client = client_of(name)) begin(client->wire, command, 7, "MSGR\\THREAD", "\r\n<thread><id>" + id + "</id><members>" + members + "</members></thread>");
    }
    void speak(const std::string& name, const std::string& id) {
        if (Client* client = client_of(name)) begin(client->wire, "SDG", 8, "MSGR", "Routing: 1.0\r\nTo: " + id + "\r\n\r\nReliability: 1.0\r\n\r\nMessaging: 2.0\r\nMessage-Type: Text\r\n\r\nhello");
    }
    void enter_elsewhere(const std::string& name, const std::string& key) {
        presence::RoomEntry entry{key, "test/" + name};
        entry.may_create = false;
        service.rooms().enter(who(name), std::move(entry), [](const auto&) {});
    }
    void affiliate(const std::string& by, const std::string& key, const std::string& name, Affiliation what) {
        service.rooms().affiliate(who(by), key, {life_key(name), what, ""}, "", [](const auto&) {});
    }

    void read(const std::string& name, Client& client) {
        for (const doors::MsnpFrame& frame : client.wire.take()) {
            EXPECT_FALSE(frame.payload.empty());
            if (frame.command != "NFY" || frame.path != "THREAD") continue;
            const std::string element = frame.payload.substr(frame.payload.find("\r\n\r\n") + 4);
            client.told[content(element, "id")] = element;
        }
        EXPECT_FALSE(client.wire.closed) << name;
    }
    /// Who is in it, and as what; in any order.
    static std::set<std::string> members_of(const std::string& element) {
        std::set<std::string> all;
        for (std::size_t at = element.find("<member>"); at != std::string::npos; at = element.find("<member>", at + 1)) {
            all.insert(element.substr(at, element.find("</member>", at) - at));
        }
        return all;
    }
    /// What he was told last of a thread is what is so; of one that he is not in, that he is not.
    void check_view(Client& client, const Room& room, const std::string& name, bool in) {
        const auto told = client.told.find(doors::thread_name(room));
        if (told == client.told.end()) return;  // he has not been there to be told
        const bool was_in = told->second.find("<mri>8:" + name + "</mri>") != std::string::npos;
        EXPECT_EQ(was_in, in) << name << " in " << room.name();
        (in ? inside : outside) += 1;
        if (!in) return;
        EXPECT_EQ(members_of(told->second), members_of(doors::thread_element(room, life_key(name)))) << name << " in " << room.name();
    }

    std::minstd_rand random_;
    std::map<std::string, std::vector<std::unique_ptr<Client>>> clients_;
};

TEST(MsnpThreads, EverybodyKnowsWhatIsSoHoweverItCame) {
    std::size_t inside = 0, outside = 0;
    for (unsigned seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        ThreadsLife life(seed);
        for (int i = 0; i < 200; ++i) {
            life.act();
            if (i % 20 == 19) life.check();
            if (::testing::Test::HasFailure()) return;
        }
        life.end();
        inside += life.inside;
        outside += life.outside;
    }
    EXPECT_GT(inside, 1000U);
    EXPECT_GT(outside, 100U);
}

}  // namespace
