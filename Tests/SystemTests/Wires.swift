import Foundation
import Linux
import Testing

/// Pairs of connected interfaces: what is sent on `far` of one comes in on its `near`. A link is put between the near ones.
final class Wires {
    /// Interfaces and packet sockets are for root alone, and `ip` makes them.
    static let isPossible = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/sbin/ip")
    static let reason = "needs root, and ip (iproute2)"

    private let name = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    let near: [String]
    let far: [String]
    /// Where the far ends are, where each is in a namespace of its own.
    let namespaces: [NetworkNamespace]

    /// - Parameters:
    ///   - apart: whether each far end is in a namespace of its own.
    ///   - addressed: whether it has an address there, and a kernel that speaks by it.
    init(_ count: Int = 2, apart: Bool = false, addressed: Bool = false) throws {
        let letters = "abcdefgh".prefix(count).map(String.init)
        let name = name
        near = letters.map { "rn\(name)\($0)" }
        far = letters.map { "rf\(name)\($0)" }
        namespaces = try apart ? letters.map { try NetworkNamespace("ring\(name)\($0)") } : []
        for (index, (near, far)) in zip(near, far).enumerated() {
            try Self.ip("link", "add", near, "type", "veth", "peer", "name", far)
            for end in [near, far] {
                // Without addresses the kernel has nothing to say of its own.
                try Self.ip("link", "set", end, "addrgenmode", "none")
            }
            try Self.ip("link", "set", near, "arp", "off", "up")
            if apart {
                try Self.ip("link", "set", far, "netns", namespaces[index].name)
                // It forgets that it is to have no address on its way.
                try Self.ip("-n", namespaces[index].name, "link", "set", far, "addrgenmode", "none")
                try Self.ip("-n", namespaces[index].name, "link", "set", far, "arp", addressed ? "on" : "off", "up")
                guard addressed else { continue }
                try Self.ip("-n", namespaces[index].name, "addr", "add", "\(Self.address(index))/24", "dev", far)
            } else {
                try Self.ip("link", "set", far, "arp", "off", "up")
            }
        }
    }

    deinit { for name in near { _ = try? Self.ip("link", "del", name) } }

    /// Of a far end that has one.
    static func address(_ index: Int) -> String { "10.77.0.\(index + 1)" }

    /// Does something where a far end is.
    func inside<Result>(_ end: Int, _ body: @escaping () throws -> Result) throws -> Result {
        namespaces.isEmpty ? try body() : try namespaces[end].inside(body)
    }

    /// The kernel's number of a near end.
    func number(_ index: Int) -> UInt32 { if_nametoindex(near[index]) }

    func remove(_ index: Int) throws { try Self.ip("link", "del", near[index]) }

    /// Whether someone has made an interface promiscuous.
    func isPromiscuous(_ index: Int) throws -> Bool {
        !(try Self.ip("-d", "link", "show", near[index])).contains("promiscuity 0")
    }

    @discardableResult
    static func ip(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/sbin/ip")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Missing(what: "ip \(arguments.joined(separator: " "))") }
        return String(decoding: text, as: UTF8.self)
    }

    struct Missing: Error { let what: String }
}

/// The far ends, and what has come in on each.
struct Ends: ~Copyable {
    private var ports: [Port] = []
    /// A frame that programs of these tests pass as it is: a protocol for experiments (IEEE 802, 88-B5), and a number.
    static func marker(_ number: UInt16) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5, UInt8(number >> 8), UInt8(number & 0xFF)]
            + [UInt8](repeating: 0, count: 44)
    }

    private final class Port {
        var socket: PacketSocket
        var arrived: [[UInt8]] = []

        init(_ name: String) throws { socket = try PacketSocket(interface: name) }
    }

    init(_ wires: Wires) throws {
        for (index, name) in wires.far.enumerated() { ports.append(try wires.inside(index) { try Port(name) }) }
    }

    /// What has come in on an end, markers left out.
    func arrived(_ end: Int) -> [[UInt8]] {
        let start = Self.marker(0).prefix(14)
        return ports[end].arrived.filter { !$0.starts(with: start) }
    }

    func send(_ frame: [UInt8], on end: Int) throws {
        while true {
            if let room = ports[end].socket.room() {
                room.copyBytes(from: frame)
                ports[end].socket.put(size: frame.count)
                return try ports[end].socket.flush()
            }
            try ports[end].socket.flush()
        }
    }

    /// Takes what comes in until so much of it has come in on an end, markers left out, or the time is over.
    func collect(_ count: Int, at end: Int, seconds: Double = 20) -> Int {
        let deadline = Date().addingTimeInterval(seconds)
        while true {
            take()
            let arrived = arrived(end).count
            if arrived >= count || Date() >= deadline { return arrived }
            usleep(1_000)
        }
    }

    func take() {
        for port in ports {
            while let arrival = port.socket.next() {
                if case .frame(let bytes, _) = arrival { port.arrived.append(Array(bytes)) }
                port.socket.giveBack()
            }
        }
    }

    /// Sends a marker on one end, again and again, until it comes in on the other: what was sent before it has been decided about then.
    func settle(_ number: UInt16, from end: Int = 0, to other: Int? = nil, seconds: Double = 20) throws -> Bool {
        let marker = Self.marker(number)
        let deadline = Date().addingTimeInterval(seconds)
        while Date() < deadline {
            try send(marker, on: end)
            let next = min(deadline, Date().addingTimeInterval(0.2))
            while Date() < next {
                take()
                if ports[other ?? 1 - end].arrived.contains(marker) { return true }
                usleep(200)
            }
        }
        return false
    }
}
