//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Manifests as a newcomer would write them.
enum Manifests {
    static func deployment(
        _ name: String, namespace: String = "demo", replicas: Int? = 2, image: String = "nginx:1.27", labels: String = "tier: front"
    )
        -> String
    {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(name)
          namespace: \(namespace)
          labels:
            app: \(name)
            \(labels)
        spec:
        \(replicas.map { "  replicas: \($0)" } ?? "  minReadySeconds: 1")
          selector:
            matchLabels:
              app: \(name)
          template:
            metadata:
              labels:
                app: \(name)
            spec:
              containers:
              - name: server
                image: \(image)
                ports:
                - containerPort: 80
                env:
                - name: COLOR
                  value: blue

        """
    }

    static func configMap(_ name: String, namespace: String = "demo", data: [String: String] = ["key": "value"], labels: String = "tier: back")
        -> String
    {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: \(name)
          namespace: \(namespace)
          labels:
            \(labels)
        data:
        \(data.sorted { $0.key < $1.key }.map { "  \($0.key): \"\($0.value)\"" }.joined(separator: "\n"))

        """
    }
}
