import Enclosure
import Foundation
import PolicyCore
import Sandbox
import Synchronization
import Testing

/// A clock and a host that tests can turn.
private final class World: Sendable {
    let time = Mutex<UInt64>(1_000)
    let posture = Mutex<UInt8>(0)

    func office() -> TicketOffice {
        TicketOffice(
            clock: { self.time.withLock { $0 } },
            posture: { ContentDigest(sha256Of: [self.posture.withLock { $0 }]) })
    }
}

@Suite("Tickets")
struct TicketTests {
    private static func digest(_ byte: UInt8) -> ContentDigest { ContentDigest(sha256Of: [byte]) }

    private static let subject = TicketSubject(
        programs: [digest(1)], tier: .jitGuest, attach: .xdp, target: "eth0", snapshot: digest(2), image: digest(3),
        posture: digest(0))

    private func refusal(_ office: TicketOffice, _ ticket: Ticket, _ actual: TicketSubject = subject) -> TicketError? {
        do throws(TicketError) {
            try office.redeem(ticket, for: actual)
            return nil
        } catch { return error }
    }

    @Test("T100, T112: a ticket is good once, for what it was made for, in its time, where it was made: else E_TICKET")
    func ticket() throws {
        let world = World()
        let office = world.office()
        let ticket = try office.issue(for: Self.subject)
        #expect(refusal(office, ticket) == nil)
        #expect(refusal(office, ticket) == .alreadyRedeemed, "a replay")
        #expect(refusal(world.office(), try office.issue(for: Self.subject)) == .notAuthentic, "another office")

        let late = try office.issue(for: Self.subject)
        world.time.withLock { $0 += TicketOffice.lifetime + 7 }
        #expect(refusal(office, late) == .expired(nanosecondsAgo: 7))
        #expect(TicketError.expired(nanosecondsAgo: 7).code == .ticket)
    }

    @Test(
        "T100, T101: each part of it has to be what was decided about; loaded as one thing, it is attached as no other")
    func parts() throws {
        let office = World().office()
        let changes: [(TicketError.Part, (inout TicketSubject) -> Void)] = [
            (.program, { $0.programs = [Self.digest(9)] }), (.program, { $0.programs.append(Self.digest(1)) }),
            (.tier, { $0.tier = .jitChild }), (.attach, { $0.attach = .tcIngress }), (.target, { $0.target = "eth1" }),
            (.snapshot, { $0.snapshot = Self.digest(9) }), (.snapshot, { $0.snapshot = nil }),
            (.image, { $0.image = Self.digest(9) }), (.posture, { $0.posture = Self.digest(9) }),
        ]
        for (part, change) in changes {
            var actual = Self.subject
            change(&actual)
            let ticket = try office.issue(for: Self.subject)
            #expect(refusal(office, ticket, actual) == .foreign(part))
            #expect(refusal(office, ticket) == .alreadyRedeemed, "an attempt uses it up")
        }
    }

    @Test("T100: of many who redeem one ticket at once, one wins")
    func race() async throws {
        let office = World().office()
        for _ in 0..<50 {
            let ticket = try office.issue(for: Self.subject)
            let winners = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { (try? office.redeem(ticket, for: Self.subject)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test("T91: what audit mode lets run is the one program that was decided about, and no other goes in its place")
    func audited() throws {
        let jail = try Jail(ready: .none)
        let (counter, other) = (
            try ObjectPackageFixture.proven(in: jail), try ObjectPackageFixture.counter(in: jail)
        )
        #expect(counter.identity.digest != other.identity.digest)
        let file = PolicyFile(
            id: "test", version: 1, issued: try UTCTime(text: "2026-01-01T00:00:00Z".utf8),
            expires: try UTCTime(text: "2027-01-01T00:00:00Z".utf8), mode: .audit)
        let decision = decide(
            [PolicyBase(file: file, sha256: Self.digest(1))],
            facts: Facts(program: counter.identity, hostKVM: .known(.usable, .observed)),
            availability: Availability(guest: .usable, child: .usable, eligible: .offered),
            now: try UTCTime(text: "2026-06-01T00:00:00Z".utf8))
        #expect(decision.code == .auditWouldDeny)
        #expect(try Permit(decision, for: counter).decision.outcome == .interpGuest)
        do throws(SandboxError) {
            _ = try Permit(decision, for: other)
            Issue.record("a permit for a program that nobody decided about")
        } catch {
            guard case .foreignDecision = error else { throw error }
        }
    }

    @Test("tickets that nobody redeems do not pile up")
    func limit() throws {
        let world = World()
        let office = world.office()
        for _ in 0..<TicketOffice.maximumOutstanding { _ = try office.issue(for: Self.subject) }
        #expect(throws: TicketError.tooMany(limit: TicketOffice.maximumOutstanding)) {
            try office.issue(for: Self.subject)
        }
        world.time.withLock { $0 += TicketOffice.lifetime + 1 }
        #expect(throws: Never.self) { try office.issue(for: Self.subject) }
    }

    @Test(
        "T86, T97, T100, T101: a sandbox starts once by a permit, as what was decided, on the host that was looked at")
    func sandbox() throws {
        let fixture = try Fixture()
        let world = World()
        let package = try ObjectPackageFixture.counter(in: fixture.jail)
        let facts = Facts(program: package.identity, hostKVM: .known(.usable, .observed))
        let decision = try Fixture.decision(facts, unverifiedCeiling: .interpGuest)
        func permit() throws -> Permit {
            try Permit(
                SetDecision([decision]), for: package, attachment: AttachPoint(.xdp, target: "eth0"),
                office: world.office())
        }
        func start(_ permit: Permit, _ attachment: AttachPoint) throws -> TicketError? {
            do throws(SandboxError) {
                let sandbox = try Sandbox(permit, in: fixture.cells, attachment: attachment)
                return sandbox.statistics.events == 0 ? nil : .notAuthentic
            } catch {
                if case .ticket(let error) = error { return error }
                throw error
            }
        }
        let eth0 = AttachPoint(.xdp, target: "eth0")
        let first = try permit()
        #expect(try start(first, eth0) == nil)
        #expect(try start(first, eth0) == .alreadyRedeemed)
        #expect(try start(permit(), AttachPoint(.tcIngress, target: "eth0")) == .foreign(.attach))
        #expect(try start(permit(), AttachPoint(.xdp, target: "eth1")) == .foreign(.target))
        let stale = try permit()
        world.posture.withLock { $0 = 1 }
        #expect(try start(stale, eth0) == .foreign(.posture))
    }
}
