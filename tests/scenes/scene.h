// tests/scenes/scene.h: a dialogue with the whole daemon, as it stands in a *.scene file.
// SPDX-License-Identifier: Apache-2.0
//
// A scene reads like a transcript. Each is played against a fresh daemon on 127.0.0.1 with a fake
// clock, an empty store in memory (on disk if the scene restarts) and real sockets. A step is one line or a block of lines; a blank
// line ends a block, and `# comment` lines stand anywhere between steps.
//
// BEFORE THE DAEMON STARTS (first in the scene)
//   config domain = "im.example.com"
//       An option, as TOML with its dotted name (config lease.linger_s = 0). It replaces what scenes
//       have by default: listen.http ["127.0.0.1:0"], no admin page, no control socket, store.path
//       ":memory:" or, if the scene restarts, a file in a folder of its own, push.threads 2,
//       nodes.auto_create as in conf/rvpd.conf.
//
// WHO HAS AN ACCOUNT
//   account bob secret        Makes it, or gives it another password (as rvpctl user does).
//   no account bob            Deletes it.
//
// WHAT A CLIENT SAYS
//   > SUBSCRIBE /instmsg/aliases/bob HTTP/1.1
//   > Content-Length: *
//   >
//   > <d:propfind …
//       A request: its line, its headers and, if it has a body, an empty `>` and the body. Head lines
//       are sent with CRLF; body lines are joined by LF, with none behind the last. `*` of
//       Content-Length stands for the true length. `Authorization: Digest as bob with secret` (or
//       Digest-SHA-256) answers the challenge that came last, whatever connection it came over. The answer is waited for; without a `<` block
//       behind it, it must be a 2xx.
//   >> NOTIFY /instmsg/aliases/bob HTTP/1.1
//       The same (further lines have one `>`), but the scene goes on without the answer; a later `<`
//       block waits for it.
//   raw "GET\0 /\r\n"
//   raw "a" times 20000
//       Bytes as they are, with C escapes (\r \n \t \0 \\ \" \xHH). Raw lines that follow each other
//       go down the same connection.
//   connection alice
//   connection alice from 127.0.0.2
//   @alice
//       What follows goes over a kept-open connection of that name, opened when first used, maybe
//       from another address of ours; `@alice` is short for `connection alice`. On a kept
//       connection answers come in the order of the requests.
//   connection new      Back to how a scene starts: a new connection for each request.
//   hangup              Closes the current connection; answers it still owed are forgotten.
//   lines lf            How the head lines of later requests end; `lines crlf`.
//
// WHAT THE DAEMON MUST ANSWER
//   < HTTP/1.1 207 Multi-Status       The status line.
//   < Subscription-Id: {id:=}         A header that must be there, in any order: its name as spelled,
//                                     its value exactly; `< Date: *` takes any value.
//   <!Transfer-Encoding               A header that must not be there, however spelled.
//   <                                 Behind an empty `<` the whole body: lines joined without
//   < <d:multistatus …                separators. With no line behind it the body is empty; without
//                                     it the body is not looked at.
//   no answer yet       The oldest request waiting on the current connection is not answered.
//   closed              The daemon has closed the current connection and said nothing more.
//   Every answer must have exactly one `Content-Length: N`, so spelled, and no Transfer-Encoding.
//   With `connection new`, a `<` block belongs to the request right above it, else to the oldest
//   unanswered `>>`; `closed` and `hangup` mean the last request.
//
// CALL-BACK SINKS
//   sink carol [options]      Opens one on a free port; `sink carol status=412` later changes what
//                             it does and leaves the rest.
//       status=412 body=text framing=length   What it answers; body may be "quoted", C escapes.
//       framing=none          No Content-Length; closes.
//       framing=unclosed      No Content-Length either, and stays open.
//       framing=reset         Reads the NOTIFY, then resets the connection.
//       lf, crlf              How its answers end their lines.
//       hold                  Answers nothing until `release carol`, which answers all that is held
//                             and ends the hold.
//       at=127.0.0.2          Another address of ours (when it is opened).
//   carol< NOTIFY / HTTP/1.1  The oldest notification that carol got and the scene has not read:
//   carol< RVP-Hop-Count: 1   request line, headers, `carol<!Header`, empty `carol<` and body as in
//                             answers. It must have one sound Content-Length, too.
//   carol silent              She has got nothing that was not read.
//   close carol               No one listens (connects are refused) and open connections end;
//   reopen carol              the same port again.
//   At the end everything that sinks got must have been read, and every `>>` answered or hung up.
//   While a sink holds, the daemon cannot settle, and `silent` then means: not within 0.2 s.
//
// CLIENTS OF MSNP24, where listen.msnp is configured
//   dial alice                A connection of that name.
//   alice> SDG 10 MSGR *      A packet: its line, `*` being the true length, and the lines of its payload, each
//   alice>                    with CRLF but the last, unless that is empty. Nothing is waited for.
//   alice> <body>
//   alice< SDG 10 MSGR 50     The next packet that alice gets, to the letter; `*` takes any length, which must be
//   alice< UtcTime: {*}       the true one in any case.
//   alice<
//   alice silent              She has got nothing that was not read.
//   alice closed              The daemon has closed, and said nothing more.
//   alice hangup
//   ticket alice              `{ticket}` becomes one that is given out to alice.
//
// TIME
//   clock +3600s              Time passes (ms, s, m, h, d), and what is due happens.
//   calendar -1h              Somebody sets the wall clock, either way; no time passes.
//   restart [+5h]             The daemon ends, time may pass, and one starts again on the same port and
//                             on what the store holds. Connections end: every answer must have been read.
//   reboot [+5h]              The same with the machine: the time since boot begins anew.
//
// NAMES IN BRACES, in every text but config
//   {server} {carol}          `127.0.0.1:port` of the daemon's listener, of a sink.
//   {id}                      What was caught under that name.
//   {id:=}  {nonce:=*}        In expected text: catches digits, or any run of characters.
//   {*}                       In expected text: any run of characters, also none.
//   Names are short and lower case; any other brace (a GUID's) stands for itself.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace scenes {

/// A line of the file (counted from 1) without what introduced it.
struct Line {
    int number = 0;
    std::string text;
};

/// What a request or an answer must be.
struct Expected {
    Line first;
    std::vector<Line> headers;  ///< "Name: value"
    std::vector<Line> absent;   ///< names
    bool has_body = false;
    Line body;
};

struct Request {
    std::vector<Line> head;
    std::string body;
    bool wait = true;
};
struct Raw {
    std::string bytes;
    std::size_t times = 1;
};
struct UseConnection {
    std::string name;  ///< "" = one for each request
    std::string from;  ///< "" = whatever the system picks
};
struct HangUp {};
struct EndLinesWith {
    std::string end;
};
struct Answer {
    Expected expected;
};
struct NoAnswerYet {};
struct Closed {};
struct ChangeSink {
    std::string name;
    std::vector<std::string> options;  ///< words that Sink::change takes
    std::string at;                    ///< "" = 127.0.0.1
};
struct CloseSink {
    std::string name;
};
struct ReopenSink {
    std::string name;
};
struct ReleaseSink {
    std::string name;
};
struct Notified {
    std::string sink;
    Expected expected;
};
struct Silent {
    std::string sink;
};
struct Dial {
    std::string name;
};
struct Packet {
    std::string name;
    Line first;
    std::string payload;
    int payload_line = 0;
};
struct PacketSent : Packet {};
struct PacketGot : Packet {};
struct DialClosed {
    std::string name;
};
struct DialHangUp {
    std::string name;
};
struct GetTicket {
    std::string account;
};
struct Pass {
    std::chrono::milliseconds time{};
};
struct SetCalendar {
    std::chrono::milliseconds by{};
};
/// An empty password: delete it.
struct SetAccount {
    std::string name;
    std::string password;
};
struct Restart {
    std::chrono::milliseconds down{};
    bool machine = false;  ///< not only the daemon
};

using Act =
    std::variant<Request, Raw, UseConnection, HangUp, EndLinesWith, Answer, NoAnswerYet, Closed,
                 ChangeSink, CloseSink, ReopenSink, ReleaseSink, Notified, Silent, Pass, SetCalendar,
                 SetAccount, Restart, Dial, PacketSent, PacketGot, DialClosed, DialHangUp, GetTicket>;

struct Step {
    int line = 0;
    Act act;
};

struct Scene {
    std::string name;  ///< the file's, without .scene
    std::string file;
    std::vector<Line> config;  ///< "domain = …"
    std::vector<Step> steps;
    bool restarts = false;  ///< has a Restart among its steps
    bool accounts = false;  ///< has a SetAccount among its steps
};

/// Thrown by whatever goes wrong in a scene: where, and a text of one or more lines.
struct Failure {
    int line = 0;
    std::string text;
};

/// Whether a text may be a name.
[[nodiscard]] bool is_name(std::string_view text);
/// Reads a scene; throws Failure at the first line that is none.
[[nodiscard]] Scene read_scene(std::string name, std::string file, std::string_view text);
/// C escapes out of a quoted text; throws Failure. `quoted` starts with its quote; what follows the
/// closing quote is put into `rest`.
[[nodiscard]] std::string unquote(int line, std::string_view quoted, std::string_view& rest);

}  // namespace scenes
