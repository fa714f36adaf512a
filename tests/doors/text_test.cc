// tests/doors/text_test.cc: states, form text and SOAP envelopes, as each door spells them.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "doors/form_text.h"
#include "doors/sessions.h"
#include "doors/soap.h"
#include "doors/states.h"

using doors::SoapFault;
using doors::SoapVersion;
using presence::Status;

namespace {

TEST(States, EachIsSpelledAsTheMsnCodeHasIt) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"online", "NLN"}, {"busy", "BSY"},     {"idle", "IDL"},      {"back-soon", "BRB"}, {"away", "AWY"},
        {"on-phone", "PHN"}, {"at-lunch", "LUN"}, {"invisible", "HDN"}};
    for (const auto& [rvp, msn] : table) {
        EXPECT_EQ(doors::msn_code(Status(rvp)), msn);
        EXPECT_EQ(doors::status_of_msn_code(msn), Status(rvp));
    }
    EXPECT_EQ(doors::msn_code(Status("offline")), "HDN");
    EXPECT_EQ(doors::msn_code(Status("in-a-meeting")), "NLN");
    EXPECT_EQ(doors::status_of_msn_code("fln"), Status("invisible"));
    EXPECT_EQ(doors::status_of_msn_code("XYZ"), std::nullopt);
    EXPECT_EQ(doors::status_of_msn_code(""), std::nullopt);
}

TEST(FormText, IsDecodedAsFormsAre) {
    EXPECT_EQ(doors::form_decode("Test+Message"), "Test Message");
    EXPECT_EQ(doors::form_decode("100%25+%c3%B6%2B"), "100% \xC3\xB6+");
    EXPECT_EQ(doors::form_decode("50% off, %4"), "50% off, %4");
    EXPECT_EQ(doors::form_decode("%"), "%");
}

TEST(FormText, WhatXmlCannotHoldDoesNotComeOut) {
    EXPECT_EQ(doors::form_decode("a%00b%0ac%1b"), "ab\nc");
    EXPECT_EQ(doors::form_decode("%FF%C3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(doors::form_decode("x%EF%BF%BEy"), "xy");
}

TEST(FormText, EverythingButLettersAndDigitsIsEncoded) {
    EXPECT_EQ(doors::percent_encode_all("bstest01@live.com"), "bstest01%40live%2Ecom");
    EXPECT_EQ(doors::percent_encode_all("a_(b) \xC3\xB6"), "a%5F%28b%29%20%C3%B6");
}

base::Request post(std::string body, std::string type = "text/xml; charset=utf-8") {
    base::Request request;
    request.method = "POST";
    request.headers.push_back({"Content-Type", std::move(type)});
    request.body = std::move(body);
    return request;
}

constexpr char k11[] = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr char k12[] = "http://www.w3.org/2003/05/soap-envelope";

std::string envelope(const std::string& ns, const std::string& inside) {
    return "<e:Envelope xmlns:e=\"" + ns + "\">" + inside + "</e:Envelope>";
}

TEST(Soap, TheEnvelopeDecidesTheVersionAndTheBodyTheMethod) {
    auto request = post(envelope(k11, "<e:Header><x xmlns='urn:x'/></e:Header><e:Body><Login/><Other/></e:Body>"));
    request.headers.push_back({"SOAPAction", "\"http://www.imcomponents.com/GetVersion\""});
    auto call = doors::read_soap(request, {});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->version, SoapVersion::v11);
    EXPECT_EQ(call->method.local, "Login");
    call = doors::read_soap(post(envelope(k12, "<e:Body><Login/></e:Body>")), {});
    ASSERT_TRUE(call);
    EXPECT_EQ(call->version, SoapVersion::v12);
}

TEST(Soap, AnEmptyBodyIsNamedByTheAction) {
    auto request = post(envelope(k11, "<e:Body/>"));
    request.headers.push_back({"SOAPAction", "http://www.imcomponents.com/GetVersion"});
    EXPECT_EQ(doors::read_soap(request, {})->method.local, "GetVersion");
    const auto twelve = post(envelope(k12, "<e:Body/>"), "application/soap+xml; charset=utf-8; action=\"urn:x/GetVersion\"");
    EXPECT_EQ(doors::read_soap(twelve, {})->method.local, "GetVersion");
}

TEST(Soap, Utf16WithItsMarkIsRead) {
    const std::string text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + envelope(k11, "<e:Body><M>\xC3\xB6</M></e:Body>");
    std::string little = "\xFF\xFE", big = "\xFE\xFF";
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned unit = static_cast<unsigned char>(text[i]);
        if (unit == 0xC3) unit = 0xF6, ++i;
        little += {static_cast<char>(unit), '\0'};
        big += {'\0', static_cast<char>(unit)};
    }
    for (const std::string& body : {little, big}) {
        const auto call = doors::read_soap(post(body), {});
        ASSERT_TRUE(call) << call.error().text;
        EXPECT_EQ(call->method.all_text(), "\xC3\xB6");
    }
    EXPECT_FALSE(doors::read_soap(post(little + "x"), {}));
    EXPECT_FALSE(doors::read_soap(post(std::string("\xFF\xFE\x00\xDC", 4)), {}));
}

TEST(Soap, WhatIsWrongIsAFaultOfItsKind) {
    using enum SoapFault::Whose;
    const auto fault = [](const std::string& body) { return doors::read_soap(post(body), {}).error(); };
    EXPECT_EQ(fault("<a").whose, client);
    EXPECT_TRUE(fault("<a").text.starts_with("Server was unable to read request. ---> "));
    EXPECT_EQ(fault("<Envelope/>").whose, version_mismatch);
    EXPECT_EQ(fault(envelope("urn:other", "")).whose, version_mismatch);
    EXPECT_EQ(fault(envelope(k11, "")).whose, client);
    EXPECT_EQ(fault("<!DOCTYPE a [<!ENTITY b 'c'>]>" + envelope(k11, "<e:Body/>")).whose, client);
    const auto marked = fault(envelope(k12, "<e:Header><T e:mustUnderstand='true'/></e:Header><e:Body><M/></e:Body>"));
    EXPECT_EQ(marked.whose, must_understand);
    EXPECT_EQ(marked.version, SoapVersion::v12);
}

TEST(Soap, AFaultIsWellFormedWhateverItQuotes) {
    const auto answer = doors::soap_fault({SoapVersion::v11, SoapFault::Whose::client, "no \x01 \xAB < &"});
    const auto read = base::xml::parse(answer.body);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_NE(read->all_text().find("no \xEF\xBF\xBD \xEF\xBF\xBD < &"), std::string::npos);
}

TEST(Soap, FaultsAreSpelledAsEachVersionHasThem) {
    const auto first = doors::soap_fault({SoapVersion::v11, SoapFault::Whose::server, "a ---> <b>"});
    EXPECT_EQ(first.status, 500);
    EXPECT_NE(first.body.find("<faultcode>soap:Server</faultcode><faultstring>a ---&gt; &lt;b&gt;</faultstring><detail /></soap:Fault>"),
              std::string::npos);
    const auto second = doors::soap_fault({SoapVersion::v12, SoapFault::Whose::client, "x"});
    EXPECT_EQ(second.status, 500);
    EXPECT_NE(second.body.find("<soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang=\"en\">x"),
              std::string::npos);
    EXPECT_EQ(second.headers.front().value, "application/soap+xml; charset=utf-8");
}

TEST(Sessions, IdsAreFoundInBracesAndInAnyCase) {
    base::FakeClock clock;
    base::TimerWheel wheel(clock.now(), std::chrono::milliseconds(250));
    doors::Sessions sessions(wheel, clock, {std::chrono::seconds(60), 3, 2});
    const auto one = sessions.open("bob", 1, {}, nullptr);
    ASSERT_TRUE(one);
    const std::string id = (*one)->id;
    EXPECT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_EQ(sessions.find("{" + base::to_lower(id) + "}"), *one);
    EXPECT_EQ(sessions.find("no"), nullptr);
}

TEST(Sessions, TheyAreCappedAndEndUnused) {
    base::FakeClock clock;
    base::TimerWheel wheel(clock.now(), std::chrono::milliseconds(250));
    doors::Sessions sessions(wheel, clock, {std::chrono::seconds(60), 3, 2});
    const auto one = sessions.open("bob", 1, {}, nullptr);
    ASSERT_TRUE(one && sessions.open("bob", 1, {}, nullptr));
    EXPECT_EQ(sessions.open("bob", 1, {}, nullptr).error().code, base::Errc::busy);
    ASSERT_TRUE(sessions.open("eve", 1, {}, nullptr));
    EXPECT_EQ(sessions.open("joe", 1, {}, nullptr).error().code, base::Errc::busy);
    clock.advance(std::chrono::seconds(59));
    wheel.run(clock.now());
    sessions.touch(**one);
    clock.advance(std::chrono::seconds(2));
    wheel.run(clock.now());
    EXPECT_EQ(sessions.size(), 1U);
    EXPECT_TRUE(sessions.open("bob", 1, {}, nullptr));
}

}  // namespace
