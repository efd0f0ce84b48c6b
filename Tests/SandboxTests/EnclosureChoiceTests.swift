import Enclosure
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// What was decided is what runs.
@Suite("Enclosure of a sandbox", .serialized)
struct EnclosureChoiceTests {
    @Test("a program that may run in a child is not started by the spawner of guests")
    func guestsForChild() throws {
        let fixture = try Fixture(.child)
        var refused: Tier?
        do throws(SandboxError) {
            _ = try fixture.start(in: fixture.jail)
        } catch { if case .wrongEnclosure(let decided) = error { refused = decided } }
        #expect(refused == .interpChild)
    }

    @Test(
        "a program that may run in a guest is not started by the spawner of children",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func childrenForGuest() throws {
        let fixture = try Fixture(.guest)
        let children = try Jail(for: .child, ready: .none)
        var refused: Tier?
        do throws(SandboxError) {
            _ = try fixture.start(in: children)
        } catch { if case .wrongEnclosure(let decided) = error { refused = decided } }
        #expect(refused == .interpGuest)
    }
}

extension Fixture {
    /// A sandbox of ``Source/counter`` in the hands of some spawner.
    fileprivate func start(in spawner: Jail) throws(SandboxError) -> Bool {
        do {
            _ = try sandbox(Source.counter, in: spawner)
            return true
        } catch let error as SandboxError { throw error } catch {
            throw .noSuchProgram(wanted: "\(error)", available: [])
        }
    }
}
