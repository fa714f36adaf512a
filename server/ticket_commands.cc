// server/ticket_commands.cc: rvpctl ticket, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/ticket_commands.h"

#include <chrono>
#include <utility>

#include "server/admin_words.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

constexpr std::int64_t kUsualDays = 30;
constexpr std::int64_t kMostDays = 366;

}  // namespace

void TicketCommands::run(const std::string& command, const Value& args, CommandAnswer answer) {
    const std::string user = text_arg(args, "user");
    if (user.empty()) return answer(fail(Errc::malformed, command + " needs user, a text"));
    if (command == "ticket revoke") {
        return tickets_.revoke(user, [user, answer = std::move(answer)](base::Result<std::size_t> gone) mutable {
            if (!gone) return answer(std::unexpected(gone.error()));
            answer(Value::object().set("user", user).set("tickets", *gone));
        });
    }
    const Value* told = args.find("days");
    const std::int64_t days = told ? told->as_int().value_or(0) : kUsualDays;
    if (days < 1 || days > kMostDays) return answer(fail(Errc::malformed, "days are 1 to " + std::to_string(kMostDays)));
    tickets_.issue(user, std::chrono::days(days), [answer = std::move(answer)](base::Result<Tickets::Issued> made) mutable {
        if (!made) return answer(std::unexpected(made.error()));
        answer(Value::object().set("user", made->account).set("ticket", made->ticket).set("expires", text_of(made->expires)));
    });
}

}  // namespace server
