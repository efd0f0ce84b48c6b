import Foundation
import TestSupport
import Testing

/// The examples as people use them: programs that everybody has, under rules that a map holds.
@Suite(
    "The connect policy on real programs", .serialized,
    .enabled(if: WebServer.isPossible, "python3 is not there, which serves the page"))
struct SuperviseScenarioTests {
    private struct Scene {
        let bench: SuperviseBench
        let server: WebServer
        var more: [String] { ["--maps", bench.workshop.path("state")] }

        /// Rules by address: one is allowed, one leads to the server whatever its port; all others are denied.
        init() throws {
            bench = try SuperviseBench()
            server = try WebServer(bench.workshop.path(""))
            _ = try bench.workshop.write("page", Array("a page\n".utf8))
            let object = try bench.workshop.write("object.bpf.o", try Programs.example("connect-policy"))
            #expect(object == bench.object)
            // The first run makes the map.
            #expect(try bench.run(["/bin/true"], more: more).status == 0)
            try add("127.0.0.1", action: 1, to: 0)
            try add("127.0.0.9", action: 2, to: server.port)
        }

        /// struct destination and struct rule of the example.
        private func add(_ address: String, action: Int, to port: Int) throws {
            let bytes = address.split(separator: ".").map { Int($0) ?? 0 }
            let key = [128, 0, 0, 0] + Array(repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
            let value =
                [action, 0, 0, 0, 127, 0, 0, 1, 0, 0, port >> 8, port & 0xFF] + Array(repeating: 0, count: 12)
            let put = try Tool.run(
                "ringfence",
                ["map", "update", "destinations", "key"] + key.map { "\($0)" } + ["value"] + value.map { "\($0)" }
                    + ["--sandbox", bench.workshop.path("state/connect4")])
            try #require(put.status == 0, "\(put)")
        }
    }

    @Test(
        "curl gets what it may connect to, is told that it may not where it may not, and is led elsewhere",
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"),
            "curl is not there: its scenario is not run"
        ))
    func curl() throws {
        let scene = try Scene()
        func fetch(_ address: String, _ port: Int) throws -> Tool.Ending {
            try scene.bench.run(
                ["/usr/bin/curl", "--silent", "--show-error", "--noproxy", "*", "http://\(address):\(port)/page"],
                more: scene.more)
        }
        #expect(try fetch("127.0.0.1", scene.server.port).output == "a page\n")
        #expect(try scene.bench.counts("connect4") == (1, 0, 0))
        let denied = try fetch("127.0.0.2", scene.server.port)
        // CURLE_COULDNT_CONNECT
        #expect(denied.status == 7 && denied.output.isEmpty, "\(denied)")
        #expect(try scene.bench.counts("connect4") == (1, 1, 0))
        #expect(try fetch("127.0.0.9", 1).output == "a page\n")
        #expect(try scene.bench.counts("connect4") == (1, 0, 1))
    }

    /// There is a Go toolchain on few hosts; what matters of its programs, that no library stands between them and the kernel, this one has too.
    @Test("a static program that calls the kernel itself is under the same rules")
    func staticProgram() throws {
        let scene = try Scene()
        func connect(_ address: String, _ port: Int) throws -> String {
            try scene.bench.run([SuperviseBench.caller, "connect", address, "\(port)", "tcp"], more: scene.more).output
        }
        let port = scene.server.port
        #expect(try connect("127.0.0.1", port).hasPrefix("error 0 peer 127.0.0.1:\(port) "))
        #expect(try connect("127.0.0.2", port).hasPrefix("error \(EPERM) peer none"))
        #expect(try connect("127.0.0.9", 1).hasPrefix("error 0 peer 127.0.0.1:\(port) "))
    }
}

/// A web server of this host, in a process of its own that nobody supervises.
private final class WebServer {
    static let isPossible = ["/usr/bin", "/usr/local/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/python3")
    }

    private let running: BackgroundTool
    let port: Int

    init(_ folder: String) throws {
        let script = """
            import functools, http.server, sys
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        running = try BackgroundTool(
            "env", ["python3", "-c", script, folder], in: URL(fileURLWithPath: "/usr/bin"))
        for _ in 0..<400 where !running.output.hasSuffix("\n") && !running.hasEnded { usleep(25_000) }
        port = try #require(Int(running.output.dropLast()), "\(running.errors)")
    }
}
