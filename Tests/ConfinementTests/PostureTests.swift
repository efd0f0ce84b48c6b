import Testing

@testable import Confinement

/// A confined process, read back from outside while it lives.
@Suite("Posture of confined processes")
struct PostureTests {
    @Test(
        "a confined process holds no capability, gains none, and is filtered",
        arguments: ["broker", "spawner", "monitor", "admission", "child spawner"])
    func privileges(role: String) throws {
        try Probe.holding(role) { process in
            let posture = ProcessPosture.of(process: process)
            let status = try #require(posture.status.value)
            #expect(status.capabilities.areEmpty)
            #expect(status.noNewPrivileges)
            #expect(status.seccomp == .filter)
            #expect(status.threads == 1)
            let mappings = try #require(posture.mappings.value)
            #expect(mappings.isClean)
            #expect(mappings.executable > 0)
        }
    }

    @Test("limits read back as they were set")
    func limits() throws {
        try Probe.holding("monitor") { process in
            let limits = try #require(ProcessPosture.of(process: process).limits.value)
            for resource: Resource in [.coreSize, .fileSize, .processes, .openFiles, .lockedMemory] {
                #expect(limits[resource] == LimitPair(soft: 0, hard: 0))
            }
            #expect(limits[.addressSpace] == LimitPair(soft: 1 << 32, hard: 1 << 32))
        }
        try Probe.holding("admission") { process in
            let limits = try #require(ProcessPosture.of(process: process).limits.value)
            #expect(limits[.cpuSeconds] == LimitPair(soft: 60, hard: 60))
            #expect(limits[.fileSize] == LimitPair(soft: 64 << 20, hard: 64 << 20))
        }
    }

    @Test("only the listed descriptors stay open")
    func descriptors() throws {
        try Probe.holding("monitor") { process in
            #expect(ProcessPosture.of(process: process).descriptors == .known([1: .pipe, 100: .eventDescriptor]))
        }
        try Probe.holding("spawner") { process in
            let descriptors = try #require(ProcessPosture.of(process: process).descriptors.value)
            #expect(descriptors.keys.sorted() == [0, 1, 2])
        }
    }

    @Test("a spawner is in namespaces of its own")
    func namespaces() throws {
        let mine = try #require(ProcessPosture.ofThisProcess().namespaces.value)
        try Probe.holding("spawner") { process in
            let its = try #require(ProcessPosture.of(process: process).namespaces.value)
            for kind in ["user", "net", "ipc", "uts", "mnt", "cgroup"] { #expect(its[kind] != mine[kind], "\(kind)") }
            #expect(its["pid"] == mine["pid"])
        }
    }

    @Test("a process reads its own posture")
    func own() throws {
        let posture = ProcessPosture.ofThisProcess()
        let own = try #require(posture.own)
        #expect(!own.denyWriteExecute)
        #expect(own.dumpable)
        #expect(try #require(posture.descriptors.value).keys.contains(1))
        #expect(try #require(posture.mappings.value).executable > 0)
    }

    @Test("what cannot be read is unknown, with its cause")
    func vanished() {
        let posture = ProcessPosture.of(process: Int32.max)
        let path = "/proc/\(Int32.max)"
        #expect(posture.status == .unknown(.unreadable(path: path + "/status", errno: 2)))
        #expect(posture.mappings == .unknown(.unreadable(path: path + "/maps", errno: 2)))
        #expect(posture.descriptors == .unknown(.unreadable(path: path + "/fd", errno: 2)))
    }

    @Test("a process with two threads is not confined")
    func twoThreads() throws {
        #expect(try Probe.run(["threads"]) == ["single thread: Invalid argument (errno 22)"])
    }

    @Test("a parser's work runs in the admission jail")
    func work() throws {
        #expect(try Probe.run(["work"]) == ["1000 200007 1000"])
    }
}
