import Foundation
import TestSupport
import Testing

/// What comes in at the socket of the service, sound or not.
@Suite("What the service is asked", .serialized)
struct ServiceProtocolTests {
    @Test("the document of the interface is JSON of OpenAPI 3.1, and names each path that there is, and no other")
    func document() throws {
        let host = try ServedHost()
        let answer = try host.ask("GET", "/v1/openapi.json")
        let paths = try #require(answer.object["paths"] as? [String: [String: Any]])
        #expect(answer.object["openapi"] as? String == "3.1.0")
        var operations = 0
        for (path, methods) in paths {
            // Of what is documented nothing is unknown to the router: it says so in words of its own.
            let place = path.replacing("{id}", with: "4000000000").replacing("{key}", with: "00")
                .replacing("{path}", with: "a/b")
            for method in ["get", "put", "post", "delete"] {
                let answer = try host.ask(method.uppercased(), place, method == "get" ? nil : "{}")
                let isKnown = !answer.body.contains("there is no such path") && answer.code != 405
                #expect(isKnown == (methods[method] != nil), "\(method) \(path): \(answer.code) \(answer.body)")
                if methods[method] != nil { operations += 1 }
            }
        }
        #expect(operations == 19)
        let file = try host.workshop.write("openapi.json", Array(answer.body.utf8))
        let validated = try Tool.run(
            "sh",
            [
                "-c",
                "python3 -c 'import openapi_spec_validator' 2>/dev/null || exit 42; exec python3 -m openapi_spec_validator \(file)",
            ], in: URL(fileURLWithPath: "/bin"))
        // A validator that is not installed says nothing; one that is has to agree.
        #expect([0, 42].contains(validated.status), "\(validated.output)\(validated.errors)")
    }

    @Test("whatever is sent gets an answer that says what is wrong, and never one that says that the service is")
    func hostile() throws {
        let host = try ServedHost()
        try host.load("counter")
        let long = String(repeating: "a", count: 300)
        let requests: [(String, String, String?, Int)] = [
            ("POST", "/v1/programs", "", 400), ("POST", "/v1/programs", "{", 400), ("POST", "/v1/programs", "[]", 400),
            ("POST", "/v1/programs", #"{"object": 7}"#, 400), ("POST", "/v1/programs", #"{"object": "!!"}"#, 400),
            ("POST", "/v1/programs", #"{"object": ""}"#, 400), ("POST", "/v1/programs", #"{"object": "AAAA"}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "tier": "best"}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "fuel": 0}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "fuel": -1}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "type": "--help"}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "name": "a", "section": "b"}"#, 400),
            ("POST", "/v1/programs", #"{"object": "AAAA", "pin": "../a"}"#, 400),
            ("GET", "/v1/programs/0", nil, 404), ("GET", "/v1/programs/-1", nil, 404),
            ("GET", "/v1/programs/99999999999999", nil, 404), ("GET", "/v1/programs/1%00", nil, 404),
            ("POST", "/v1/programs/1/run", #"{"data": "0"}"#, 400),
            ("POST", "/v1/programs/1/run", #"{"data": "00"}"#, 400),
            ("POST", "/v1/programs/1/run", #"{"data": "\#(String(repeating: "00", count: 4_000))"}"#, 413),
            ("POST", "/v1/programs/1/run", #"{"repeat": 0}"#, 400),
            ("POST", "/v1/programs/1/run", #"{"repeat": 1e30}"#, 400),
            ("POST", "/v1/programs/1/run", #"{"context": "{"}"#, 400),
            ("PUT", "/v1/pins/../../etc/passwd", #"{"program": 1}"#, 400),
            ("PUT", "/v1/pins/a%2F..%2Fb", #"{"program": 1}"#, 400),
            ("PUT", "/v1/pins/\(long)", #"{"program": 1}"#, 400), ("PUT", "/v1/pins/a%ff", #"{"program": 1}"#, 400),
            ("PUT", "/v1/pins/a", #"{"program": 7}"#, 404), ("PUT", "/v1/pins/a%20b", #"{"program": 1}"#, 400),
            ("DELETE", "/v1/pins/nothing", nil, 404), ("GET", "/v1/maps/7/elements", nil, 404),
            ("GET", "/v1/maps/1/elements/\(long)", nil, 400), ("GET", "/v1/maps/1/elements/07000000", nil, 404),
            ("GET", "/", nil, 404), ("PATCH", "/v1/programs", nil, 404), ("GET", "/v1/../v1/status", nil, 404),
        ]
        for (method, path, body, code) in requests {
            let answer = try host.ask(method, path, body)
            #expect(
                answer.code == code,
                "\(method) \(path) \(body?.prefix(80) ?? ""): \(answer.code) \(answer.body.prefix(300))")
            let error = answer.object["error"] as? [String: Any]
            #expect((error?["problem"] as? String)?.isEmpty == false, "\(method) \(path)")
        }
        // What is no HTTP ends the connection, and nothing else.
        for text in ["\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
            #expect(try host.send(text, patience: 2).code < 500, "\(text)")
        }
        let headers = (0..<200).map { "x\($0): y\r\n" }.joined()
        #expect(try host.send("GET /v1/status HTTP/1.1\r\nhost: a\r\n\(headers)\r\n", patience: 2).code < 500)
        #expect(try host.ask("POST", "/v1/programs", String(repeating: "a", count: 7 << 20)).code == 413)
        #expect(try host.ask("GET", "/v1/status").code == 200)
        #expect(try host.ask("GET", "/v1/programs").list.count == 1)
    }

    @Test("as many as there are connections are served, and those that say nothing hold nobody up")
    func silent() throws {
        let host = try ServedHost()
        let silent = try (0..<200).map { _ in try UnixConnection(path: host.socket) }
        #expect(try host.ask("GET", "/v1/status").code == 200)
        #expect(silent.count == 200)
    }

    @Test("what is counted is in the format of Prometheus, each family with its type")
    func metrics() throws {
        let host = try ServedHost()
        try host.load("counter")
        _ = try host.ask("POST", "/v1/programs/1/run", #"{"data": "\#(ServiceTests.packet)", "repeat": 3}"#)
        let text = try host.ask("GET", "/metrics").body
        var types: Set<Substring> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") { types.insert(line.split(separator: " ")[2]) }
            guard !line.hasPrefix("#") else { continue }
            let name = line.prefix { $0 != "{" && $0 != " " }
            #expect(types.contains(name), "\(line)")
            #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
        }
        #expect(text.contains(#"ringfence_program_events_total{program="1",name="count",tier="jit-child"} 3"#))
        #expect(text.contains("ringfence_programs 1\n"))
    }

    @Test("a service manager's socket is taken, and it is told of readiness, life and the end")
    func manager() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let listening = try BoundSocket(path: workshop.path("given.sock"), type: SOCK_STREAM)
        listen(listening.descriptor, 8)
        let told = try BoundSocket(path: workshop.path("notify.sock"), type: SOCK_DGRAM)
        let service = Tool.folder.appendingPathComponent("ringfenced").path
        let words = [
            "-c", "LISTEN_PID=$$ LISTEN_FDS=1 NOTIFY_SOCKET=$0 WATCHDOG_USEC=2000000 exec \"$@\"",
            workshop.path("notify.sock"), service, "--policy", workshop.path("policy.dsse"), "--trust",
            workshop.path("dev.pub"), "--state-directory", workshop.path("state"),
        ]
        let running = try BackgroundTool(
            "sh", words, in: URL(fileURLWithPath: "/bin"), giving: [(listening.descriptor, 3)])
        #expect(told.receive().contains("READY=1"), "\(running.errors)")
        #expect(told.receive().contains("WATCHDOG=1"))
        let connection = try UnixConnection(path: workshop.path("given.sock"))
        connection.write(Array("GET /v1/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".utf8))
        #expect(String(decoding: connection.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        running.terminate()
        var last = told.receive()
        while last.contains("WATCHDOG=1") { last = told.receive() }
        #expect(last.contains("STOPPING=1"))
        #expect(running.wait() == 0, "\(running.errors)")
    }
}

/// A socket at a path, to be given away or listened at.
final class BoundSocket {
    let descriptor: Int32

    init(path: String, type: __socket_type) throws {
        descriptor = socket(AF_UNIX, Int32(type.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8.prefix(107))) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw UnixConnection.Failure(code: errno) }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// The next message; empty where none comes.
    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
