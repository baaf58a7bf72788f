//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
import FoundationEssentials
public import Logging
import Metrics

/// `keelson serve`: the flags, named as kube-apiserver names them where it has them.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the Kubernetes API.",
        discussion: "Without --etcd-servers an etcd of its own is run in the data directory, and stopped with the server.")

    @OptionGroup(title: "Serving") var serving: ServingOptions
    @OptionGroup(title: "etcd") var etcd: EtcdOptions

    @Option(help: "Where etcd's data, the certificates, the token and the kubeconfig are kept.")
    var dataDir: String = "~/.keelson"

    @Option(help: "The least important messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .notice

    func validate() throws {
        try serving.check()
        try etcd.check()
    }

    func run() async throws {
        var logger = Logger(label: "keelson") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = logLevel
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        do {
            try await Server(serving: serving, etcd: etcd, dataDirectory: expanded(dataDir), logger: logger, metrics: metrics).run()
        } catch let error as SetupError {
            // Not a fault of the command line, so no usage is printed.
            Progress.complain("keelson: \(error)")
            throw ExitCode.failure
        }
    }

    private func expanded(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else { return path }
        return home + path.dropFirst()
    }
}

/// Where and how to serve.
struct ServingOptions: ParsableArguments {
    @Option(help: "The address to listen on. Only this machine reaches the default.")
    var bindAddress: String = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes any free one.")
    var securePort: Int = 6443

    @Option(help: "Further host names or addresses that the server's certificate is to name. May be given more than once.")
    var tlsName: [String] = []

    @Option(help: "A PEM file with the server's certificate chain, instead of one made by the server.")
    var tlsCertFile: String?

    @Option(help: "A PEM file with the key of --tls-cert-file.")
    var tlsPrivateKeyFile: String?

    @Option(help: "Where to write the kubeconfig (default: kubeconfig in the data directory).")
    var kubeconfig: String?

    @Option(help: "Features to switch on or off: AllowUnsafeMalformedObjectDeletion (objects that can't be read may be deleted unread).")
    var featureGates = FeatureGates()

    @Flag(inversion: .prefixedNo, help: "Serve reads and watches from a cache of each resource.")
    var watchCache: Bool = true

    func check() throws {
        guard (0...65_535).contains(securePort) else {
            throw ValidationError("--secure-port \(securePort) is no port: 0 to 65535")
        }
        guard IPAddress.bytes(of: bindAddress) != nil else {
            throw ValidationError("--bind-address \(bindAddress) is no IP address")
        }
        guard (tlsCertFile == nil) == (tlsPrivateKeyFile == nil) else {
            throw ValidationError("--tls-cert-file and --tls-private-key-file go together")
        }
    }
}

/// Which etcd to use.
struct EtcdOptions: ParsableArguments {
    @Option(help: "URLs of an etcd cluster, separated by commas, to use instead of a managed etcd.")
    var etcdServers: String?

    @Option(help: "A PEM file with the authorities that etcd's certificates are checked against.")
    var etcdCafile: String?

    @Option(help: "A PEM file with the client certificate to show to etcd.")
    var etcdCertfile: String?

    @Option(help: "A PEM file with the key of --etcd-certfile.")
    var etcdKeyfile: String?

    @Option(help: "The path below which everything is kept in etcd.")
    var etcdPrefix: String = "/registry"

    @Option(help: "The etcd program to run as the managed etcd (default: etcd on the PATH).")
    var etcd: String?

    @Option(help: "How often the objects of each resource are counted for the metrics, such as 1m; 0s never.")
    var etcdCountMetricPollPeriod = PollInterval.seconds(60)

    @Option(help: "How often the size of etcd's database is asked for, for the metrics, such as 30s; 0s never.")
    var etcdDbMetricPollInterval = PollInterval.seconds(30)

    @Option(help: "An EncryptionConfiguration file: which resources are kept encrypted in etcd, and by what.")
    var encryptionProviderConfig: String?

    @Flag(help: "Have changes of the --encryption-provider-config file take effect while the server runs, within a minute.")
    var encryptionProviderConfigAutomaticReload = false

    /// The URLs of ``etcdServers``; empty for a managed etcd.
    var servers: [String] {
        (etcdServers ?? "").split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
    }

    func check() throws {
        guard (etcdCertfile == nil) == (etcdKeyfile == nil) else {
            throw ValidationError("--etcd-certfile and --etcd-keyfile go together")
        }
        if servers.isEmpty {
            guard etcdServers == nil else { throw ValidationError("--etcd-servers names no server") }
            guard etcdCafile == nil && etcdCertfile == nil else {
                throw ValidationError("--etcd-cafile, --etcd-certfile and --etcd-keyfile need --etcd-servers")
            }
        } else if etcd != nil {
            throw ValidationError("--etcd and --etcd-servers exclude each other")
        }
        guard !encryptionProviderConfigAutomaticReload || encryptionProviderConfig != nil else {
            throw ValidationError("--encryption-provider-config-automatic-reload needs --encryption-provider-config")
        }
        guard etcdPrefix.hasPrefix("/") && etcdPrefix != "/" else {
            throw ValidationError("--etcd-prefix \(etcdPrefix) must be a path such as /registry")
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
