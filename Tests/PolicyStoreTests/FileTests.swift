import Glibc
import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Files that are not what they seem")
struct FileTests {
    /// Loads with something else in the place of version 2 of the base, within a second.
    private func load(_ host: TestHost, _ name: String = "policy/base/fleet.dsse", _ make: (String) -> Void) throws
        -> ActivePolicy
    {
        host.erase(name)
        make("\(host.policies)/\(name)")
        var policy: ActivePolicy?
        let elapsed = try ContinuousClock().measure { policy = try host.store().load() }
        #expect(elapsed < .seconds(2))
        return try #require(policy)
    }

    private func isOld(_ policy: ActivePolicy, _ code: PolicyCode) {
        #expect(policy.codes == [code])
        #expect(policy.versions == ["base/fleet 1", "root 1"])
        #expect(policy.outcome().outcome == .jitGuest)
    }

    @Test("T21: a file of 385 KiB, and one of 10 GiB with nothing in it, are E_LIMIT")
    func large() throws {
        let host = try TestHost.begun()
        isOld(
            try load(host) { _ in host.write("policy/base/fleet.dsse", [UInt8](repeating: 0x20, count: 385 * 1024)) },
            .limit)
        isOld(
            try load(host) { path in
                let file = open(path, O_WRONLY | O_CREAT, 0o644)
                #expect(ftruncate(file, 10 << 30) == 0)
                close(file)
            }, .limit)
        isOld(
            try load(host) { _ in host.write("policy/base/fleet.dsse", [UInt8](repeating: 0x20, count: 384 * 1024)) },
            .parse)
    }

    @Test("T21: a pipe, a directory, a socket and a device are E_STATE, and nothing waits for them")
    func kinds() throws {
        let host = try TestHost.begun()
        isOld(try load(host) { mkfifo($0, 0o644) }, .state)
        isOld(try load(host) { mknod($0, S_IFCHR | 0o644, makedev(1, 5)) }, .state)
        isOld(try load(host) { mknod($0, S_IFSOCK | 0o644, 0) }, .state)
        isOld(try load(host) { mkdir($0, 0o755) }, .state)
        rmdir("\(host.policies)/policy/base/fleet.dsse")
    }

    private func makedev(_ major: UInt64, _ minor: UInt64) -> dev_t { dev_t(major << 8 | minor) }

    @Test("T21, T106: a link is E_STATE, to /dev/zero, to nowhere, and to a file that would do")
    func links() throws {
        let host = try TestHost.begun()
        host.write("elsewhere.dsse", base(2))
        for target in [
            "/dev/zero", "/nowhere", "\(host.policies)/elsewhere.dsse", "../../elsewhere.dsse", "fleet.dsse",
        ] {
            isOld(try load(host) { symlink(target, $0) }, .state)
        }
    }

    @Test("T106: a file with a second name is E_STATE")
    func hardLink() throws {
        let host = try TestHost.begun()
        host.write("elsewhere.dsse", base(2))
        isOld(try load(host) { link("\(host.policies)/elsewhere.dsse", $0) }, .state)
        host.erase("elsewhere.dsse")
        #expect(try host.store().load().versions.first == "base/fleet 2")
    }

    @Test("T106: a directory that is a link is E_STATE", arguments: ["trust", "policy", "policy/base", "trust/keys"])
    func linkedDirectory(name: String) throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2))
        rename("\(host.policies)/\(name)", "\(host.path)/away")
        symlink("\(host.path)/away", "\(host.policies)/\(name)")
        isOld(try host.store().load(), .state)
        unlink("\(host.policies)/\(name)")
        rename("\(host.path)/away", "\(host.policies)/\(name)")
        #expect(try host.store().load().versions.first == "base/fleet 2")
    }

    @Test("T106: a top directory that is, or lies behind, a link is E_STATE")
    func linkedTop() throws {
        let host = try TestHost.begun()
        symlink(host.path, "\(host.path)/link")
        let memory = host.store { $0.stateDirectory = "\(host.path)/link/var" }
        #expect(failure { () throws(StoreError) in try memory.load() }?.code == .state)
        // What was in force is remembered, wherever its files went.
        isOld(try host.store { $0.policyDirectory = "\(host.path)/link/etc" }.load(), .state)
        isOld(try host.store { $0.policyDirectory = "\(host.path)/nowhere" }.load(), .state)
    }

    @Test(
        "T106: what others can write, or own, is E_STATE: file and directory",
        .enabled(if: geteuid() == 0, "root alone can give files away"))
    func foreign() throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2))
        let names = ["policy/base/fleet.dsse", "policy/base", "policy", "trust", "trust/root.1.dsse", "policy/sup"]
        for name in names {
            let path = "\(host.policies)/\(name)"
            let isFile = name.hasSuffix(".dsse")
            // The root that is in force is remembered, whatever becomes of its file.
            let isHistory = name == "trust/root.1.dsse"
            for mode in [0o020, 0o002] as [mode_t] {
                chmod(path, (isFile ? 0o644 : 0o755) | mode)
                if !isHistory { isOld(try host.store().load(), .state) }
                chmod(path, isFile ? 0o644 : 0o755)
            }
            chown(path, 1234, 0)
            if !isHistory { isOld(try host.store().load(), .state) }
            chown(path, 0, 0)
        }
        chmod(host.policies, 0o777)
        isOld(try host.store().load(), .state)
        chmod(host.policies, 0o755)
        chmod(host.memory, 0o770)
        #expect(failure { () throws(StoreError) in try host.store().load() }?.code == .state)
        chmod(host.memory, 0o700)
        #expect(try host.store().load().versions.first == "base/fleet 2")
    }

    @Test(
        "T106: what is mounted over a file or a directory is E_STATE",
        .enabled(if: geteuid() == 0, "root alone can mount"))
    func mounted() throws {
        let host = try TestHost.begun()
        host.write("elsewhere.dsse", base(2))
        let file = "\(host.policies)/policy/base/fleet.dsse"
        guard mount("\(host.policies)/elsewhere.dsse", file, nil, UInt(MS_BIND), nil) == 0 else { return }
        isOld(try host.store().load(), .state)
        umount2(file, Int32(MNT_DETACH))
        mkdir("\(host.path)/other", 0o755)
        let directory = "\(host.policies)/policy/base"
        #expect(mount("\(host.path)/other", directory, nil, UInt(MS_BIND), nil) == 0)
        isOld(try host.store().load(), .state)
        umount2(directory, Int32(MNT_DETACH))
        #expect(try host.store().load().alarms.isEmpty)
    }

    @Test(
        "T103: what an editor or a copy leaves beside its file is not looked at",
        arguments: [
            ".fleet.dsse.swp", ".fleet.dsse", "fleet.dsse~", "fleet.dsse.new", "fleet.dsse.part", ".~fleet.dsse.AbC123",
            "4913", "#fleet.dsse#", "fleet.DSSE", "fleet.dsse.bak", ".dsse",
        ])
    func temporary(name: String) throws {
        let host = try TestHost.begun()
        host.write("policy/base/\(name)", bytes("half a fi"), mode: 0o666)
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions == ["base/fleet 1", "root 1"])
    }

    @Test("T103: a file that is half written keeps everything as it was")
    func half() throws {
        let host = try TestHost.begun()
        let whole = base(2)
        for count in stride(from: 0, to: whole.count - 1, by: 97) {
            host.write("policy/base/fleet.dsse", Array(whole.prefix(count)))
            isOld(try host.store().load(), .parse)
        }
        host.write("policy/base/fleet.dsse", whole)
        #expect(try host.store().load().versions.first == "base/fleet 2")
    }

    @Test("more files than a directory may hold are E_LIMIT")
    func many() throws {
        let host = try TestHost.begun()
        for index in 0..<257 { host.write("policy/sup/\(index).dsse", [0x7B]) }
        isOld(try host.store().load(), .limit)
    }

    @Test("a directory that is not there is an empty one")
    func absent() throws {
        let host = try TestHost.begun()
        for name in ["policy/sup", "policy/tombstone", "trust/keys"] { rmdir("\(host.policies)/\(name)") }
        #expect(try host.store().load().alarms.isEmpty)
    }
}
