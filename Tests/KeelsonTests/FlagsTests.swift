//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import SystemPackage
import Testing

@testable import keelson

@Suite("Flags")
struct FlagsTests {
    @Test("By default only loopback is served, on a managed etcd")
    func defaults() throws {
        let command = try #require(try Keelson.parseAsRoot(["serve"]) as? ServeCommand)
        #expect(IPAddress.isLoopback(command.serving.bindAddress))
        #expect(command.etcd.servers.isEmpty)
        #expect(command.etcd.etcdPrefix == "/registry")
    }

    @Test("etcd's flags are kube-apiserver's")
    func etcd() throws {
        let command = try #require(
            try Keelson.parseAsRoot([
                "serve", "--etcd-servers", "https://a:2379, https://b:2379", "--etcd-cafile", "ca", "--etcd-certfile", "crt", "--etcd-keyfile", "key",
                "--etcd-prefix", "/other", "--encryption-provider-config", "enc.yaml", "--encryption-provider-config-automatic-reload",
            ]) as? ServeCommand)
        #expect(command.etcd.encryptionProviderConfig == "enc.yaml")
        #expect(command.etcd.encryptionProviderConfigAutomaticReload)
        #expect(command.etcd.servers == ["https://a:2379", "https://b:2379"])
        #expect(command.etcd.etcdPrefix == "/other")
    }

    @Test("How often etcd is measured is said as kube-apiserver's flags say it", arguments: [("1m30s", 90), ("250ms", 0.25), ("0s", 0), ("0", 0)])
    func intervals(text: String, seconds: Double) throws {
        let flags = ["serve", "--etcd-count-metric-poll-period", text, "--etcd-db-metric-poll-interval", text]
        let command = try #require(try Keelson.parseAsRoot(flags) as? ServeCommand)
        #expect(command.etcd.etcdCountMetricPollPeriod.duration == .seconds(seconds))
        #expect(command.etcd.etcdDbMetricPollInterval.duration == .seconds(seconds))
    }

    @Test(
        "Features are switched as kube-apiserver's are",
        arguments: [(nil, true), ("AllowUnsafeMalformedObjectDeletion=false", false), ("AllowUnsafeMalformedObjectDeletion=true", true)])
    func features(text: String?, expected: Bool) throws {
        let flags = ["serve"] + (text.map { ["--feature-gates=\($0)"] } ?? [])
        let command = try #require(try Keelson.parseAsRoot(flags) as? ServeCommand)
        #expect(command.serving.featureGates[.allowUnsafeMalformedObjectDeletion] == expected)
    }

    @Test("A feature that isn't known, or neither on nor off, is refused", arguments: ["Magic=true", "AllowUnsafeMalformedObjectDeletion", "=true"])
    func unknownFeature(text: String) {
        let error = #expect(throws: (any Error).self) { try Keelson.parseAsRoot(["serve", "--feature-gates=\(text)"]) }
        #expect(error.map { Keelson.message(for: $0).contains("feature-gates") } == true)
    }

    @Test("What is no interval is refused, and named", arguments: ["-1s", "60", "soon", ""])
    func invalidInterval(text: String) {
        let error = #expect(throws: (any Error).self) { try Keelson.parseAsRoot(["serve", "--etcd-count-metric-poll-period=\(text)"]) }
        #expect(error.map { Keelson.message(for: $0).contains("etcd-count-metric-poll-period") } == true)
    }

    @Test(
        "Flags that contradict each other are refused, and named",
        arguments: [
            (["--secure-port", "70000"], "--secure-port 70000"), (["--bind-address", "example.com"], "--bind-address example.com"),
            (["--tls-cert-file", "a"], "--tls-private-key-file"), (["--etcd-servers", ","], "--etcd-servers"),
            (["--etcd-cafile", "a"], "--etcd-servers"), (["--etcd-servers", "http://a", "--etcd-certfile", "a"], "--etcd-keyfile"),
            (["--etcd-servers", "http://a", "--etcd", "etcd"], "--etcd and --etcd-servers"),
            (["--etcd-prefix", "registry"], "--etcd-prefix registry"),
            (["--encryption-provider-config-automatic-reload"], "--encryption-provider-config"),
        ])
    func contradictions(flags: [String], named: String) {
        let error = #expect(throws: (any Error).self) { try Keelson.parseAsRoot(["serve"] + flags) }
        #expect(error.map { Keelson.message(for: $0).contains(named) } == true)
    }

    @Test("An etcd that ends at once is started again with growing pauses, then given up")
    func restarts() throws {
        var pause = RestartPause()
        var waits: [Duration] = []
        for _ in 0..<4 { waits.append(try pause.next(lifetime: .milliseconds(50), status: "1", output: "unknown flag", log: "etcd.log")) }
        #expect(waits == waits.sorted() && Set(waits).count == 4)
        let error = #expect(throws: SetupError.self) {
            try pause.next(lifetime: .milliseconds(50), status: "1", output: "unknown flag", log: "etcd.log")
        }
        #expect(error?.description.contains("etcd.log") == true && error?.description.contains("unknown flag") == true)
        var other = RestartPause()
        for _ in 0..<20 { #expect(try other.next(lifetime: .seconds(60), status: "137", output: "", log: "etcd.log") <= .milliseconds(200)) }
    }
}
