import Glibc
import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("A host's memory")
struct StateTests {
    private let key = must(try? StateKey([UInt8](repeating: 9, count: 32)))

    private var full: HostState {
        var state = HostState(
            install: must(Nonce(text: String(repeating: "11", count: 16))), machine: TestHost.machine,
            root: .init(version: 3, sha256: sha256([1]), root: 3), now: time("2026-06-01T00:00:00Z"))
        state.floors[.base("fleet")] = .init(version: 42, sha256: sha256([2]), root: 2)
        state.floors[.supplemental("net")] = .init(version: (1 << 53) - 1, sha256: sha256([3]), root: 3)
        state.resets[.revoke] = 2
        state.boot = .init(id: must(Nonce(text: String(repeating: "22", count: 16))), seconds: 77)
        state.log = .init(sequence: 18231, sha256: sha256([4]))
        state.usedRecoveries = [must(Nonce(text: String(repeating: "33", count: 16)))]
        state.recovery = sha256([5])
        state.timeJump = 4
        return state
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        for state in [
            full,
            HostState(install: full.install, machine: full.machine, root: full.floors[.root]!, now: full.timeFloor),
        ] {
            #expect(try HostState(file: state.file(key), key: key, machine: TestHost.machine) == state)
        }
    }

    @Test("T47, T48: each bit of a state file counts")
    func bits() throws {
        let file = full.file(key)
        for bit in 0..<(file.count * 8) {
            var flipped = file
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            if (try? HostState(file: flipped, key: key, machine: TestHost.machine)) != nil {
                Issue.record("bit \(bit % 8) of byte \(bit / 8) does not matter")
            }
        }
        for count in 0..<file.count {
            #expect((try? HostState(file: Array(file.prefix(count)), key: key, machine: TestHost.machine)) == nil)
        }
        #expect((try? HostState(file: file + [0x20], key: key, machine: TestHost.machine)) == nil)
    }

    @Test("T48: a state under another key, and one of another machine, are told apart")
    func others() throws {
        let other = try StateKey([UInt8](repeating: 8, count: 32))
        let machine = try #require(MachineID(String(repeating: "a", count: 32)))
        #expect(throws: StateProblem.wrongCode) {
            try HostState(file: full.file(other), key: key, machine: TestHost.machine)
        }
        #expect(throws: StateProblem.otherMachine(found: TestHost.machine, expected: machine)) {
            try HostState(file: full.file(key), key: key, machine: machine)
        }
        #expect(throws: StateProblem.keyMalformed) { try StateKey([1]) }
    }

    @Test("T47: without its state a host has no policy, and that is no first run: E_STATE")
    func missing() throws {
        let host = try TestHost.begun()
        for name in ["state.json", "state.key"] {
            rename("\(host.memory)/\(name)", "\(host.memory)/away")
            let error = failure { () throws(StoreError) in try host.store().load() }
            #expect(error == .state(.missing))
            #expect(error?.code == .state)
            rename("\(host.memory)/away", "\(host.memory)/\(name)")
        }
        #expect(try host.store().load().alarms.isEmpty)
        // The whole directory.
        let empty = TestHost()
        empty.write("policy/base/fleet.dsse", base(1))
        #expect(failure { () throws(StoreError) in try empty.store().load() } == .state(.missing))
    }

    @Test("T48: a state that was copied from another machine, or is another installation's, is E_STATE")
    func copied() throws {
        let host = try TestHost.begun()
        let other = try TestHost.begun()
        let moved = host.store { $0.machine = MachineID(String(repeating: "b", count: 32)) }
        #expect(failure { () throws(StoreError) in try moved.load() }?.code == .state)
        rename("\(other.memory)/state.json", "\(host.memory)/state.json")
        #expect(failure { () throws(StoreError) in try host.store().load() } == .state(.wrongCode))
    }

    @Test("a key or a state that others can read is not used")
    func secrets() throws {
        let host = try TestHost.begun()
        for name in ["state.json", "state.key"] {
            chmod("\(host.memory)/\(name)", 0o640)
            #expect(
                failure { () throws(StoreError) in try host.store().load() } == .file(name, .readableByOthers(0o640)))
            chmod("\(host.memory)/\(name)", 0o600)
        }
        #expect(try host.store().load().alarms.isEmpty)
    }

    @Test("an envelope that is lost or damaged is found out, and its file in the directory of policies is as good")
    func envelopes() throws {
        let host = try TestHost.begun()
        let name = "\(host.memory)/envelopes/\(sha256(bytes(baseText(1)))).dsse"
        #expect(access(name, F_OK) == 0)
        unlink(name)
        host.erase("policy/base/fleet.dsse")
        let error = failure { () throws(StoreError) in try host.store().load() }
        #expect(error == .trust(host.memory, .lost(.base("fleet"))))
        #expect(error?.code == .state)
        host.write("policy/base/fleet.dsse", base(1))
        #expect(try host.store().load().alarms.isEmpty)
        #expect(access(name, F_OK) == 0)
    }

    @Test("a host begins once, with the root that it is told")
    func begins() throws {
        let host = try TestHost.begun()
        let token = InstallToken(root: sha256(bytes(RootText().text)))
        #expect(failure { () throws(StoreError) in try host.store().initialise(token) } == .state(.alreadyThere))
        #expect(try InstallToken(text: token.description) == token)
        let other = TestHost()
        other.write("trust/root.1.dsse", RootText().signed(by: "ann", "ben"))
        let wrong = InstallToken(root: sha256([]))
        #expect(failure { () throws(StoreError) in try other.store().initialise(wrong) } == .noSuchRoot(sha256([])))
        #expect(failure { () throws(StoreError) in try other.store().load() } == .state(.missing))
        for text in ["", "ringfence-install:v1:", "\(token)0", "x\(token)", token.description.uppercased()] {
            #expect(throws: StoreError.token) { try InstallToken(text: text) }
        }
        // Two installations are two.
        let second = try TestHost.begun()
        #expect(try host.store().state().install != second.store().state().install)
    }

    @Test("the head of the log is remembered beside the floors")
    func log() throws {
        let host = try TestHost.begun()
        let head = HostState.LogHead(sequence: 7, sha256: sha256([7]))
        try host.store().recordLogHead(head)
        #expect(try host.store().load().state.log == head)
    }
}

@Suite("Failures while a policy is made to last")
struct PersistTests {
    /// Ends a process at a step, for good.
    private func crash(_ host: TestHost, after step: PersistStep) throws {
        // The helper lies beside the executable of the tests.
        let own = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
        let path = own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/policy-store-crash"
        var child: pid_t = 0
        let words: [String] = [path, host.path, step.rawValue]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) }
        arguments.append(nil)
        defer { arguments.compactMap { $0 }.forEach { free($0) } }
        try #require(posix_spawn(&child, path, nil, nil, &arguments, nil) == 0, "\(path)")
        var status: Int32 = 0
        waitpid(child, &status, 0)
        #expect(status & 0x7F == SIGKILL, "it should have been killed: \(status)")
    }

    @Test("T49: after kill -9 at each step, the floor is at or above what is in force", arguments: PersistStep.allCases)
    func killed(step: PersistStep) throws {
        let host = try TestHost.begun()
        let before = try host.store().state()
        host.write("trust/root.2.dsse", RootText(version: 2).signed(by: "ann", "ben"))
        host.write("policy/base/fleet.dsse", base(2))
        try crash(host, after: step)
        // The state is the old one or the new one, whole, and what it says was in force is there.
        let state = try host.store().state()
        let version = try #require(state.floors[.base("fleet")]?.version)
        #expect(state == before || version == 2)
        let isLasting = PersistStep.allCases.firstIndex(of: step)! >= PersistStep.allCases.firstIndex(of: .stateNamed)!
        #expect(version == (isLasting ? 2 : 1))
        // Whoever crashed may have used what it loaded, so the older file must not come back.
        for file in ["policy/base/fleet.dsse", "trust/root.2.dsse"] { host.erase(file) }
        let old = try host.store().load()
        #expect(old.versions.first == "base/fleet \(version)")
        #expect(old.outcome().outcome == .jitGuest)
        host.write("trust/root.2.dsse", RootText(version: 2).signed(by: "ann", "ben"))
        host.write("policy/base/fleet.dsse", base(2))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions == ["base/fleet 2", "root 2"])
        #expect(policy.state.floors[.base("fleet")]?.version == 2)
        host.write("policy/base/fleet.dsse", base(1))
        #expect(try host.store().load().codes == [.rollback])
    }

    @Test(
        "T50: a full disk, a bad one or a read-only one at each step keeps the old policy, with an alarm",
        arguments: PersistStep.allCases, [ENOSPC, EIO, EROFS])
    func failing(step: PersistStep, code: Int32) throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2, tier: "interp-guest"))
        let store = host.store {
            $0.afterStep = { reached throws(SystemFailure) in
                if reached == step { throw SystemFailure(call: "write", code: code) }
            }
        }
        let policy = try store.load()
        #expect(policy.codes == [.state])
        #expect(policy.alarms.first?.effect == .oldPolicyKept)
        #expect(policy.versions == ["base/fleet 1", "root 1"])
        #expect(policy.outcome().outcome == .jitGuest)
        #expect(try #require(try host.store().state().floors[.base("fleet")]).version >= 1)
        // Once there is room again, the new one is taken.
        #expect(try host.store().load().versions == ["base/fleet 2", "root 1"])
    }

    @Test("T50: a state directory that cannot be written keeps the old policy; one that need not be is no matter")
    func immutable() throws {
        let host = try TestHost.begun()
        let memory = host.memory
        try #require(mount("tmpfs", host.memory, "tmpfs", 0, "mode=0700") == 0 || geteuid() != 0)
        defer { umount2(memory, Int32(MNT_DETACH)) }
        let other = TestHost()
        _ = other
        // A memory of its own on a file system that is then made read-only.
        let fresh = host.store()
        host.write("trust/root.1.dsse", RootText().signed(by: "ann", "ben"))
        _ = try fresh.initialise(InstallToken(root: sha256(bytes(RootText().text))))
        try #require(mount("tmpfs", memory, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
        #expect(try fresh.load().alarms.isEmpty)
        host.write("policy/base/fleet.dsse", base(2, tier: "interp-guest"))
        let policy = try fresh.load()
        #expect(policy.codes == [.state])
        #expect(policy.versions == ["base/fleet 1", "root 1"])
    }
}
