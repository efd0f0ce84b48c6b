import Enclosure
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// The admission jail on objects that are not what they say. It needs no KVM.
@Suite("Admission of hostile objects", .serialized)
struct AdmissionTests {
    @Test(
        "damaged objects are refused by name or make a package that holds together, and the spawner lives on",
        arguments: 1...4)
    func mutatedObjects(seed: UInt64) throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let jail = try Jail()
        let object = try BPFCompiler.object(
            "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" + Source.counter,
            flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        var random = SeededGenerator(seed: seed)
        var (packages, refusals) = (0, 0)
        for round in 0..<50 {
            do throws(EnclosureError) {
                let answer = try jail.admit(AdmissionRequest(object: mutated(object, with: &random)).serialized())
                packages += 1
                #expect(throws: Never.self, "seed \(seed), round \(round)") { try ObjectPackage(parsing: answer) }
            } catch .objectRefused(let sentence) {
                refusals += 1
                #expect(!sentence.isEmpty && sentence.utf8.count <= 4096)
            } catch { Issue.record("seed \(seed), round \(round): \(error)") }
        }
        #expect(packages + refusals == 50)
        #expect(refusals > 0)
        #expect(
            try ObjectPackage(parsing: try jail.admit(AdmissionRequest(object: object).serialized())).programs.count
                == 1)
    }

    @Test(
        "what is no object at all is refused",
        arguments: [[], [0], Array("\u{7F}ELF".utf8), [UInt8](repeating: 0xFF, count: 1 << 20)] as [[UInt8]])
    func noObject(bytes: [UInt8]) throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let jail = try Jail()
        guard
            case .objectRefused? = #expect(
                throws: EnclosureError.self,
                performing: { try jail.admit(AdmissionRequest(object: bytes).serialized()) })
        else {
            Issue.record("not refused by name")
            return
        }
    }
}
