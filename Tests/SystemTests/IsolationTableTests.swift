import Confinement
import Foundation
import TestSupport
import Testing

/// The table in the README is what running sandboxes show of themselves. `RINGFENCE_WRITE_README=1` writes it there.
@Suite(
    "The README's isolation table", .serialized,
    .enabled(if: KVM.isUsable, "\(KVM.reason)"),
    .enabled(if: getuid() == 0, "only root sees what jails have mapped"))
struct IsolationTableTests {
    static let tiers = ["interp-guest", "jit-guest", "interp-child", "jit-child"]
    private static let start = "<!-- isolation table: Tests/SystemTests/IsolationTableTests.swift writes it -->\n"
    private static let end = "\n<!-- end of the isolation table -->"

    @Test("the README says of each process in each tier what the process shows")
    func table() throws {
        var table = IsolationTable()
        for (_, rows) in try Self.observed.get() {
            for row in rows { table.add(row) }
        }
        for tier in Self.tiers { table.add(try Self.supervisor(in: tier)) }
        let readme = Tool.repository.appendingPathComponent("README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let begin = try #require(text.range(of: Self.start), "the README has no place for the table")
        let finish = try #require(text.range(of: Self.end), "the README's table does not end")
        let written = String(text[begin.upperBound..<finish.lowerBound])
        let actual = table.markdown(tiers: Self.tiers.count)
        if ProcessInfo.processInfo.environment["RINGFENCE_WRITE_README"] == "1" {
            try text.replacingCharacters(in: begin.upperBound..<finish.lowerBound, with: actual)
                .write(to: readme, atomically: true, encoding: .utf8)
        } else {
            #expect(written == actual, "RINGFENCE_WRITE_README=1 writes the table; SECURITY.md says why it is so")
        }
    }

    @Test("no process of any tier is short of anything that the table is about")
    func nothingMissing() throws {
        for (tier, rows) in try Self.observed.get() {
            // Broker, spawner, two kinds of jails, and a monitor; or a second spawner and a child.
            #expect(rows.count == (tier.hasSuffix("child") ? 6 : 5), "\(tier): \(rows.map(\.process))")
            for row in rows {
                #expect(row.seccomp == "filter", "\(tier): \(row)")
                #expect(row.capabilities == "none", "\(tier): \(row)")
                #expect(row.denyWriteExecute == "on", "\(tier): \(row)")
                #expect(row.writableAndExecutable == "none", "\(tier): \(row)")
            }
            // Machine code of a program is executable on the host in one tier only.
            let natives = rows.filter { $0.executable.contains("machine code") }.map(\.process)
            #expect(natives == (tier == "jit-child" ? ["child"] : []), "\(tier)")
        }
    }

    /// Read once: both tests look at the same sandboxes.
    private static let observed = Result { try tiers.map { (tier: $0, rows: try rows(in: $0)) } }

    /// The process that only `ringfence supervise` has. Root's keeps two capabilities: to reach a tree that has some, and for low ports.
    private static func supervisor(in tier: String) throws -> IsolationTable.Row {
        struct Output: Decodable { var processes: [IsolationTable.Row.Reported] }
        let bench = try SuperviseBench()
        let ending = try bench.run(["true"], tier: tier)
        try #require(ending.status == 0, "\(tier): \(ending.errors)")
        let report = try Data(contentsOf: URL(fileURLWithPath: bench.workshop.path("report.json")))
        let reported = try JSONDecoder().decode(Output.self, from: report).processes
        return IsolationTable.Row(try #require(reported.first { $0.role == "supervisor" }), tier: tier)
    }

    private static func rows(in tier: String) throws -> [IsolationTable.Row] {
        struct Output: Decodable { var processes: [IsolationTable.Row.Reported] }
        let workshop = try Workshop(ceiling: tier)
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let arguments = ["run", object, "--tier", tier, "--json"] + workshop.trusted
        let ending = try Tool.run("ringfence", arguments)
        try #require(ending.status == 0, "\(tier): \(ending.errors)")
        let reported = try JSONDecoder().decode(Output.self, from: Data(ending.output.utf8)).processes
        var rows = reported.map { IsolationTable.Row($0, tier: tier) }
        let spawner = try #require(rows.firstIndex { $0.process == "spawner" })
        let jails = try JailHunt.postures(arguments).map { name, posture in
            IsolationTable.Row(
                jail: name, posture, denyWriteExecute: rows[spawner].denyWriteExecute, tier: tier)
        }
        rows.insert(contentsOf: jails, at: spawner + 1)
        return rows
    }
}
