//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Keeps the code of README.md true: it is this folder's code, which is compiled and run.
@Suite("README")
struct ReadmeTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// The marked pieces of the sources beside this file, without their indentation.
    private func snippets() throws -> [String: String] {
        var snippets: [String: String] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) where file.hasSuffix("Snippets.swift") {
            var name: String?
            var lines: [String] = []
            for line in try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8).components(separatedBy: "\n") {
                let words = line.trimmingCharacters(in: .whitespaces)
                if words.hasPrefix("// README: ") {
                    name = String(words.dropFirst("// README: ".count))
                    lines = []
                } else if words == "// README end", let finished = name {
                    snippets[finished] = dedented(lines)
                    name = nil
                } else {
                    lines.append(line)
                }
            }
            #expect(name == nil, "\(file) has a piece without an end")
        }
        return snippets
    }

    private func dedented(_ lines: [String]) -> String {
        let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n")
    }

    @Test("Every piece of Swift in README.md is code that is compiled and run here")
    func snippetsAreShown() throws {
        let readme = try String(contentsOf: Self.folder.appendingPathComponent("../../README.md"), encoding: .utf8)
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map { block in
            block.components(separatedBy: "\n```")[0].trimmingCharacters(in: .newlines)
        }
        let compiled = try snippets()
        #expect(compiled.count >= 8)
        for (name, text) in compiled {
            #expect(blocks.contains(text.trimmingCharacters(in: .newlines)), "README.md doesn't show \(name) as it is:\n\(text)")
        }
        for block in blocks where !block.hasPrefix(".package(") {
            #expect(
                compiled.values.contains { $0.trimmingCharacters(in: .newlines) == block }, "README.md shows code that nothing compiles:\n\(block)")
        }
    }
}
