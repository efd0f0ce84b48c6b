import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Floors: what was in force does not come back")
struct FloorTests {
    @Test("a first load takes what is signed, and remembers it")
    func first() throws {
        let host = try TestHost.begun()
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions == ["base/fleet 1", "root 1"])
        #expect(policy.outcome().outcome == .jitGuest)
        #expect(policy.state.floors[.base("fleet")]?.version == 1)
        #expect(policy.state.floors[.base("fleet")]?.sha256 == sha256(bytes(baseText(1))))
    }

    @Test("T44, T60: a version below the floor is E_ROLLBACK, and what was in force stays so")
    func rollback() throws {
        let host = try TestHost.begun(base: base(5))
        for old in [4, 1] as [UInt64] {
            host.write("policy/base/fleet.dsse", base(old, tier: "jit-child"))
            let policy = try host.store().load()
            #expect(policy.codes == [.rollback])
            #expect(policy.alarms.map(\.effect) == [.oldPolicyKept])
            #expect(policy.versions == ["base/fleet 5", "root 1"])
            #expect(policy.outcome().outcome == .jitGuest)
        }
    }

    @Test("an older file beside a newer one is no rollback")
    func beside() throws {
        let host = try TestHost.begun(base: base(5))
        host.write("policy/base/fleet-4.dsse", base(4))
        host.write("policy/base/fleet-6.dsse", base(6))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions == ["base/fleet 6", "root 1"])
    }

    @Test("T45: the same version with the same text changes nothing")
    func same() throws {
        let host = try TestHost.begun(base: base(5))
        let before = try host.store().state()
        host.write("policy/base/fleet.dsse", base(5))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(try host.store().state() == before)
    }

    @Test("T46: the same version with another text is E_EQUIVOCATION, in turn and side by side")
    func equivocation() throws {
        let host = try TestHost.begun(base: base(5))
        host.write("policy/base/fleet.dsse", base(5, tier: "jit-child"))
        var policy = try host.store().load()
        #expect(policy.codes == [.equivocation])
        #expect(policy.outcome().outcome == .jitGuest)
        host.write("policy/base/fleet.dsse", base(6))
        host.write("policy/base/other.dsse", base(6, tier: "jit-child"))
        policy = try host.store().load()
        #expect(policy.codes == [.equivocation])
        #expect(policy.versions == ["base/fleet 5", "root 1"])
    }

    @Test(
        "T51: a version that is no number from 1 to 2^53 - 1 is E_PARSE, E_LIMIT or E_SCHEMA",
        arguments: [
            ("0", PolicyCode.schema), ("042", .parse), ("4_2", .parse), ("0x2a", .parse), ("+42", .parse),
            ("-1", .parse),
            ("4.2e1", .parse), ("9007199254740992", .limit), ("9223372036854775808", .limit),
            ("18446744073709551616", .limit), ("\"42\"", .schema),
        ])
    func versions(text: String, code: PolicyCode) throws {
        let host = try TestHost.begun()
        let text = baseText(2).replacing("version = 2", with: "version = \(text)")
        host.write("policy/base/fleet.dsse", signed(bytes(text), as: .base, by: ["ann", "ben"]))
        let policy = try host.store().load()
        #expect(policy.codes == [code])
        #expect(policy.versions == ["base/fleet 1", "root 1"])
    }

    @Test("T52: 10,000 versions ahead are taken, and 10,001 are E_LIMIT")
    func fastForward() throws {
        let host = try TestHost.begun(base: base(5))
        host.write("policy/base/fleet.dsse", base(10_006))
        #expect(try host.store().load().codes == [.limit])
        host.write("policy/base/fleet.dsse", base(10_005))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions.first == "base/fleet 10005")
    }

    @Test("T57: what is not valid yet waits, and what was in force goes on until then")
    func staged() throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2, tier: "interp-guest", extra: "not_before = 2026-07-01T00:00:00Z"))
        let early = try host.store().load()
        #expect(early.alarms.map(\.problem) == [.staged(from: time("2026-07-01T00:00:00Z"))])
        #expect(early.outcome().outcome == .jitGuest)
        #expect(early.state.floors[.base("fleet")]?.version == 1)
        let due = try host.store().load(now: time("2026-07-01T00:00:00Z"))
        #expect(due.alarms.isEmpty)
        #expect(due.outcome().outcome == .interpGuest)
        #expect(due.state.floors[.base("fleet")]?.version == 2)
    }

    @Test("T59: deleting a base's file does not end it")
    func deleted() throws {
        let host = try TestHost.begun(base: base(5, rules: forbidXDP))
        host.write("policy/base/lax.dsse", base(1, id: "lax", tier: "jit-child"))
        _ = try host.store().load()
        host.erase("policy/base/fleet.dsse")
        let policy = try host.store().load()
        #expect(policy.alarms == [PolicyAlarm("base/fleet", .deleted, .effectKept)])
        #expect(policy.outcome().outcome == .deny)
    }

    @Test("a tombstone of a higher version ends a base, and a still higher version begins it again")
    func tombstones() throws {
        let host = try TestHost.begun(base: base(5, rules: forbidXDP))
        host.write("policy/base/lax.dsse", base(1, id: "lax"))
        #expect(try host.store().load().outcome().outcome == .deny)
        host.write("policy/tombstone/fleet.dsse", tombstone(6, "base/fleet"))
        let ended = try host.store().load()
        #expect(ended.alarms.isEmpty)
        #expect(ended.versions == ["base/lax 1", "root 1"])
        // The tombstone's file is needed no more.
        host.erase("policy/tombstone/fleet.dsse")
        host.erase("policy/base/fleet.dsse")
        #expect(try host.store().load().versions == ["base/lax 1", "root 1"])
        host.write("policy/base/fleet.dsse", base(6))
        #expect(try host.store().load().codes == [.equivocation])
        host.write("policy/base/fleet.dsse", base(7))
        #expect(try host.store().load().versions == ["base/fleet 7", "base/lax 1", "root 1"])
    }

    @Test(
        "T58: a tombstone of a lower version is E_ROLLBACK, of the same one E_EQUIVOCATION, and of too few E_SIG_THRESHOLD"
    )
    func badTombstones() throws {
        let host = try TestHost.begun(base: base(5))
        host.erase("policy/base/fleet.dsse")
        for (stone, code) in [
            (tombstone(4, "base/fleet"), PolicyCode.rollback), (tombstone(5, "base/fleet"), .equivocation),
            (tombstone(6, "base/fleet", by: ["ann"]), .signatureThreshold),
            (
                signed(
                    document("tombstone", 6, "target = \"revoke\"\nreason = \"x\"\n"), as: .tombstone,
                    by: ["ann", "ben"]), .schema
            ),
        ] {
            host.write("policy/tombstone/fleet.dsse", stone)
            let policy = try host.store().load()
            #expect(policy.codes == [code])
            #expect(policy.versions == ["base/fleet 5", "root 1"])
        }
    }

    @Test("T90: without a base, everything is denied; ending the last one ends everything")
    func none() throws {
        let host = try TestHost.begun(base: nil)
        #expect(try host.store().load().outcome().outcome == .deny)
        let other = try TestHost.begun()
        other.write("policy/tombstone/fleet.dsse", tombstone(2, "base/fleet"))
        #expect(try other.store().load().outcome().outcome == .deny)
    }

    @Test("one bad base keeps the whole set as it was; with it gone, the rest is taken")
    func set() throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2, tier: "interp-guest"))
        host.write("policy/base/bad.dsse", base(1, id: "bad", by: ["ann"]))
        let policy = try host.store().load()
        #expect(policy.codes == [.signatureThreshold])
        #expect(policy.versions == ["base/fleet 1", "root 1"])
        host.erase("policy/base/bad.dsse")
        #expect(try host.store().load().versions == ["base/fleet 2", "root 1"])
    }

    @Test("T74: a base whose self-test fails is E_EXPECTATION and is not taken")
    func selfTest() throws {
        let host = try TestHost.begun()
        let test = "[[expect]]\ngiven = { type = \"xdp\", \"host.kvm\" = \"usable\" }\nthen = { outcome = \"deny\" }\n"
        host.write("policy/base/fleet.dsse", base(2, rules: test))
        let policy = try host.store().load()
        #expect(policy.codes == [.expectation])
        #expect(policy.versions.first == "base/fleet 1")
    }

    @Test("what a release's package knows to be the oldest holds from the first load on")
    func packaged() throws {
        let host = try TestHost.begun(base: base(5))
        host.write("min-floors.json", bytes("{\"base/fleet\": 6, \"base/other\": 3}"))
        let floors = "\(host.policies)/min-floors.json"
        let policy = try PolicyStore(host.configuration(minimumFloors: floors)).load()
        #expect(policy.codes == [.rollback])
        // It is still what decides, for want of another, and not as it says.
        #expect(policy.outcome().outcome == .interpGuest)
        host.write("policy/base/fleet.dsse", base(6))
        host.write("policy/base/other.dsse", base(2, id: "other"))
        #expect(try PolicyStore(host.configuration(minimumFloors: floors)).load().codes == [.rollback])
        host.write("policy/base/other.dsse", base(3, id: "other"))
        #expect(try PolicyStore(host.configuration(minimumFloors: floors)).load().alarms.isEmpty)
        for bad in [
            "[]", "{\"base/fleet\": \"6\"}", "{\"x\": 1}", "{\"base/fleet\": 6, \"base/fleet\": 1}", "",
            "{\"root\": -1}",
        ] {
            host.write("min-floors.json", bytes(bad))
            #expect(
                failure { () throws(StoreError) in try PolicyStore(host.configuration(minimumFloors: floors)).load() }?
                    .code == .parse)
        }
    }
}

@Suite("Rotation of keys, on a host")
struct RotationTests {
    @Test("a root after the first is taken, and remembered")
    func next() throws {
        let host = try TestHost.begun()
        host.write("trust/root.2.dsse", RootText(version: 2).signed(by: "ann", "ben"))
        #expect(try host.store().load().versions == ["base/fleet 1", "root 2"])
        // The old one is history: it is needed no more, and does not come back.
        host.erase("trust/root.1.dsse")
        #expect(try host.store().load().versions == ["base/fleet 1", "root 2"])
        host.erase("trust/root.2.dsse")
        #expect(try host.store().load().versions == ["base/fleet 1", "root 2"])
    }

    @Test("T36, T37: a root that does not follow is E_ROOT_CHAIN and keeps everything as it was")
    func broken() throws {
        let host = try TestHost.begun()
        host.write("policy/base/fleet.dsse", base(2))
        host.write("trust/root.3.dsse", RootText(version: 3).signed(by: "ann", "ben"))
        #expect(try host.store().load().codes == [.rootChain])
        host.erase("trust/root.3.dsse")
        for names in [["ann"], ["cat", "card"]] {
            host.write("trust/root.2.dsse", signed(bytes(RootText(version: 2).text), as: .root, by: names))
            let policy = try host.store().load()
            #expect(policy.codes == [.rootChain])
            #expect(policy.versions == ["base/fleet 1", "root 1"])
        }
        // A file whose name says 2 and whose text says 3.
        host.write("trust/root.2.dsse", RootText(version: 3).signed(by: "ann", "ben"))
        #expect(try host.store().load().codes == [.rootChain])
    }

    @Test("T46: another root of the version that is in force is E_EQUIVOCATION")
    func other() throws {
        let host = try TestHost.begun()
        host.write("trust/root.1.dsse", RootText(expires: "2028-01-01T00:00:00Z").signed(by: "ann", "ben"))
        let policy = try host.store().load()
        #expect(policy.codes == [.equivocation])
        #expect(policy.outcome().outcome == .jitGuest)
    }

    @Test("T39: once the root expires, nothing runs above the safest tier, and the host is not locked out")
    func expired() throws {
        let host = try TestHost.begun()
        let store = host.store()
        let policy = try store.load()
        #expect(policy.outcome(now: time("2026-12-31T23:59:59Z")).outcome == .jitGuest)
        let after = policy.outcome(now: time("2027-01-01T00:00:00Z"))
        #expect(after.outcome == .interpGuest)
        #expect(after.cap == .rootExpired)
        let late = try store.load(now: time("2027-01-01T00:00:00Z"))
        #expect(late.codes.contains(.expired))
        #expect(late.outcome().outcome == .interpGuest)
    }

    @Test("T40: a base that misses its threshold under a new root still decides, with a lower ceiling and an alarm")
    func withdrawn() throws {
        let host = try TestHost.begun()
        var root = RootText(version: 2)
        root.base = (["ben", "card"], 2)
        host.write("trust/root.2.dsse", root.signed(by: "ann", "ben"))
        for _ in 0..<2 {
            let policy = try host.store().load()
            #expect(policy.alarms == [PolicyAlarm("base/fleet", .unsigned, .ceilingLowered)])
            #expect(policy.outcome().outcome == .interpGuest)
            #expect(policy.outcome().cap == .baseUnsigned)
            host.erase("policy/base/fleet.dsse")
            host.write("policy/base/fleet.dsse", base(1))
        }
        // Signed again by whom the new root asks, the same text has its old say.
        host.write("policy/base/fleet.dsse", base(1, by: ["ben", "card"]))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.outcome().outcome == .jitGuest)
    }

    @Test("T41: a base that old and new keys signed is taken before and after the rotation")
    func overlap() throws {
        let host = try TestHost.begun(base: base(1, by: ["ann", "ben", "card"]))
        #expect(try host.store().load().alarms.isEmpty)
        var root = RootText(version: 2)
        root.base = (["ben", "card"], 2)
        host.write("trust/root.2.dsse", root.signed(by: "ann", "ben"))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.outcome().outcome == .jitGuest)
    }

    @Test("T43: a root that resets a floor lets a lower version begin, once; nothing else does")
    func reset() throws {
        let host = try TestHost.begun(base: base(9000))
        host.write("policy/base/fleet.dsse", base(3, tier: "interp-guest"))
        #expect(try host.store().load().codes == [.rollback])
        host.write(
            "trust/root.2.dsse", RootText(version: 2, extra: "reset_floor = [\"base/fleet\"]").signed(by: "ann", "ben"))
        host.erase("policy/base/fleet.dsse")
        // The new file comes later than the root.
        #expect(try host.store().load().versions == ["base/fleet 9000", "root 2"])
        host.write("policy/base/fleet.dsse", base(3, tier: "interp-guest"))
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions == ["base/fleet 3", "root 2"])
        // Now this is the floor.
        host.write("policy/base/fleet.dsse", base(2))
        #expect(try host.store().load().codes == [.rollback])
    }

    @Test("T42: 1,024 roots after the one in force are E_LIMIT, and 1,023 are taken")
    func long() throws {
        let host = try TestHost.begun()
        for version in 2...1025 as ClosedRange<UInt64> {
            host.write("trust/root.\(version).dsse", RootText(version: version).signed(by: "ann", "ben"))
        }
        #expect(try host.store().load().codes == [.limit])
        host.erase("trust/root.1025.dsse")
        let policy = try host.store().load()
        #expect(policy.alarms.isEmpty)
        #expect(policy.versions.last == "root 1024")
    }
}
