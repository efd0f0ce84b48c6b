import Foundation
import TestSupport
import Testing

/// `ringfence run --shadow`, as a user has it.
@Suite("Shadow runs", .serialized)
struct ShadowTests {
    /// Tiers and their shadows; where there is no KVM, those that need none.
    static let pairs = [
        ("jit-child", "interp-child"), ("jit-guest", "interp-guest"), ("jit-child", "interp-guest"),
    ].filter { KVM.isUsable || !($0.0 + $0.1).contains("guest") }

    struct Report: Decodable {
        struct Shadow: Decodable {
            let tier: String
            let events: Int
            let differences: Int
            let saved: String?
        }
        let packets: Int
        let shadow: Shadow?
    }

    @Test("machine code and interpreter agree about every packet of the firewall, its maps included", arguments: pairs)
    func agree(pair: (String, String)) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let ending = try Tool.run(
            "ringfence",
            ["run", object, "--json", "--tier", pair.0, "--shadow", pair.1, "--shadow-out", workshop.path("out.pcap")]
                + workshop.trusted)
        #expect(ending.status == 0, "\(ending.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        let shadow = try #require(report.shadow)
        #expect(report.packets == 2759 && shadow.events == report.packets)
        #expect(shadow.tier == pair.1 && shadow.differences == 0 && shadow.saved == nil)
        #expect(!FileManager.default.fileExists(atPath: workshop.path("out.pcap")))
    }

    @Test("a shadow needs the policy's leave as the tier itself does")
    func denied() throws {
        let workshop = try Workshop(ceiling: "interp-child")
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let ending = try Tool.run(
            "ringfence", ["run", object, "--tier", "interp-child", "--shadow", "jit-child"] + workshop.trusted)
        #expect(ending.status == 1, "\(ending.errors)")
        #expect(ending.output.contains("jit-child"))
    }
}
