// tests/ctl/password_test.cc: a password is one line of standard input, and nothing of what is behind it.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/password.h"

#include "base/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace {

/// What is read from a pipe that holds `text`.
base::Result<std::string> from_pipe(const std::string& text, std::string* left = nullptr) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const base::Fd out(ends[0]);
    {
        const base::Fd in(ends[1]);
        EXPECT_EQ(::write(in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    auto password = ctl::read_password(out.get(), "bob");
    std::array<char, 64> rest{};
    const ssize_t got = ::read(out.get(), rest.data(), rest.size());
    if (left && got > 0) left->assign(rest.data(), static_cast<std::size_t>(got));
    return password;
}

TEST(Password, IsTheFirstLineOfInputThatIsNoTerminal) {
    std::string left;
    EXPECT_EQ(from_pipe("open sesame\nnext\n", &left).value_or(""), "open sesame");
    EXPECT_EQ(left, "next\n");
    EXPECT_EQ(from_pipe(" blanks count \r\n").value_or(""), " blanks count ");
    EXPECT_EQ(from_pipe("no line end").value_or(""), "no line end");
    EXPECT_EQ(from_pipe(std::string(256, 'x') + "\n").value_or("").size(), 256U);
}

TEST(Password, IsNeitherEmptyNorEndless) {
    EXPECT_EQ(from_pipe("").error().text, "the password is empty");
    EXPECT_EQ(from_pipe("\nsecond").error().text, "the password is empty");
    EXPECT_EQ(from_pipe(std::string(257, 'x') + "\n").error().text, "the password is over 256 bytes");
}

}  // namespace
