internal import Foundation

/// Two pairs of connected interfaces; what judges packets stands between the near ends.
final class Wires {
    struct Failure: Error, CustomStringConvertible { let description: String }

    static let near = ["rbn0", "rbn1"]
    static let far = ["rbf0", "rbf1"]
    private static let bridge = "rbbr"

    init() throws {
        for (near, far) in zip(Self.near, Self.far) {
            try Self.run("/sbin/ip", "link", "add", near, "type", "veth", "peer", "name", far)
            for end in [near, far] {
                try Self.run("/sbin/ip", "link", "set", end, "addrgenmode", "none")
                try Self.run("/sbin/ip", "link", "set", end, "arp", "off", "up")
            }
        }
    }

    deinit { for name in Self.near { try? Self.run("/sbin/ip", "link", "del", name) } }

    /// The kernel carries packets from one near end to the other, by a bridge, and judges them by a program in generic mode, where there is one.
    func withKernel<Value>(_ object: String?, _ body: () throws -> Value) throws -> Value {
        try Self.run("/sbin/ip", "link", "add", Self.bridge, "type", "bridge", "mcast_snooping", "0")
        defer { try? Self.run("/sbin/ip", "link", "del", Self.bridge) }
        try Self.run("/sbin/ip", "link", "set", Self.bridge, "addrgenmode", "none", "up")
        for name in Self.near { try Self.run("/sbin/ip", "link", "set", name, "master", Self.bridge) }
        defer { for name in Self.near { try? Self.run("/sbin/ip", "link", "set", name, "nomaster") } }
        guard let object else { return try body() }
        try Self.run("/sbin/ip", "link", "set", Self.near[0], "xdpgeneric", "obj", object, "sec", "xdp")
        defer { try? Self.run("/sbin/ip", "link", "set", Self.near[0], "xdpgeneric", "off") }
        return try body()
    }

    static func run(_ path: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "\(path) \(arguments.joined(separator: " ")): \(String(decoding: text, as: UTF8.self))")
        }
    }
}

/// `ringfence link` between the near ends, for as long as this is there.
final class Link {
    private let process = Process()

    init(_ object: String, tier: String, lanes: Int = 1) throws {
        process.executableURL = URL(filePath: ".build/release/ringfence")
        process.arguments = [
            "link", "xdp", object, "--in", Wires.near[0], "--out", Wires.near[1], "--tier", tier, "--json",
            "--lanes", "\(lanes)",
            "--policy", ".build/bench/link.dsse", "--trust", ".build/dev/dev.pub",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    // It closes what it was not asked to keep open, by which Foundation takes it for ended; so the signal is sent to its number.
    deinit {
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
    }
}
