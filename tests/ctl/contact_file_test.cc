// tests/ctl/contact_file_test.cc: contacts out of CSV files and registry exports.
// SPDX-License-Identifier: Apache-2.0
#include "ctl/contact_file.h"

#include "ctl/registry_file.h"
#include "ctl/text_file.h"

#include <gtest/gtest.h>

namespace {

/// `line owner account (nickname) [group] blocked`; what the file does not say is a dash. Or the error.
std::vector<std::string> read(std::string_view bytes, const std::string& owner = "") {
    const auto rows = ctl::read_contacts(bytes, "f", owner);
    if (!rows) return {rows.error().text};
    std::vector<std::string> lines;
    for (const ctl::ContactRow& r : *rows) {
        lines.push_back(std::to_string(r.line) + " " + r.owner + " " + r.account + " (" + r.nickname.value_or("-") + ") [" +
                        r.group.value_or("-") + "] " + (r.blocked ? *r.blocked ? "yes" : "no" : "-"));
    }
    return lines;
}

using Lines = std::vector<std::string>;

std::string utf16(std::u16string_view text, bool big_endian = false) {
    std::string bytes = big_endian ? "\xfe\xff" : "\xff\xfe";
    for (const char16_t unit : text) {
        const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8);
        bytes += big_endian ? high : low;
        bytes += big_endian ? low : high;
    }
    return bytes;
}

TEST(ContactFile, ColumnsStandInAnyOrder) {
    EXPECT_EQ(read("owner,account,nickname,group\nbob,carol,Caz,Friends\nbob,dave,,\n"),
              (Lines{"2 bob carol (Caz) [Friends] -", "3 bob dave () [] -"}));
    EXPECT_EQ(read("\xef\xbb\xbf" "Blocked, Account ,OWNER\r\nyes, carol ,bob\r\n\r\n,\"d,e\",bob\r\nNo,x@y,bob"),
              (Lines{"2 bob carol (-) [-] yes", "4 bob d,e (-) [-] -", "5 bob x@y (-) [-] no"}));
    EXPECT_EQ(read("account\ncarol\n", "bob"), Lines{"2 bob carol (-) [-] -"});
    EXPECT_EQ(read(utf16(u"owner,account\nbob,j\u00f6rg\n")), Lines{"2 bob j\xc3\xb6rg (-) [-] -"});
    EXPECT_EQ(read("owner,account\n"), Lines{});
}

TEST(ContactFile, WhatIsWrongIsToldWithItsLine) {
    const std::string head = "owner,account,nickname\n";
    EXPECT_EQ(read(""), Lines{"f: is empty, where a header line is wanted"});
    EXPECT_EQ(read("owner,account,nick\n"),
              Lines{"f:1: unknown column 'nick'; there are owner, account, nickname, group and blocked"});
    EXPECT_EQ(read("owner,owner,account\n"), Lines{"f:1: two columns 'owner'"});
    EXPECT_EQ(read("owner,nickname\n"), Lines{"f:1: the header line needs the column account"});
    EXPECT_EQ(read("account\n"), Lines{"f:1: the header line needs the column owner, or the command --owner"});
    EXPECT_EQ(read(head, "bob"), Lines{"f:1: the file has a column owner, so --owner has no place"});
    EXPECT_EQ(read(head + "bob,carol,\"two\nlines\"\nbob,carol\n"), Lines{"f:4: 2 fields where the header line has 3"});
    EXPECT_EQ(read(head + "bob,carol,\"open\nbob,dave,\n"), Lines{"f:2: a quote is not closed"});
    EXPECT_EQ(read(head + "bob,,x\n"), Lines{"f:2: the account is empty"});
    EXPECT_EQ(read(head + " ,carol,x\n"), Lines{"f:2: the owner is empty"});
    EXPECT_EQ(read(head + "bob,carol,\xff\n"), Lines{"f:2: nickname is not UTF-8"});
    EXPECT_EQ(read(head + "bob," + std::string(4097, 'x') + ",x\n"), Lines{"f:2: account is over 4096 bytes"});
    EXPECT_EQ(read("owner,account,blocked\nbob,carol,maybe\n"), Lines{"f:2: blocked is yes or no, not 'maybe'"});
    EXPECT_EQ(read("\xff\xfe" "a"), Lines{"f: the file ends within a character"});
    EXPECT_EQ(read(std::string("\xff\xfe\x00\xd8", 4)), Lines{"f: half a character of UTF-16"});
    EXPECT_EQ(read(std::string("\xff\xfe\x00\xdc\x00\xd8", 6)), Lines{"f: half a character of UTF-16"});
}

TEST(ContactFile, Utf16BecomesUtf8) {
    const std::u16string text = u"a\u00e9\u20ac\U0001f600\U0010ffff";
    EXPECT_EQ(*ctl::decode_text(utf16(text)), "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
    EXPECT_EQ(*ctl::decode_text(utf16(text, true)), *ctl::decode_text(utf16(text)));
    EXPECT_EQ(*ctl::decode_text("as it is"), "as it is");
}

TEST(ContactFile, AnExportIsReadBack) {
    const auto contact = base::json::parse(
        R"({"owner":"bob","account":"carol","nickname":"C, \"z\"","groups":["Friends","Work; x"],"blocked":true,"id":"1"})");
    const auto bare = base::json::parse(R"({"owner":"bob","account":"x@y","nickname":"","groups":[],"blocked":false})");
    const std::string text = ctl::contacts_header() + ctl::contact_rows(*contact) + ctl::contact_rows(*bare);
    EXPECT_EQ(text, "owner,account,nickname,group,blocked\r\n"
                    "bob,carol,\"C, \"\"z\"\"\",Friends,yes\r\n"
                    "bob,carol,\"C, \"\"z\"\"\",Work; x,yes\r\n"
                    "bob,x@y,,,no\r\n");
    EXPECT_EQ(read(text), (Lines{"2 bob carol (C, \"z\") [Friends] yes", "3 bob carol (C, \"z\") [Work; x] yes",
                                 "4 bob x@y () [] no"}));
}

// -- what the registry editor exports

const std::u16string kExport =
    u"Windows Registry Editor Version 5.00\r\n"
    u"\r\n"
    u"[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger]\r\n"
    u"\"Other\"=\"x\"\r\n"
    u"\r\n"
    u"[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.example.com/instmsg/aliases/Bob]\r\n"
    u"@=\"\"\r\n"
    u"\"Name\"=\"Bob\"\r\n"
    u"\r\n"
    u"[HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.example.com/instmsg/aliases/Bob\\Contacts]\r\n"
    u"@=\"default\"\r\n"
    u"\"carol@im.example.com\"=\"\"\r\n"
    u"\"d\\\"\\\\ave@im.example.com\"=hex:01,02,\\\r\n"
    u"  03,\\\r\n"
    u"  04\r\n"
    u"\"j\u00f6rg@im.example.com\"=\"text \\\"that\\\"\r\n"
    u"\"eve@im.example.com=goes on\"\r\n"
    u"; a remark\r\n"
    u"\"gone@im.example.com\"=-\r\n"
    u"\"zoe@other.org\"=dword:00000001\r\n"
    u"\r\n"
    u"[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.example.com/instmsg/aliases/Bob\\Contacts\\x]\r\n"
    u"\"deeper@im.example.com\"=\"\"\r\n"
    u"[-HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.example.com/instmsg/aliases/Bob\\Contacts]\r\n"
    u"[HKEY_USERS\\S-1-5-21\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.example.com/instmsg/aliases/eve\\Contacts]\r\n"
    u"\"bob@im.example.com\"=\"\"\r\n";

TEST(RegistryFile, HoldsContactsBelowAProfile) {
    const std::string bob = "http://im.example.com/instmsg/aliases/Bob ";
    const Lines wanted{"12 " + bob + "carol@im.example.com (-) [-] -", "13 " + bob + "d\"\\ave@im.example.com (-) [-] -",
                       "16 " + bob + "j\xc3\xb6rg@im.example.com (-) [-] -", "20 " + bob + "zoe@other.org (-) [-] -",
                       "26 http://im.example.com/instmsg/aliases/eve bob@im.example.com (-) [-] -"};
    EXPECT_EQ(read(utf16(kExport)), wanted);
    EXPECT_EQ(read(*ctl::decode_text(utf16(kExport))), wanted);
    EXPECT_EQ(read(utf16(kExport), "bob"),
              Lines{"f:26: the contacts of a second profile, so --owner has no place"});
}

TEST(RegistryFile, OfTheOldKindIsOneToo) {
    const std::string key = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\";
    EXPECT_EQ(read("REGEDIT4\n" + key + "Profiles\\http://im.x/instmsg/aliases/bob\\Contacts]\n\"carol@im.x\"=\"\"", "robert"),
              Lines{"3 robert carol@im.x (-) [-] -"});
    EXPECT_EQ(read("REGEDIT4\n" + key + "Contacts]\n\"carol@im.x\"=\"\"", "bob"), Lines{"3 bob carol@im.x (-) [-] -"});
    EXPECT_EQ(read("REGEDIT4\n" + key + "Contacts]\n\"carol@im.x\"=\"\""),
              Lines{"f:3: the key does not say whose contacts these are; say it by --owner"});
    EXPECT_EQ(read("REGEDIT4\n" + key + "Contacts]\n\"j\xf6rg@im.x\"=\"\"", "bob"),
              Lines{"f:3: the name of the contact is not UTF-8; export the key as version 5.00"});
    EXPECT_EQ(read("REGEDIT4\n" + key + "Profiles\\Contacts]\n\"carol@im.x\"=\"\"", "bob"),
              Lines{"f: holds no key Software\\Microsoft\\Exchange\\Messenger\\...\\Contacts with contacts in it"});
}

TEST(RegistryFile, ThatIsBrokenIsToldWithItsLine) {
    const std::string head = "REGEDIT4\n[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Contacts]\n";
    EXPECT_EQ(read("REGEDIT4\n[HKEY_CURRENT_USER\\Software", "b"), Lines{"f:2: the key has no closing bracket"});
    EXPECT_EQ(read(head + "nonsense\n", "b"), Lines{"f:3: neither a key in brackets nor \"name\"=data"});
    EXPECT_EQ(read(head + "\"carol\n", "b"), Lines{"f:3: no \"name\"=data"});
    EXPECT_EQ(read(head + "\"carol\"\n", "b"), Lines{"f:3: no \"name\"=data"});
    EXPECT_EQ(read(head + "\"carol\"=hex:01,\\\n", "b"), Lines{"f:3: the file ends within this value"});
    EXPECT_EQ(read(head + "\"carol\"=\"text\nmore\n", "b"), Lines{"f:3: the file ends within this value"});
    EXPECT_FALSE(ctl::read_registry("owner,account\n", "f"));
}

}  // namespace
