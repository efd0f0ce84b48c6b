import CellTesting
import Enclosure
import Foundation
import TestSupport
import Testing

extension EnclosureTests {
    /// Cells of each enclosure: 100 by default, more by $RINGFENCE_KILLS.
    private static let kills = ProcessInfo.processInfo.environment["RINGFENCE_KILLS"].flatMap { Int($0) } ?? 100

    /// Where in the life of a cell the kill comes.
    private enum Moment: CaseIterable {
        case beforeItRuns, asItStarts, beforeTheEvent, withTheEvent, whileItSleeps
    }

    @Test(
        "a cell killed at a random moment is a named failure within its deadline, and the next one serves",
        arguments: EnclosureKind.testable)
    func randomKills(in kind: EnclosureKind) async {
        // In a process of its own: what is open there nobody else opened.
        await #expect(processExitsWith: .success) { [name = "\(kind)"] in
            try EnclosureTests().killCells(in: try #require(EnclosureKind.testable.first { "\($0)" == name }))
        }
    }

    private func killCells(in kind: EnclosureKind) throws {
        let seed: UInt64 = 0x5EED_0F12
        var random = SeededGenerator(seed: seed)
        var arena = try Arena(kind)
        var outcomes: [String: Int] = [:]
        let descriptors = try cellDescriptors().count
        for round in 0..<Self.kills {
            let moment = Moment.allCases.randomElement(using: &random) ?? .withTheEvent
            let delay = UInt32.random(in: 0..<2000, using: &random)
            var cell = try arena.startSound(program)
            defer { cell.end() }
            do throws(CellFailure) {
                if moment == .asItStarts { usleep(delay) }
                if moment == .beforeItRuns || moment == .asItStarts { kill(cell.processID, SIGKILL) }
                try cell.waitUntilRunning()
                if moment == .whileItSleeps { usleep(20_000 + delay) }
                if moment == .beforeTheEvent || moment == .whileItSleeps { kill(cell.processID, SIGKILL) }
                if moment == .withTheEvent { usleep(delay) }
                cell.submit([], context: context(UInt8(truncatingIfNeeded: round)))
                if moment == .withTheEvent { kill(cell.processID, SIGKILL) }
                let verdict = try cell.awaitVerdict()
                // What comes out of a cell that is being killed is a verdict of that event or none.
                #expect(
                    verdict.ending == .returned(UInt64(UInt8(truncatingIfNeeded: round))),
                    "seed \(seed), round \(round)")
                outcomes["answered first", default: 0] += 1
            } catch {
                #expect(error == .processDied(.killed(signal: 9)), "seed \(seed), round \(round): \(error)")
                outcomes["died", default: 0] += 1
            }
        }
        print("\(Self.kills) kills in \(kind), seed \(seed): \(outcomes)")
        #expect(outcomes["died", default: 0] >= Self.kills / 2, "\(outcomes)")
        #expect(outcomes["died", default: 0] + outcomes["answered first", default: 0] == Self.kills, "\(outcomes)")
        #expect(try cellDescriptors().count == descriptors, "nothing that a dead cell had is kept")
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }

    @Test("what is written in C of reports and ends is what the broker reads")
    func sharedNumbers() {
        #expect(ReportNumbers.agree)
    }
}
