//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension CoreV1Schemas {
    static let probe = ObjectSchema(
        "io.k8s.api.core.v1.Probe", description: "A check that is repeated",
        fields: [
            Field("exec", .object(execAction), description: "Runs a command"),
            Field("httpGet", .object(httpGetAction), description: "Makes an HTTP request"),
            Field("tcpSocket", .object(tcpSocketAction), description: "Opens a connection"),
            Field("grpc", .object(grpcAction), description: "Calls the gRPC health service"),
            Field("initialDelaySeconds", .int32, description: "Seconds after the start before the first check"),
            Field("timeoutSeconds", .int32, default: 1, description: "Seconds until a check fails"),
            Field("periodSeconds", .int32, default: 10, description: "Seconds between checks"),
            Field("successThreshold", .int32, default: 1, description: "Checks that must succeed in a row"),
            Field("failureThreshold", .int32, default: 3, description: "Checks that must fail in a row"),
            Field("terminationGracePeriodSeconds", .int64, .omitAbsent, description: "Seconds the pod may take to end when the check fails"),
        ])

    static let lifecycle = ObjectSchema(
        "io.k8s.api.core.v1.Lifecycle", description: "What to do after a container's start and before its end",
        fields: [
            Field("postStart", .object(lifecycleHandler), description: "Done right after the start"),
            Field("preStop", .object(lifecycleHandler), description: "Done before the container is stopped"),
            Field(
                "stopSignal", .string(), .omitAbsent,
                allowedValues: [
                    "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGIOT",
                    "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM",
                    "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
                    "SIGRTMIN", "SIGRTMIN+1", "SIGRTMIN+2", "SIGRTMIN+3", "SIGRTMIN+4", "SIGRTMIN+5", "SIGRTMIN+6", "SIGRTMIN+7", "SIGRTMIN+8",
                    "SIGRTMIN+9", "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14", "SIGRTMIN+15", "SIGRTMAX-14",
                    "SIGRTMAX-13", "SIGRTMAX-12", "SIGRTMAX-11", "SIGRTMAX-10", "SIGRTMAX-9", "SIGRTMAX-8", "SIGRTMAX-7", "SIGRTMAX-6", "SIGRTMAX-5",
                    "SIGRTMAX-4", "SIGRTMAX-3", "SIGRTMAX-2", "SIGRTMAX-1", "SIGRTMAX",
                ],
                description: "Signal that stops the container"
            ),
        ])

    static let lifecycleHandler = ObjectSchema(
        "io.k8s.api.core.v1.LifecycleHandler", description: "Something to do at a point of a container's life",
        fields: [
            Field("exec", .object(execAction), description: "Runs a command"),
            Field("httpGet", .object(httpGetAction), description: "Makes an HTTP request"),
            Field("tcpSocket", .object(tcpSocketAction), description: "No longer used"),
            Field("sleep", .object(sleepAction), description: "Waits"),
        ])

    static let execAction = ObjectSchema(
        "io.k8s.api.core.v1.ExecAction", description: "Runs a command in the container",
        fields: [
            Field("command", .array(.string()), description: "Program and arguments; no shell is involved")
        ])

    static let httpGetAction = ObjectSchema(
        "io.k8s.api.core.v1.HTTPGetAction", description: "Makes an HTTP GET request",
        fields: [
            Field("path", .string(), default: "/", description: "Path of the URL"),
            Field("port", .intOrString, .always, required: true, description: "Port number or name"),
            Field("host", .string(), description: "Host; the pod's address when empty"),
            Field("scheme", .string(), default: "HTTP", allowedValues: ["HTTP", "HTTPS"], description: "HTTP or HTTPS"),
            Field("httpHeaders", .array(.object(httpHeader)), description: "Headers to send"),
        ])

    static let httpHeader = ObjectSchema(
        "io.k8s.api.core.v1.HTTPHeader", description: "A header of a request",
        fields: [
            Field("name", .string(), .always, required: true, description: "Its name"),
            Field("value", .string(), .always, required: true, description: "Its value"),
        ])

    static let tcpSocketAction = ObjectSchema(
        "io.k8s.api.core.v1.TCPSocketAction", description: "Opens a TCP connection",
        fields: [
            Field("port", .intOrString, .always, required: true, description: "Port number or name"),
            Field("host", .string(), description: "Host; the pod's address when empty"),
        ])

    static let grpcAction = ObjectSchema(
        "io.k8s.api.core.v1.GRPCAction", description: "Calls the gRPC health service",
        fields: [
            Field("port", .int32, .always, required: true, description: "Port number"),
            Field("service", .string(), .alwaysNullable, default: "", description: "Name of the service to ask about"),
        ])

    static let sleepAction = ObjectSchema(
        "io.k8s.api.core.v1.SleepAction", description: "Waits",
        fields: [
            Field("seconds", .int64, .always, required: true, description: "How long")
        ])
}
