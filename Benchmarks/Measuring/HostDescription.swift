internal import Foundation

/// What a figure was measured on: without it a number means nothing.
package struct HostDescription: Codable, Sendable {
    package let processor: String
    package let processorCount: Int
    package let kernel: String
    /// The module behind `/dev/kvm`: kvm_intel, kvm_amd, kvm_pvm.
    package let kvm: String
    package let compiler: String
    package let commit: String
    package let seed: UInt64

    /// The one seed of all that is random here.
    package static let seed: UInt64 = 1

    package init() {
        let information = Self.text("/proc/cpuinfo")
        processor =
            information.split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        processorCount = ProcessInfo.processInfo.activeProcessorCount
        kernel = Self.text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
        let modules = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/module")) ?? []
        kvm = modules.filter { $0.hasPrefix("kvm_") }.sorted().joined(separator: " ")
        // The Makefile asks the tools and says.
        compiler = ProcessInfo.processInfo.environment["RINGFENCE_COMPILER"] ?? "unknown"
        commit = ProcessInfo.processInfo.environment["RINGFENCE_COMMIT"] ?? "unknown"
        seed = Self.seed
    }

    private static func text(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        let data = (try? file.readToEnd()) ?? nil
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
