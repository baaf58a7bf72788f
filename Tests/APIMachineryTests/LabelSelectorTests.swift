//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Testing

@Suite("Label selectors")
struct LabelSelectorTests {
    @Test(
        "A selector's canonical text is sorted by key and by value",
        arguments: [
            ("", ""), ("  ", ""), ("x", "x"), ("!x", "!x"), ("! x", "!x"), ("x=a", "x=a"), ("x==a", "x==a"), ("x!=a", "x!=a"),
            ("x = a , y != b", "x=a,y!=b"),
            ("x=", "x="), ("x=,y", "x=,y"), ("x in (b,a,b)", "x in (a,b)"), ("x notin (a)", "x notin (a)"), ("x in (,a)", "x in (,a)"),
            ("x in (a,)", "x in (,a)"), ("x in (a,,b)", "x in (,a,b)"), ("x in ( a , b )", "x in (a,b)"), ("x>1", "x>1"),
            ("x < 5", "x<5"),
            ("b,a", "a,b"), ("a=1,a!=2", "a=1,a!=2"), ("in in (in)", "in in (in)"), ("notin", "notin"), ("in=notin", "in=notin"),
            ("example.com/app=web", "example.com/app=web"), ("\tx\n", "x"), ("x in (a),y notin (b,c),z,!w", "!w,x in (a),y notin (b,c),z"),
        ])
    func canonical(text: String, canonical: String) throws {
        let selector = try LabelSelector(parsing: text)
        #expect(selector.description == canonical)
        #expect(selector.isEmpty == canonical.isEmpty)
        #expect(try LabelSelector(parsing: selector.description) == selector)
    }

    @Test("Two empty places between parentheses are one empty value")
    func emptyValue() throws {
        let selector = try LabelSelector(parsing: "x in (,)")
        #expect(selector.requirements.map(\.values) == [[""]])
        #expect(selector.matches(["x": ""]))
    }

    @Test(
        "A text outside the grammar is refused in upstream's words",
        arguments: [
            (",", "found ',', expected: !, identifier, or 'end of string'"), ("=", "found '=', expected: !, identifier, or 'end of string'"),
            ("x,", "found '', expected: identifier after ','"), ("x,,y", "found ',', expected: identifier after ','"),
            ("x y", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"),
            ("x=a b", "found 'b', expected: ',' or 'end of string'"), ("!x=a", "found '=', expected: ',' or 'end of string'"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            ("x===a", "unable to parse requirement: found '=', expected: identifier"),
            ("x in a", "unable to parse requirement: found 'a' expected: '('"),
            ("x in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
            ("x in (", "unable to parse requirement: found '', expected: ',', or identifier"),
            ("x in ()", "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"),
            (
                "x>a",
                "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the value must be an integer"
            ),
        ])
    func refused(text: String, message: String) {
        #expect(throws: SelectorError(message: message)) { try LabelSelector(parsing: text) }
    }

    @Test(
        "Keys and values must be valid for labels",
        arguments: ["a/b/c=x", "/x", "-x", "x=-", "x=a/b", "x in (a,_b)", "x=\(String(repeating: "v", count: 64))"])
    func invalidParts(text: String) {
        let error = #expect(throws: SelectorError.self) { try LabelSelector(parsing: text) }
        #expect(error?.message.hasPrefix("unable to parse requirement: ") == true)
        #expect(error?.message.contains("Invalid value: ") == true)
    }

    @Test(
        "Selectors select",
        arguments: [
            ("", [:], true), ("x", ["x": ""], true), ("x", [:], false), ("!x", [:], true), ("!x", ["x": "1"], false), ("x=a", ["x": "a"], true),
            ("x=a", ["x": "b"], false),
            ("x=a", [:], false), ("x=", ["x": ""], true), ("x=", [:], false), ("x!=a", ["x": "b"], true), ("x!=a", [:], true),
            ("x!=a", ["x": "a"], false),
            ("x in (a,b)", ["x": "b"], true), ("x in (a,b)", ["x": "c"], false), ("x in (a,b)", [:], false), ("x notin (a,b)", ["x": "c"], true),
            ("x notin (a,b)", [:], true), ("x notin (a,b)", ["x": "a"], false), ("x>5", ["x": "6"], true), ("x>5", ["x": "5"], false),
            ("x>5", ["x": "10"], true),
            ("x>5", ["x": "abc"], false), ("x>5", [:], false), ("x<5", ["x": "-3"], true), ("x<5", ["x": "5"], false),
            ("x=a,y=b", ["x": "a", "y": "b"], true),
            ("x=a,y=b", ["x": "a", "y": "c"], false),
        ] as [(String, [String: String], Bool)])
    func matching(text: String, labels: [String: String], matches: Bool) throws {
        #expect(try LabelSelector(parsing: text).matches(labels) == matches)
    }

    @Test("The object form of specs is read into the same requirements")
    func json() throws {
        let value = try JSONValue(
            text: #"""
                {"matchLabels":{"b":"1","a":"2"},"matchExpressions":[{"key":"c","operator":"In","values":["y","x"]},
                {"key":"d","operator":"NotIn","values":["z"]},{"key":"e","operator":"Exists"},{"key":"f","operator":"DoesNotExist","values":null}]}
                """#)
        #expect(try LabelSelector(json: value).description == "a=2,b=1,c in (x,y),d notin (z),e,!f")
        #expect(try LabelSelector(json: [:]).isEmpty)
    }

    @Test(
        "An object form that makes no sense is refused",
        arguments: [
            ("null", "a label selector must be an object, not null"), (#"{"matchLabels":[]}"#, "matchLabels must be an object, not an array"),
            (#"{"matchLabels":{"a":1}}"#, "matchLabels.a must be a string, not the integer 1"),
            (#"{"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]}"#, "\"Gt\" is not a valid label selector operator"),
            (
                #"{"matchExpressions":[{"key":"a","operator":"In"}]}"#,
                "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"
            ),
            (
                #"{"matchExpressions":[{"key":"a","operator":"Exists","values":["x"]}]}"#,
                #"values: Invalid value: ["x"]: values set must be empty for exists and does not exist"#
            ),
        ])
    func jsonRefused(text: String, message: String) throws {
        let value = try JSONValue(text: text)
        #expect(throws: SelectorError(message: message)) { try LabelSelector(json: value) }
    }
}

@Suite("Field selectors")
struct FieldSelectorTests {
    @Test(
        "A selector's text survives parsing, sorted and escaped",
        arguments: [
            ("", ""), ("a=1", "a=1"), ("a==1", "a=1"), ("a!=1", "a!=1"), ("b=1,a=2", "a=2,b=1"), (",a=1,", "a=1"), ("a=", "a="),
            (#"a=x\,y\=z\\"#, #"a=x\,y\=z\\"#),
            ("metadata.name=web,status.phase!=Running", "metadata.name=web,status.phase!=Running"), ("a= x", "a= x"), (#"a=\\,b=1"#, #"a=\\,b=1"#),
        ])
    func canonical(text: String, canonical: String) throws {
        let selector = try FieldSelector(parsing: text)
        #expect(selector.description == canonical)
        #expect(selector.isEmpty == canonical.isEmpty)
        #expect(try FieldSelector(parsing: canonical) == selector)
    }

    @Test(
        "A text outside the grammar is refused in upstream's words",
        arguments: [
            ("a", "invalid selector: 'a'; can't understand 'a'"), ("a=1,b", "invalid selector: 'a=1,b'; can't understand 'b'"),
            ("a=b=c", "invalid field selector: unescaped character in value: ="), (#"a=\x"#, #"invalid field selector: invalid escape sequence: \x"#),
            (#"a=x\"#, #"invalid field selector: invalid escape sequence: \"#), ("a===1", "invalid field selector: unescaped character in value: ="),
        ])
    func refused(text: String, message: String) {
        #expect(throws: SelectorError(message: message)) { try FieldSelector(parsing: text) }
    }

    @Test(
        "Selectors select; a field that isn't there counts as empty",
        arguments: [
            ("a=1", ["a": "1"], true), ("a=1", ["a": "2"], false), ("a=1", [:], false), ("a=", [:], true), ("a!=1", [:], true),
            ("a!=1", ["a": "1"], false),
            ("a!=", [:], false), (#"a=x\,y"#, ["a": "x,y"], true), ("a=1,b!=2", ["a": "1", "b": "3"], true),
            ("a=1,b!=2", ["a": "1", "b": "2"], false),
        ] as [(String, [String: String], Bool)])
    func matching(text: String, fields: [String: String], matches: Bool) throws {
        #expect(try FieldSelector(parsing: text).matches(fields) == matches)
    }

    @Test("Pinned values and the names of fields can be asked for")
    func questions() throws {
        let selector = try FieldSelector(parsing: "metadata.name=web,metadata.namespace!=demo,metadata.name!=x")
        #expect(selector.requiredValue(of: "metadata.name") == "web")
        #expect(selector.requiredValue(of: "metadata.namespace") == nil)
        #expect(selector.requiredValue(of: "spec.x") == nil)
        #expect(selector.fields == ["metadata.name", "metadata.namespace"])
        #expect(FieldSelector.everything.matches([:]))
    }
}
