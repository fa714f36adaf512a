// tests/scenes/proof.h: what a client shows when it is challenged.
// SPDX-License-Identifier: Apache-2.0
// Spec: RFC 7616 3.4
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace scenes {

/// Answers challenges. Remembers the last ones, and how often it used each nonce.
class Prover {
public:
    /// The WWW-Authenticate values of an answer; an answer without any changes nothing.
    void challenged(std::vector<std::string> values);
    /// `Digest as bob with secret` -> `Digest username="bob", …` for the challenge that was met last; what does not end
    /// in `as USER with PASSWORD` stays as it is. Throws std::runtime_error when there is no such challenge.
    [[nodiscard]] std::string credentials(const std::string& value, const std::string& method, const std::string& target);

private:
    [[nodiscard]] std::string digest(bool sha256, const std::string& user, const std::string& password,
                                     const std::string& method, const std::string& target);

    std::vector<std::string> challenges_;
    std::map<std::string, int> used_;  ///< by nonce
};

}  // namespace scenes
