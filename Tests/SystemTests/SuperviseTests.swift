import Foundation
import TestSupport
import Testing

/// `ringfence supervise` on real processes: what they call is what programs decided about, and nothing else.
@Suite("Supervised processes", .serialized)
struct SuperviseTests {
    @Test(
        "a connection that a program denies gets EPERM, one that it rewrites goes where it says, in every enclosure",
        arguments: SuperviseBench.tiers)
    func connections(tier: String) throws {
        let bench = try SuperviseBench()
        let allowed = try bench.run([SuperviseBench.caller, "connect", "127.0.0.1", "9", "udp"], tier: tier)
        #expect(allowed.output.hasPrefix("error 0 peer 127.0.0.1:9 "), "\(allowed)")
        #expect(allowed.status == 0)
        #expect(try bench.counts("connect4") == (1, 0, 0))
        let denied = try bench.run([SuperviseBench.caller, "connect", "127.0.0.2", "9", "udp"], tier: tier)
        #expect(denied.output.hasPrefix("error 1 peer none:0 "))
        #expect(try bench.counts("connect4") == (1, 1, 0))
        let rewritten = try bench.run([SuperviseBench.caller, "connect", "127.0.0.3", "9", "udp"], tier: tier)
        #expect(rewritten.output.hasPrefix("error 0 peer 127.0.0.1:9 "))
        #expect(try bench.counts("connect4") == (1, 0, 1))
    }

    @Test(
        "what the kernel says of an allowed call is what its caller hears: refused connections, and those that are not waited for"
    )
    func errors() throws {
        let bench = try SuperviseBench()
        let refused = try bench.run([SuperviseBench.caller, "connect", "127.0.0.1", "1", "tcp"])
        #expect(refused.output.hasPrefix("error \(ECONNREFUSED) "))
        let later = try bench.run([SuperviseBench.caller, "connect", "127.0.0.1", "1", "later"])
        #expect(
            later.output.hasPrefix("error \(ECONNREFUSED) ") || later.output.hasPrefix("error \(EINPROGRESS) "))
    }

    @Test("an address that changes while it is decided about leads nowhere that was not allowed, 100,000 times")
    func race() throws {
        let bench = try SuperviseBench()
        let ended = try bench.run([SuperviseBench.caller, "race", "127.0.0.1", "127.0.0.2", "9", "100000"])
        let numbers = SuperviseBench.numbers(ended)
        try #require(numbers.count == 4, "\(ended)")
        let (allowed, denied, refused, other) = (numbers[0], numbers[1], numbers[2], numbers[3])
        #expect(denied == 0)
        #expect(other == 0)
        // Both addresses were met, or nothing was raced.
        #expect(allowed > 100 && refused > 100 && allowed + refused == 100_000)
    }

    @Test("a descriptor that comes to mean another socket meanwhile leads nowhere that was not allowed")
    func swap() throws {
        let bench = try SuperviseBench()
        let ended = try bench.run([SuperviseBench.caller, "swap", "127.0.0.2", "9", "10000"])
        let numbers = SuperviseBench.numbers(ended)
        try #require(numbers.count == 3, "\(ended)")
        #expect(numbers[0] == 0)
        // Both sockets were met, or nothing was swapped.
        #expect(numbers[1] > 100 && numbers[2] > 100)
    }

    @Test("threads, and processes that vfork and exec make, are supervised as their parents are")
    func family() throws {
        let bench = try SuperviseBench()
        #expect(
            try bench.run([SuperviseBench.caller, "threads", "127.0.0.2", "9", "20"]).output == "done 0 refused 20\n")
        #expect(
            try bench.run([SuperviseBench.caller, "threads", "127.0.0.1", "9", "20"]).output == "done 20 refused 0\n")
        let behind = try bench.run([SuperviseBench.caller, "behind", "connect", "127.0.0.2", "9", "udp"])
        #expect(behind.output.hasPrefix("error 1 "))
        let shell = try bench.run(["/bin/sh", "-c", "\(SuperviseBench.caller) connect 127.0.0.2 9 udp & wait; exit 7"])
        #expect(shell.output.hasPrefix("error 1 "))
        #expect(shell.status == 7)
    }

    @Test("an interpreter with threads of its own is supervised")
    func python() throws {
        let bench = try SuperviseBench()
        let script = """
            import socket
            def try_(ip):
                try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect((ip, 9)); return 0
                except PermissionError as e: return e.errno
            import threading
            t = threading.Thread(target=lambda: print(try_("127.0.0.2"), try_("127.0.0.1"), flush=True)); t.start(); t.join()
            """
        #expect(try bench.run(["python3", "-c", script]).output == "1 0\n")
    }

    @Test("one thread's wait for a connection keeps no other from its own, and a signal ends it")
    func patience() throws {
        let bench = try SuperviseBench()
        #expect(try bench.run([SuperviseBench.caller, "patience"]).output == "done 100\n")
        #expect(try bench.run([SuperviseBench.caller, "alarm"]).output == "error \(EINTR) rung 1 soon 1\n")
    }

    @Test(
        "ways around a hook are refused by name: io_uring, AF_SMC, shared descriptors, Fast Open; old calls are death")
    func around() throws {
        let bench = try SuperviseBench()
        let ways = try bench.run([SuperviseBench.caller, "around"])
        #expect(
            ways.output
                == "io_uring \(EPERM) AF_SMC \(EAFNOSUPPORT) CLONE_FILES \(EPERM) fast open \(EOPNOTSUPP)\n")
        #expect(try bench.run([SuperviseBench.caller, "old"]).status == 128 + SIGSYS)
    }

    @Test(
        "local sockets are connected to and bound by their paths, from processes with threads too",
        arguments: ["alone", "threads"])
    func local(how: String) throws {
        let bench = try SuperviseBench()
        let path = bench.workshop.path("socket")
        #expect(
            try bench.run([SuperviseBench.caller, "local", path, how], at: ["connect4", "bind4"]).output == "error 0\n")
        let report = try bench.report
        #expect(report["passed"] as? Int == 2)
    }

    @Test("a name that a program denies is not had, and one that it rewrites is another")
    func binding() throws {
        let bench = try SuperviseBench()
        #expect(
            try bench.run([SuperviseBench.caller, "bind", "127.0.0.2", "0"], at: ["bind4"]).output
                == "error 1 at 0.0.0.0:0\n")
        let rewritten = try bench.run([SuperviseBench.caller, "bind", "127.0.0.3", "0"], at: ["bind4"])
        #expect(rewritten.output.hasPrefix("error 0 at 127.0.0.1:"))
    }

    @Test("a socket whose making is denied is not there")
    func creating() throws {
        let bench = try SuperviseBench()
        let datagram = try bench.run(
            ["python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"], at: ["sock_create"])
        #expect(datagram.errors.contains("PermissionError: [Errno 1]"))
        let stream = try bench.run(
            ["python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_STREAM)"], at: ["sock_create"])
        #expect(stream.status == 0)
    }

    @Test("of several programs at a hook each is run, on what the one before left, and one denial is enough")
    func several() throws {
        let bench = try SuperviseBench()
        // The first sends 127.0.0.3 to 127.0.0.1; the second sees that.
        let rewritten = try bench.run(
            [SuperviseBench.caller, "connect", "127.0.0.3", "9", "udp"], at: ["connect4", "connect4"])
        #expect(rewritten.output.hasPrefix("error 0 peer 127.0.0.1:9 "))
        let programs = try #require(try bench.report["programs"] as? [[String: Any]])
        #expect(programs.map { $0["rewritten"] as? Int } == [1, 0])
        let denied = try bench.run(
            [SuperviseBench.caller, "connect", "127.0.0.2", "9", "udp"], at: ["connect4", "connect4"])
        #expect(denied.output.hasPrefix("error 1 "))
    }

    @Test(
        "a user without privileges supervises as root does",
        .enabled(if: getuid() == 0, "only root can be another user"))
    func unprivileged() throws {
        let bench = try SuperviseBench()
        for name in ["own.dsse", "dev.pub", "object.bpf.o"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: bench.workshop.path(name))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: bench.workshop.folder.path)
        let arguments = bench.arguments(
            ["connect4"], tier: "jit-child", [SuperviseBench.caller, "connect", "127.0.0.2", "9", "udp"])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments =
            ["--reuid=65534", "--regid=65534", "--clear-groups", Tool.folder.appendingPathComponent("ringfence").path]
            + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text.hasPrefix("error 1 "), "\(complaints)")
    }
}
