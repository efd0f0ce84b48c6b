import Foundation
import TestSupport
import Testing

/// A service of a test's own.
final class ServedHost {
    let workshop: Workshop
    var socket: String { workshop.path("service.sock") }
    var state: String { workshop.path("state") }
    private(set) var service: BackgroundTool

    private static func arguments(_ workshop: borrowing Workshop, _ more: [String]) -> [String] {
        [
            "--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--socket",
            workshop.path("service.sock"), "--state-directory", workshop.path("state"),
        ] + more
    }

    init(ceiling: String? = "jit-child", _ more: [String] = []) throws {
        let workshop = try Workshop(ceiling: ceiling)
        service = try BackgroundTool("ringfenced", Self.arguments(workshop, more))
        self.workshop = workshop
        try waitUntilReady()
    }

    /// Another service over the same state.
    func restart() throws {
        try startAgain()
        try waitUntilReady()
    }

    @discardableResult
    func startAgain() throws -> BackgroundTool {
        service = try BackgroundTool("ringfenced", Self.arguments(workshop, []))
        return service
    }

    func waitUntilReady() throws {
        for _ in 0..<1_200 {
            if let answer = try? ask("GET", "/v1/ready"), answer.code == 200 { return }
            try #require(!service.hasEnded, "\(service.errors)")
            usleep(50_000)
        }
        Issue.record("the service did not get ready: \(service.errors)")
    }

    /// The command as a user has it.
    func tool(_ arguments: String...) throws -> Tool.Ending {
        try Tool.run("ringfence", arguments + ["--socket", socket])
    }

    func json(_ arguments: String...) throws -> [String: Any] {
        let ending = try Tool.run("ringfence", arguments + ["--socket", socket, "--json"])
        try #require(ending.status == 0, "\(arguments): \(ending.output)\(ending.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
    }

    /// Loads an example; its record.
    @discardableResult
    func load(_ example: String, _ more: String...) throws -> [String: Any] {
        let object = try workshop.write("\(example).o", try Programs.example(example))
        let ending = try Tool.run(
            "ringfence", ["program", "load", object, "--socket", socket, "--json"] + more)
        try #require(ending.status == 0, "\(ending.output)\(ending.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
    }

    struct Answer {
        let code: Int
        let body: String

        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }
        var list: [[String: Any]] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]]) ?? []
        }
    }

    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> Answer {
        let content = body.map { "content-length: \($0.utf8.count)\r\n\r\n\($0)" } ?? "\r\n"
        return try send("\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\(content)")
    }

    /// Sends whatever it is; code 0 where nothing that is HTTP came back.
    func send(_ text: String, patience: Int = 60) throws -> Answer {
        let connection = try UnixConnection(path: socket, patience: patience)
        connection.write(Array(text.utf8))
        let answer = String(decoding: connection.readAnswer(), as: UTF8.self)
        guard let end = answer.range(of: "\r\n\r\n"), answer.hasPrefix("HTTP/1.1 ") else {
            return Answer(code: 0, body: answer)
        }
        return Answer(code: Int(answer.dropFirst(9).prefix(3)) ?? 0, body: String(answer[end.upperBound...]))
    }

    /// What runs below a process, and below that.
    static func descendants(of process: pid_t) -> [pid_t] {
        let text = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
        let children = text.split(separator: " ").compactMap { pid_t($0) }
        return children + children.flatMap(descendants)
    }
}

/// A connection to a socket of this host.
final class UnixConnection {
    struct Failure: Error { let code: Int32 }

    private let descriptor: Int32

    init(path: String, patience seconds: Int = 60) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw Failure(code: code)
        }
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// As far as the other side takes it.
    func write(_ bytes: [UInt8]) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    /// Until the other side ends, or has said as much as it said that it would.
    func readAnswer() -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { return bytes }
            bytes += part[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length: ") }
            guard let length = length.flatMap({ Int($0.dropFirst(16)) }) else { continue }
            if text[end.upperBound...].utf8.count >= length { return bytes }
        }
    }

    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            guard count > 0 else { return bytes }
            bytes += part[..<count]
        }
    }
}
